-- grain: one row per review that its event does not tell of as it is recorded, or that one of the two lacks
WITH told AS (
    SELECT payload->>'review_id' AS review_id, payload FROM events
    WHERE kind = 'complaint_reviewed' AND json_valid(payload)
)
SELECT review_id, coalesce(r.complaint_id, payload->>'complaint_id') AS complaint_id,
       CASE WHEN payload IS NULL THEN '没有记入它的事件'
            WHEN r.complaint_id IS NULL THEN '有记入的事件，却不在复核表里'
            ELSE '与记入它的事件不符' END AS what
FROM reviews r FULL JOIN told USING (review_id)
WHERE payload IS NULL OR r.complaint_id IS NULL
   OR (r.complaint_id, text_digest, decision, codes, unit_kind, reviewer, reason, is_final)
      IS DISTINCT FROM (payload->>'complaint_id', payload->>'text_digest', payload->>'decision', payload->>'codes',
                        payload->>'unit_kind', payload->>'reviewer', payload->>'reason',
                        (payload->>'is_final')::BOOLEAN)
ORDER BY review_id
