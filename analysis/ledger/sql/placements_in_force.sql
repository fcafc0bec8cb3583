-- grain: one row per judgement of an in-scope complaint that somebody put into a problem: the latest decision about it
SELECT p.complaint_id, p.sub_problem_code, p.problem_id, g.run_id AS judged_run_id
FROM placements p JOIN gate_decisions g USING (complaint_id)
WHERE g.decision = 'in_scope'
QUALIFY row_number() OVER (PARTITION BY p.complaint_id, p.sub_problem_code ORDER BY p.decided_at DESC) = 1
ORDER BY p.complaint_id, p.sub_problem_code
