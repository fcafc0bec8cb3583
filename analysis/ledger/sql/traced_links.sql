-- grain: one row per complaint of the problem asked for, with where it stands
SELECT c.complaint_id, c.received_at, f.file_name, c.sheet_name, c.row_number, a.score, a.assessor, a.cue_id,
       a.evidence_start, a.evidence_end, g.model_id, g.codebook_version
FROM problem_complaints p
JOIN complaints c USING (complaint_id)
JOIN raw_files f USING (file_id)
LEFT JOIN assessments a USING (complaint_id, sub_problem_code)
LEFT JOIN gate_decisions g USING (complaint_id)
WHERE p.problem_id = $problem_id
ORDER BY c.received_at NULLS LAST, c.complaint_id
