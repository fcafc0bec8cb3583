-- grain: one row per event of the problem asked for
SELECT sequence, kind, occurred_at, actor, payload, hash FROM events WHERE problem_id = $problem_id ORDER BY sequence
