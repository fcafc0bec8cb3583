-- grain: the one problem asked for
SELECT * FROM problems WHERE problem_id = $problem_id
