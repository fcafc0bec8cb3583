-- grain: one row per complaint without a gate decision
SELECT c.complaint_id, c.title, c.text, c.tokens
FROM complaints c ANTI JOIN gate_decisions g USING (complaint_id)
ORDER BY c.complaint_id
