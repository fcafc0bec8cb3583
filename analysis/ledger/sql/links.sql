-- grain: one row per sub-problem of a complaint in a problem, with whom and what it is about and how it was judged
SELECT p.problem_id, p.complaint_id, p.sub_problem_code, p.run_id, c.complaint_id IS NULL AS is_lost,
       coalesce(c.complainant_key, p.complaint_id) AS person_key, coalesce(m.matter_id, p.complaint_id) AS matter_id,
       c.received_at, c.place, c.district, a.assessor, a.score
FROM problem_complaints p
LEFT JOIN complaints c USING (complaint_id)
LEFT JOIN complaint_matters m USING (complaint_id)
LEFT JOIN assessments a ON a.complaint_id = p.complaint_id AND a.sub_problem_code = p.sub_problem_code
ORDER BY p.problem_id, p.complaint_id, p.sub_problem_code
