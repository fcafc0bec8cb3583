-- grain: one row with what the files that this run read add up to
SELECT count(*) AS files, count(*) FILTER (status = 'unreadable') AS unreadable_files,
       coalesce(sum(row_count), 0) AS rows, coalesce(sum(accepted_count), 0) AS accepted,
       coalesce(sum(updated_count), 0) AS updated, coalesce(sum(unchanged_count), 0) AS unchanged,
       coalesce(sum(duplicate_count), 0) AS duplicate, coalesce(sum(quarantined_count), 0) AS quarantined,
       coalesce(sum(skipped_count), 0) AS skipped
FROM raw_files WHERE run_id = $run_id
