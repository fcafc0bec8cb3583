-- grain: one row per event
SELECT event_id FROM events
