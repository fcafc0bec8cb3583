-- grain: the model of the newest run that judged anything; no row before the first
SELECT g.model_id FROM gate_decisions g
WHERE g.run_id = (SELECT arg_max(run_id, sequence) FROM runs SEMI JOIN gate_decisions USING (run_id))
LIMIT 1
