-- one row a complaint whose present text was reviewed without conflict: the last final decision, else what all agree on
WITH ranked AS (
    SELECT
        *,
        array_to_string(list_sort(list_distinct(string_split(codes, ';'))), ';') AS code_set,
        row_number() OVER (
            PARTITION BY complaint_id, text_digest, reviewer ORDER BY reviewed_on DESC, recorded_at DESC, review_id DESC
        ) AS recency_of_reviewer,
        row_number() OVER (
            PARTITION BY complaint_id, text_digest, is_final ORDER BY reviewed_on DESC, recorded_at DESC, review_id DESC
        ) AS recency_of_kind
    FROM reviews
),
final AS (
    SELECT complaint_id, text_digest, decision, code_set, unit_kind
    FROM ranked
    WHERE is_final AND recency_of_kind = 1
),
agreed AS (
    SELECT
        complaint_id, text_digest,
        any_value(decision) AS decision, any_value(code_set) AS code_set, any_value(unit_kind) AS unit_kind
    FROM ranked
    WHERE recency_of_reviewer = 1
    GROUP BY complaint_id, text_digest
    HAVING count(DISTINCT concat_ws('|', decision, code_set, coalesce(unit_kind, ''))) = 1
),
effective AS (
    SELECT * FROM final
    UNION ALL
    SELECT * FROM agreed ANTI JOIN final USING (complaint_id, text_digest)
)
SELECT
    complaints.complaint_id, coalesce(complaints.title, '') AS title, complaints.text,
    effective.decision, effective.code_set AS codes, coalesce(effective.unit_kind, '') AS unit
FROM effective
JOIN complaints
    ON complaints.complaint_id = effective.complaint_id
    AND sha256(coalesce(complaints.title, '') || chr(10) || complaints.text) = effective.text_digest
ORDER BY complaints.complaint_id
