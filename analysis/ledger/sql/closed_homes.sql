-- grain: one row per complaint of the given frame `members` and sub-problem of which a closed problem holds complaints
-- about the same matter; of several problems the one closed last
SELECT m.complaint_id, p.sub_problem_code, arg_max(p.problem_id, (p.closed_on, p.problem_id)) AS problem_id
FROM members m
JOIN complaint_matters o USING (matter_id)
JOIN problem_complaints l ON l.complaint_id = o.complaint_id
JOIN problems p ON p.problem_id = l.problem_id AND p.sub_problem_code = l.sub_problem_code
WHERE list_contains($closed, p.status)
GROUP BY ALL
ORDER BY ALL
