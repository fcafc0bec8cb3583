-- grain: one row per judgement in a problem of a complaint in the given frame `wanted`
SELECT l.* FROM problem_complaints l SEMI JOIN wanted USING (complaint_id)
ORDER BY l.problem_id, l.complaint_id, l.sub_problem_code
