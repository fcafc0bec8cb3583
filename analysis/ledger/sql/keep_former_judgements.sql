-- grain: one row per complaint of the given frame `undecided` that was judged, as it was judged
INSERT OR IGNORE INTO former_judgements BY NAME
SELECT g.complaint_id, g.run_id, g.decision, g.decided_by, g.model_id, g.codebook_version,
       coalesce(string_agg(a.sub_problem_code, ';' ORDER BY a.sub_problem_code), '') AS codes
FROM gate_decisions g
SEMI JOIN undecided u ON u.complaint_id = g.complaint_id
LEFT JOIN assessments a ON a.complaint_id = g.complaint_id
GROUP BY ALL
