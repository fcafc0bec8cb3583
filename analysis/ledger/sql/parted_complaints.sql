-- grain: one row per pair of complaints that somebody said to be different matters, by the latest ruling about the pair
WITH paired AS (
    SELECT least(complaint_id, other_complaint_id) AS complaint_id,
           greatest(complaint_id, other_complaint_id) AS other_complaint_id, ruling, decided_at
    FROM matter_rulings
)
SELECT complaint_id, other_complaint_id FROM paired
GROUP BY complaint_id, other_complaint_id
HAVING arg_max(ruling, decided_at) = 'different'
ORDER BY complaint_id, other_complaint_id
