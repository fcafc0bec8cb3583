-- grain: one row per complaint that does not stand where it is said to come from
SELECT c.complaint_id FROM complaints c
ANTI JOIN intake_rows r
    ON r.file_id = c.file_id AND r.row_number = c.row_number AND r.complaint_id = c.complaint_id
   AND r.sheet_name = coalesce(c.sheet_name, '')
ORDER BY c.complaint_id
