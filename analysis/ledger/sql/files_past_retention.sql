-- grain: one row per file that was read before `$before` and none of whose rows waits in quarantine
SELECT f.file_id, f.file_name
FROM raw_files f JOIN runs r USING (run_id)
WHERE r.started_at < $before AND f.status = 'read'
  AND NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.file_id = f.file_id AND q.status = 'open')
ORDER BY f.file_name
