-- grain: one row per complaint that the model alone judged after the newest run with a profile: in this run, or in
-- one before it that was killed; judgements from before there were profiles lack the figures
SELECT g.*
FROM gate_decisions g
JOIN runs r USING (run_id)
ANTI JOIN reviews v ON v.complaint_id = g.complaint_id
WHERE g.unknown_wording_share IS NOT NULL
  AND r.sequence > coalesce((SELECT max(sequence) FROM judgement_profiles JOIN runs USING (run_id)), 0)
ORDER BY g.complaint_id
