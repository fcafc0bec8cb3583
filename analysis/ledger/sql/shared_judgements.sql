-- grain: one row per judgement of a complaint that supports more than one problem
SELECT complaint_id, sub_problem_code, string_agg(problem_id, '、' ORDER BY problem_id) AS problem_ids
FROM problem_complaints GROUP BY complaint_id, sub_problem_code HAVING count(*) > 1
ORDER BY complaint_id, sub_problem_code
