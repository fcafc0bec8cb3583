-- grain: one row per raw file that has been read
SELECT file_id FROM raw_files WHERE status = 'read'
