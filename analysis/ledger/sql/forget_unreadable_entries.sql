-- grain: one row per quarantine entry of the one file, if it could not be read last time; it is being tried again
DELETE FROM quarantine
WHERE file_id = $file_id AND file_id IN (SELECT file_id FROM raw_files WHERE status = 'unreadable')
