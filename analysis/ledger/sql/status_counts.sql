-- grain: one row with the counts that the status page shows
SELECT
    (SELECT count(*) FROM raw_files) AS files,
    (SELECT count(*) FROM raw_files WHERE status = 'unreadable') AS unreadable_files,
    (SELECT count(*) FROM complaints) AS complaints,
    (SELECT count(DISTINCT coalesce(complainant_key, complaint_id)) FROM complaints) AS complainants,
    (SELECT count(*) FROM matters) AS matters,
    (SELECT count(*) FROM gate_decisions WHERE decision = 'in_scope') AS in_scope,
    (SELECT count(*) FROM gate_decisions WHERE decision = 'review') AS review,
    (SELECT count(*) FROM problems) AS problems,
    (SELECT count(*) FROM quarantine WHERE status = 'open') AS quarantined
