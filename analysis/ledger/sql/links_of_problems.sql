-- grain: one row per judgement of a complaint in a problem in the given frame `wanted`
SELECT l.* FROM problem_complaints l SEMI JOIN wanted USING (problem_id)
ORDER BY l.problem_id, l.complaint_id, l.sub_problem_code
