-- grain: one row per complaint whose matter somebody decided: the latest ruling about it
SELECT complaint_id, other_complaint_id, matter_id FROM matter_rulings
QUALIFY row_number() OVER (PARTITION BY complaint_id ORDER BY decided_at DESC, other_complaint_id) = 1
ORDER BY complaint_id
