-- grain: one row per complaint of the given frame `wanted` and sub-problem of which a closed problem holds other
-- complaints about the same matter; of several problems the one closed last
SELECT w.complaint_id, p.sub_problem_code, arg_max(p.problem_id, (p.closed_on, p.problem_id)) AS problem_id
FROM wanted w
JOIN complaint_matters m USING (complaint_id)
JOIN complaint_matters o ON o.matter_id = m.matter_id AND o.complaint_id <> w.complaint_id
JOIN problem_complaints l ON l.complaint_id = o.complaint_id
JOIN problems p ON p.problem_id = l.problem_id AND p.sub_problem_code = l.sub_problem_code
WHERE list_contains($closed, p.status)
GROUP BY ALL
ORDER BY ALL
