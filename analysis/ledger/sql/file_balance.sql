-- grain: one row per raw file with what it is said to hold and what its rows come to; files of rows without a record too
WITH counted AS (
    SELECT file_id, count(*) AS found_rows,
           count(*) FILTER (outcome = 'accepted') AS found_accepted,
           count(*) FILTER (outcome = 'updated') AS found_updated,
           count(*) FILTER (outcome = 'unchanged') AS found_unchanged,
           count(*) FILTER (outcome = 'duplicate') AS found_duplicate,
           count(*) FILTER (outcome = 'quarantined') AS found_quarantined
    FROM intake_rows GROUP BY file_id
)
SELECT file_id, file_name, coalesce(row_count, 0) AS row_count, accepted_count, updated_count, unchanged_count,
       duplicate_count, quarantined_count, coalesce(found_rows, 0) AS found_rows,
       coalesce(found_accepted, 0) AS found_accepted, coalesce(found_updated, 0) AS found_updated,
       coalesce(found_unchanged, 0) AS found_unchanged, coalesce(found_duplicate, 0) AS found_duplicate,
       coalesce(found_quarantined, 0) AS found_quarantined
FROM raw_files FULL JOIN counted USING (file_id)
ORDER BY file_name, file_id
