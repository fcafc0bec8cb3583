-- grain: one row with the number of complaints without a time of receipt
SELECT count(*) - count(received_at) AS undated_count FROM complaints
