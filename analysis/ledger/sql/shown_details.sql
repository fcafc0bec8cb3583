-- grain: one row per sub-problem of a complaint that is in scope or in a problem, and of each of the complaints `$waiting`
-- under review, at most `$most` of the former: the newest of each unfinished problem, then those of finished ones, as
-- many of one problem as of another while they last; a complaint under review without any finding has one row; what a person put into a problem without
-- there being a judgement for it counts as much as a score can; of complaints that are not shown no text is read
WITH findings AS (
    SELECT complaint_id, sub_problem_code, coalesce(a.score, 1.0) AS score,
           CASE WHEN a.score IS NULL THEN 'reviewer' ELSE a.assessor END AS assessor,
           a.cue_id, a.evidence_start, a.evidence_end, l.problem_id
    FROM assessments a FULL JOIN problem_complaints l USING (complaint_id, sub_problem_code)
), ranked AS (
    SELECT f.complaint_id,
           row_number() OVER (
               PARTITION BY f.problem_id
               ORDER BY g.run_id = $run_id DESC, c.received_at DESC NULLS LAST, f.complaint_id
           ) AS place,
           list_contains($finished, b.status) AS is_finished
    FROM findings f
    JOIN gate_decisions g USING (complaint_id)
    JOIN complaints c USING (complaint_id)
    LEFT JOIN problems b ON b.problem_id = f.problem_id
    WHERE g.decision = 'in_scope' OR f.problem_id IS NOT NULL
), chosen AS (
    SELECT complaint_id FROM ranked
    GROUP BY complaint_id
    ORDER BY bool_and(coalesce(is_finished, FALSE)), min(place), complaint_id
    LIMIT $most
), shown AS (
    SELECT complaint_id FROM chosen UNION SELECT unnest($waiting)
), texts AS MATERIALIZED (
    SELECT complaint_id, source_code, received_at, title, text, file_id, sheet_name, row_number FROM complaints
    WHERE rowid IN (SELECT c.rowid FROM complaints c SEMI JOIN shown USING (complaint_id))
)
SELECT c.complaint_id, c.source_code, c.received_at, c.title, c.text, c.sheet_name, c.row_number, r.file_name,
       g.decision, g.scope_score, g.review_reason, g.model_id, g.codebook_version,
       f.sub_problem_code, f.score, f.assessor, f.cue_id, f.evidence_start, f.evidence_end, f.problem_id
FROM texts c
JOIN gate_decisions g ON g.complaint_id = c.complaint_id
LEFT JOIN raw_files r ON r.file_id = c.file_id
LEFT JOIN findings f ON f.complaint_id = c.complaint_id
ORDER BY f.problem_id, c.received_at, c.complaint_id, f.sub_problem_code
