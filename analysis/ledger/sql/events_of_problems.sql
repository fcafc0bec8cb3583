-- grain: one row per event of a problem in the given frame `wanted`
SELECT e.* FROM events e SEMI JOIN wanted USING (problem_id) ORDER BY e.sequence
