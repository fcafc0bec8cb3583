-- grain: one row per ruling about two complaints that its event does not tell of as it is recorded, or that one of the two lacks
WITH told AS (
    SELECT try(payload->>'complaint_id') AS complaint_id, try(payload->>'other_complaint_id') AS other_complaint_id,
           occurred_at AS decided_at, try(payload->>'ruling') AS ruling, try(payload->>'matter_id') AS matter_id,
           actor AS person, try(payload->>'reason') AS reason, TRUE AS is_told
    FROM events WHERE kind = 'matter_ruled'
), kept AS (
    SELECT *, TRUE AS is_kept FROM matter_rulings
)
SELECT complaint_id, other_complaint_id, decided_at,
       CASE WHEN is_told IS NULL THEN '没有记入它的事件'
            WHEN is_kept IS NULL THEN '有记入的事件，却不在事项裁定表里'
            ELSE '与记入它的事件不符' END AS what
FROM kept FULL JOIN told USING (complaint_id, other_complaint_id, decided_at)
WHERE complaint_id IS NOT NULL
  AND (is_told IS NULL OR is_kept IS NULL
       OR (kept.ruling, kept.matter_id, kept.person, kept.reason)
          IS DISTINCT FROM (told.ruling, told.matter_id, told.person, told.reason))
ORDER BY complaint_id, other_complaint_id, decided_at
