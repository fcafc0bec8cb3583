-- grain: the one complaint asked for, with where it stands and how it was judged
SELECT c.complaint_id, c.source_code, c.native_id, c.received_at, c.title, c.text, c.file_id, f.file_name,
       c.sheet_name, c.row_number, c.run_id, m.matter_id, m.matched_complaint_id, m.similarity,
       g.decision, g.scope_score, g.unit_kind, g.reason, g.review_reason, g.model_id, g.codebook_version
FROM complaints c
JOIN raw_files f USING (file_id)
LEFT JOIN complaint_matters m USING (complaint_id)
LEFT JOIN gate_decisions g USING (complaint_id)
WHERE c.complaint_id = $complaint_id
