-- grain: one row with the number of reviews
SELECT count(*) AS review_count FROM reviews
