-- grain: one row per complaint of the problem asked for, with where it stands; one without a judgement was put there by hand
SELECT c.complaint_id, c.received_at, f.file_name, c.sheet_name, c.row_number, coalesce(a.score, 1) AS score,
       coalesce(a.assessor, 'reviewer') AS assessor, a.cue_id,
       coalesce(a.evidence_start, 0) AS evidence_start, coalesce(a.evidence_end, 0) AS evidence_end, g.model_id, g.codebook_version
FROM problem_complaints p
JOIN complaints c USING (complaint_id)
JOIN raw_files f USING (file_id)
LEFT JOIN assessments a USING (complaint_id, sub_problem_code)
LEFT JOIN gate_decisions g USING (complaint_id)
WHERE p.problem_id = $problem_id
ORDER BY c.received_at NULLS LAST, c.complaint_id
