-- grain: one row per decision where a complaint belongs that its event does not tell of as it is recorded, or that one of the two lacks
WITH told AS (
    SELECT try(payload->>'complaint_id') AS complaint_id, try(payload->>'sub_problem_code') AS sub_problem_code,
           occurred_at AS decided_at, problem_id, actor AS person, try(payload->>'reason') AS reason, TRUE AS is_told
    FROM events WHERE kind = 'complaint_placed'
), kept AS (
    SELECT *, TRUE AS is_kept FROM placements
)
SELECT complaint_id, sub_problem_code, decided_at,
       CASE WHEN is_told IS NULL THEN '没有记入它的事件'
            WHEN is_kept IS NULL THEN '有记入的事件，却不在人工归属表里'
            ELSE '与记入它的事件不符' END AS what
FROM kept FULL JOIN told USING (complaint_id, sub_problem_code, decided_at)
WHERE complaint_id IS NOT NULL
  AND (is_told IS NULL OR is_kept IS NULL
       OR (kept.problem_id, kept.person, kept.reason) IS DISTINCT FROM (told.problem_id, told.person, told.reason))
ORDER BY complaint_id, sub_problem_code, decided_at
