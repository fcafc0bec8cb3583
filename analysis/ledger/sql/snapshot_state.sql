-- grain: one row that says whether the snapshot shows the ledger as it is now: the same last run and the same last event
SELECT
    (SELECT max(sequence) FROM runs) IS NOT DISTINCT FROM (SELECT max(sequence) FROM snapshot.runs)
    AND (SELECT max(sequence) FROM events) IS NOT DISTINCT FROM (SELECT max(sequence) FROM snapshot.events) AS is_current
