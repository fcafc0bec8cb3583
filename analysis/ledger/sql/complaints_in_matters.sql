-- grain: one row per complaint without a matter, and per other one that may be of the same matter: near enough in time,
-- or either of the two without a time of receipt; dated ones first
WITH placed AS (
    SELECT c.complaint_id, c.title, c.text, c.tokens, c.received_at, m.matter_id
    FROM complaints c LEFT JOIN complaint_matters m USING (complaint_id)
), span AS (
    SELECT min(received_at) AS first_at, max(received_at) AS last_at, bool_or(received_at IS NULL) AS has_undated
    FROM placed WHERE matter_id IS NULL
    HAVING count(*) > 0
)
SELECT placed.* FROM placed, span
WHERE has_undated OR received_at IS NULL
   OR received_at BETWEEN first_at - to_days($window_days::INTEGER) AND last_at + to_days($window_days::INTEGER)
ORDER BY received_at NULLS LAST, complaint_id
