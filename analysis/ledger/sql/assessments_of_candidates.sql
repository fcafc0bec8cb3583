-- grain: one row per sub-problem of a complaint that is not out of scope
SELECT a.complaint_id, a.sub_problem_code, a.score
FROM assessments a JOIN gate_decisions g USING (complaint_id)
WHERE g.decision <> 'out_of_scope'
