-- grain: one row per open quarantine entry of a file that could not be read and whose content is no longer among the
-- raw files (given frame `present`): taken away, or read well under the same name
UPDATE quarantine SET status = 'resolved', resolved_file_id = gone.read_file_id
FROM (
    SELECT f.file_id, any_value(r.file_id) AS read_file_id
    FROM raw_files f
    LEFT JOIN present p ON p.file_name = f.file_name
    LEFT JOIN raw_files r ON r.file_id = p.file_id AND r.status = 'read'
    WHERE f.status = 'unreadable' AND f.file_id NOT IN (SELECT file_id FROM present)
    GROUP BY f.file_id
) AS gone
WHERE quarantine.status = 'open' AND quarantine.file_id = gone.file_id
