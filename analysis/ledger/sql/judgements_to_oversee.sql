-- grain: one row per complaint that was judged in a run on or after `$first`, or was reviewed or drawn
SELECT complaint_id, decision, decided_by, run_id
FROM gate_decisions
WHERE complaint_id IN (SELECT complaint_id FROM elusion_samples UNION SELECT complaint_id FROM reviews)
   OR run_id IN (SELECT run_id FROM runs WHERE as_of_date >= $first)
ORDER BY complaint_id
