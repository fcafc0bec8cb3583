-- grain: one row per complaint without a gate decision; which they are is found first, so that no other's text is read
SELECT c.complaint_id, c.title, c.text, c.tokens
FROM complaints c
SEMI JOIN (SELECT complaint_id FROM complaints ANTI JOIN gate_decisions USING (complaint_id)) waiting
    ON waiting.complaint_id = c.complaint_id
ORDER BY c.complaint_id
