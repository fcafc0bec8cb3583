-- grain: one row per complaint that was reviewed, with its present text
SELECT complaint_id, title, text FROM complaints SEMI JOIN reviews USING (complaint_id) ORDER BY complaint_id
