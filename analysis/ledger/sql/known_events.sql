-- grain: one row per event of the given frame `given` that was recorded before
SELECT event_id FROM events SEMI JOIN given USING (event_id)
