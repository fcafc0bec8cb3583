-- grain: one row per complaint without a gate decision; which they are is found first, so that no other's text is read
SELECT c.complaint_id, c.title, c.text, c.tokens
FROM complaints c
WHERE c.rowid IN (SELECT c.rowid FROM complaints c ANTI JOIN gate_decisions USING (complaint_id))
ORDER BY c.complaint_id
