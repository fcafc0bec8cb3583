-- grain: one row per finished run with events after the one asked for
SELECT DISTINCT run_id FROM events JOIN runs USING (run_id)
WHERE events.sequence > $sequence AND runs.status = 'finished' ORDER BY run_id
