-- grain: one row per complaint of a matter that one of the complaints in the given frame `wanted` is of, earliest first
SELECT m.complaint_id, m.matter_id
FROM complaint_matters m JOIN complaints c USING (complaint_id)
WHERE m.matter_id IN (SELECT matter_id FROM complaint_matters SEMI JOIN wanted USING (complaint_id))
ORDER BY c.received_at NULLS LAST, m.complaint_id
