-- grain: one row per judgement in a problem of a complaint that somebody put into one, and whether it is the present one
SELECT l.problem_id, l.complaint_id, l.sub_problem_code, l.run_id, l.run_id = g.run_id AS is_current
FROM problem_complaints l JOIN gate_decisions g USING (complaint_id)
SEMI JOIN placements p ON p.complaint_id = l.complaint_id
ORDER BY l.problem_id, l.complaint_id, l.sub_problem_code
