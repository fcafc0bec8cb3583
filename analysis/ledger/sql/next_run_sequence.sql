-- grain: one row with the number of the next run
SELECT coalesce(max(sequence), 0) + 1 AS sequence FROM runs
