-- grain: one row per complaint in scope or under review without explanation, judged by the model that judged last;
-- which they are is found first, so that no other's text is read
WITH last_model AS (
    SELECT arg_max(j.model_id, r.sequence) AS model_id FROM gate_decisions j JOIN runs r USING (run_id)
), waiting AS (
    SELECT g.complaint_id, g.model_id, g.codebook_version, g.run_id
    FROM gate_decisions g ANTI JOIN explanations e ON e.complaint_id = g.complaint_id
    WHERE g.decision <> 'out_of_scope' AND g.model_id = (FROM last_model)
)
SELECT c.complaint_id, c.title, c.text, w.model_id, w.codebook_version, w.run_id
FROM waiting w JOIN complaints c USING (complaint_id)
WHERE c.rowid IN (SELECT c.rowid FROM complaints c SEMI JOIN waiting USING (complaint_id))
ORDER BY c.complaint_id
