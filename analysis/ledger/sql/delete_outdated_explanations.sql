-- grain: one row per explanation whose judgement was replaced or withdrawn
DELETE FROM explanations e
WHERE NOT EXISTS (
    SELECT 1 FROM gate_decisions g
    WHERE g.complaint_id = e.complaint_id AND g.run_id = e.run_id AND g.decision <> 'out_of_scope'
)
