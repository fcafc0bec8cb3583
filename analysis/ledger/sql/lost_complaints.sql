-- grain: one row per complaint that is missing, with the first of the places that speak of it
SELECT complaint_id, arg_min(place, rank) AS place
FROM (
    SELECT complaint_id, 1 AS rank, '收件明细' AS place FROM intake_rows WHERE complaint_id IS NOT NULL
    UNION ALL
    SELECT complaint_id, 2, '范围判断' FROM gate_decisions
    UNION ALL
    SELECT complaint_id, 3, '小类判断' FROM assessments
    UNION ALL
    SELECT complaint_id, 4, '诉求与事项' FROM complaint_matters
    UNION ALL
    SELECT complaint_id, 5, '问题与诉求' FROM problem_complaints
)
ANTI JOIN complaints USING (complaint_id)
GROUP BY complaint_id
ORDER BY complaint_id
