-- grain: one row with the number of complaints in problems
SELECT count(*) AS link_count FROM problem_complaints
