-- grain: the one file, if it could not be read last time; it is being tried again
DELETE FROM raw_files WHERE file_id = $file_id AND status = 'unreadable'
