-- grain: one row per complaint of a problem that was judged again since it was put there
SELECT p.problem_id, p.complaint_id, p.sub_problem_code, g.run_id
FROM problem_complaints p JOIN gate_decisions g USING (complaint_id)
WHERE p.run_id <> g.run_id
ORDER BY p.problem_id, p.complaint_id, p.sub_problem_code
