-- grain: one row per stored complaint in the given frame `wanted`, with its judgement, if there is one
SELECT c.complaint_id, g.decision, g.run_id AS judged_run_id
FROM complaints c SEMI JOIN wanted USING (complaint_id)
LEFT JOIN gate_decisions g ON g.complaint_id = c.complaint_id
ORDER BY c.complaint_id
