-- grain: one row, with how much the snapshot holds
SELECT (SELECT count(*) FROM complaints) AS complaint_count, (SELECT count(*) FROM problems) AS problem_count
