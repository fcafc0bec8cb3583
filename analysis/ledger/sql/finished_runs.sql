-- grain: one row with the number of runs that ended well
SELECT count(*) AS run_count FROM runs WHERE status = 'finished'
