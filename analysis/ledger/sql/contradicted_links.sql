-- grain: one row per problem and complaint of which the events of coming in and leaving say something else than the links
WITH told AS (
    SELECT problem_id, try(payload->>'complaint_id') AS complaint_id, arg_max(kind, sequence) = 'complaint_added' AS is_told
    FROM events WHERE kind IN ('complaint_added', 'complaint_withdrawn')
    GROUP BY ALL
), kept AS (
    SELECT DISTINCT problem_id, complaint_id, TRUE AS is_kept FROM problem_complaints
)
SELECT problem_id, complaint_id, coalesce(is_told, FALSE) AS is_told, coalesce(is_kept, FALSE) AS is_kept
FROM told FULL JOIN kept USING (problem_id, complaint_id)
WHERE coalesce(is_told, FALSE) <> coalesce(is_kept, FALSE)
ORDER BY problem_id, complaint_id
