-- grain: one row per version of a complaint that is in the problem asked for, earlier versions as well
SELECT DISTINCT complaint_id, native_id, title, text, place
FROM (
    SELECT complaint_id, native_id, title, text, place FROM complaints
    UNION ALL
    SELECT complaint_id, native_id, title, text, place FROM superseded_complaints
) SEMI JOIN (SELECT complaint_id FROM problem_complaints WHERE problem_id = $problem_id) USING (complaint_id)
ORDER BY ALL
