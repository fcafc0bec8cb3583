-- grain: one row per sub-problem that anything in the ledger uses, with the first of the places that use it
SELECT sub_problem_code, arg_min(place, rank) AS place
FROM (
    SELECT 1 AS rank, '问题清单里' AS place, sub_problem_code FROM problems
    UNION ALL
    SELECT 2, '人工复核', unnest(string_split(codes, ';')) FROM reviews
    UNION ALL
    SELECT 3, '以前的判断', sub_problem_code FROM assessments
)
WHERE sub_problem_code <> ''
GROUP BY sub_problem_code
ORDER BY sub_problem_code
