-- grain: one row per event by which a complaint of the given frame `wanted` ever came into a problem or left one
SELECT event_id FROM events
WHERE kind IN ('complaint_added', 'complaint_withdrawn')
  AND payload->>'complaint_id' IN (SELECT complaint_id FROM wanted)
