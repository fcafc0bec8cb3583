-- grain: one row if a complaint is of the complainant of this digest, in whatever version
SELECT 1 AS is_known
WHERE EXISTS (FROM complaints WHERE complainant_key = $complainant_key)
   OR EXISTS (FROM superseded_complaints WHERE complainant_key = $complainant_key)
