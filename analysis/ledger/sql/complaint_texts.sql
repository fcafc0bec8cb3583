-- one row a complaint: its present text, masked
SELECT complaint_id, coalesce(title, '') AS title, text FROM complaints ORDER BY complaint_id
