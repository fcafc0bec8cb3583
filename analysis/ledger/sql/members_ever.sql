-- grain: one row per event by which a complaint came into a problem in the given frame `wanted`
SELECT problem_id, payload FROM events SEMI JOIN wanted USING (problem_id) WHERE kind = 'complaint_added'
