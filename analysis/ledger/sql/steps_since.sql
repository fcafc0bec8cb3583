-- grain: one row per event about the given problems that came after a given one, in their order
SELECT sequence, problem_id, kind, payload
FROM events
WHERE sequence > $sequence AND list_contains($problem_ids, problem_id)
ORDER BY sequence
