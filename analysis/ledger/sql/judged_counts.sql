-- grain: one row per decision, by whom it was made, and whether in the run asked for
SELECT decision, decided_by, run_id = $run_id AS is_tonight, count(*) AS judged_count
FROM gate_decisions GROUP BY ALL
