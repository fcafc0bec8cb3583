-- grain: one row per event of one of the problems asked for
SELECT * FROM events WHERE problem_id IN (SELECT unnest($problem_ids::VARCHAR[])) ORDER BY sequence
