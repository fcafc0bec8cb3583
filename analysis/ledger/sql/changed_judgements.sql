-- grain: one row per complaint that a run judged otherwise than it was judged before: in scope or not, or in sub-problems
WITH former AS (
    SELECT f.complaint_id, arg_max(f, r.sequence) AS j
    FROM former_judgements f JOIN runs r USING (run_id)
    WHERE f.complaint_id IN (SELECT complaint_id FROM gate_decisions WHERE run_id = $run_id)
    GROUP BY f.complaint_id
), present AS (
    SELECT g.complaint_id, g.decision, g.decided_by, g.model_id, g.codebook_version,
           coalesce(string_agg(a.sub_problem_code, ';' ORDER BY a.sub_problem_code), '') AS codes
    FROM gate_decisions g SEMI JOIN former USING (complaint_id)
    LEFT JOIN assessments a ON a.complaint_id = g.complaint_id
    WHERE g.run_id = $run_id
    GROUP BY ALL
)
SELECT p.complaint_id, coalesce(c.complainant_key, c.complaint_id) AS person_key,
       coalesce(m.matter_id, c.complaint_id) AS matter_id, f.j.decision AS former_decision, f.j.codes AS former_codes,
       p.decision, p.codes, p.decided_by = 'reviewer' AS is_reviewed, c.run_id = $run_id AS is_reworded,
       p.model_id <> f.j.model_id AS has_new_model, p.codebook_version <> f.j.codebook_version AS has_new_codebook
FROM present p
JOIN former f USING (complaint_id)
JOIN complaints c USING (complaint_id)
LEFT JOIN complaint_matters m USING (complaint_id)
WHERE (p.decision, p.codes) <> (f.j.decision, f.j.codes)
ORDER BY p.complaint_id
