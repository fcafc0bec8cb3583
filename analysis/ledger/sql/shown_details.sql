-- grain: one row per sub-problem of a complaint in scope, and of each of the complaints `$waiting` under review, at most
-- `$most` complaints in scope: leads first, then the newest of each unfinished problem, then those of finished ones;
-- a complaint under review without any finding has one row
WITH ranked AS (
    SELECT g.complaint_id,
           row_number() OVER (
               PARTITION BY l.problem_id
               ORDER BY g.run_id = $run_id DESC, c.received_at DESC NULLS LAST, g.complaint_id
           ) AS place,
           list_contains($finished, b.status) AS is_finished,
           list_contains($restricted, a.sub_problem_code) AS is_restricted
    FROM gate_decisions g
    JOIN assessments a USING (complaint_id)
    JOIN complaints c USING (complaint_id)
    LEFT JOIN problem_complaints l
        ON l.complaint_id = a.complaint_id AND l.sub_problem_code = a.sub_problem_code
    LEFT JOIN problems b ON b.problem_id = l.problem_id
    WHERE g.decision = 'in_scope'
), chosen AS (
    SELECT complaint_id FROM ranked
    GROUP BY complaint_id
    ORDER BY bool_or(is_restricted) DESC, bool_and(coalesce(is_finished, FALSE)), min(place), complaint_id
    LIMIT $most
), shown AS (
    SELECT complaint_id FROM chosen UNION SELECT unnest($waiting)
)
SELECT c.complaint_id, c.source_code, c.received_at, c.title, c.text, c.sheet_name, c.row_number, f.file_name,
       g.decision, g.scope_score, g.review_reason, g.model_id, g.codebook_version,
       a.sub_problem_code, a.score, a.assessor, a.cue_id, a.evidence_start, a.evidence_end, l.problem_id
FROM shown s
JOIN complaints c ON c.complaint_id = s.complaint_id
JOIN gate_decisions g ON g.complaint_id = s.complaint_id
LEFT JOIN raw_files f ON f.file_id = c.file_id
LEFT JOIN assessments a ON a.complaint_id = s.complaint_id
LEFT JOIN problem_complaints l ON l.complaint_id = a.complaint_id AND l.sub_problem_code = a.sub_problem_code
ORDER BY l.problem_id, c.received_at, c.complaint_id, a.sub_problem_code
