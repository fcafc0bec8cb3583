-- grain: one row with the number of events
SELECT count(*) AS event_count FROM events
