-- grain: one row per complaint of the complainant of this digest whose text is still there, in whatever version
SELECT complaint_id
FROM (
    SELECT complaint_id FROM complaints WHERE complainant_key = $complainant_key
    UNION
    SELECT complaint_id FROM superseded_complaints WHERE complainant_key = $complainant_key
)
ANTI JOIN erasures USING (complaint_id)
ORDER BY complaint_id
