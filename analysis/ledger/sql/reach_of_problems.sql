-- grain: one row per complaint of a problem in the given frame `wanted`, with whom and what it is about
SELECT DISTINCT p.problem_id, c.complaint_id, c.received_at, coalesce(c.complainant_key, c.complaint_id) AS person_key,
       coalesce(m.matter_id, c.complaint_id) AS matter_id
FROM problem_complaints p
JOIN complaints c USING (complaint_id)
LEFT JOIN complaint_matters m USING (complaint_id)
WHERE p.problem_id IN (SELECT problem_id FROM wanted)
ORDER BY p.problem_id, c.received_at NULLS LAST, c.complaint_id
