-- grain: one row per judgement of a run on or after a day
SELECT complaint_id, decision, decided_by, run_id FROM gate_decisions
WHERE run_id IN (SELECT run_id FROM runs WHERE as_of_date >= $first)
ORDER BY complaint_id
