-- grain: one row per open quarantine entry of a row whose mended version (given frame `mended`) was accepted
UPDATE quarantine SET status = 'resolved', resolved_file_id = rows.mended_file_id
FROM (
    SELECT q.file_id, q.sheet_name, q.row_number, any_value(m.file_id) AS mended_file_id
    FROM mended m JOIN quarantine q USING (quarantine_id)
    GROUP BY ALL
) AS rows
WHERE quarantine.status = 'open'
  AND quarantine.file_id = rows.file_id
  AND quarantine.sheet_name IS NOT DISTINCT FROM rows.sheet_name
  AND quarantine.row_number IS NOT DISTINCT FROM rows.row_number
