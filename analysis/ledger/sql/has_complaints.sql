-- grain: one row that says whether any complaint is stored
SELECT count(*) > 0 AS has_complaints FROM complaints
