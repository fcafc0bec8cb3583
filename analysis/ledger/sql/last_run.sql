-- grain: the newest run
SELECT run_id, started_at, finished_at, as_of_date, status, software_version, codebook_version
FROM runs ORDER BY sequence DESC LIMIT 1
