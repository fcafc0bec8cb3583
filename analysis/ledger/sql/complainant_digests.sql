-- grain: one row per digest of a complainant that is stored, in whatever version of a complaint
SELECT complainant_key FROM complaints WHERE complainant_key IS NOT NULL
UNION
SELECT complainant_key FROM superseded_complaints WHERE complainant_key IS NOT NULL
ORDER BY complainant_key
