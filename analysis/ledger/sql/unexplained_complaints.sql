-- grain: one row per complaint in scope or under review without explanation, judged by the model that judged last
SELECT c.complaint_id, c.title, c.text, g.model_id, g.codebook_version, g.run_id
FROM complaints c
JOIN gate_decisions g USING (complaint_id)
ANTI JOIN explanations e ON e.complaint_id = c.complaint_id
WHERE g.decision <> 'out_of_scope'
  AND g.model_id = (
      SELECT last(j.model_id ORDER BY r.sequence)
      FROM gate_decisions j JOIN runs r USING (run_id)
  )
ORDER BY c.complaint_id
