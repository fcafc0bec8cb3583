-- grain: one row per complaint without a matter, and per earlier or later one near enough in time to be the same matter
WITH placed AS (
    SELECT c.complaint_id, c.title, c.text, c.tokens, c.received_at, m.matter_id
    FROM complaints c LEFT JOIN complaint_matters m USING (complaint_id)
), span AS (
    SELECT min(received_at) AS first_at, max(received_at) AS last_at FROM placed WHERE matter_id IS NULL
)
SELECT placed.* FROM placed, span
WHERE received_at BETWEEN first_at - to_days($window_days::INTEGER) AND last_at + to_days($window_days::INTEGER)
ORDER BY received_at, complaint_id
