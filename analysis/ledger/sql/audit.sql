-- grain: one row per act: an event of a person's, every event of the problem asked for, a run, an export, an import, a
-- look-back sample
WITH acts AS (
    SELECT occurred_at, actor, kind, nullif(problem_id, '') AS problem_id,
           coalesce(payload->>'complaint_id', payload->>'complaint') AS object, payload, sequence
    FROM events
    WHERE json_valid(payload) AND (actor <> $system OR problem_id = $problem_id OR kind IN ('codebook_changed', 'text_erased', 'key_rotated'))
    UNION ALL
    SELECT started_at, $system, 'run', NULL, run_id,
           json_object('status', status, 'software_version', software_version), NULL
    FROM runs
    UNION ALL
    SELECT exported_at, $system, 'exported', NULL, unit_id,
           json_object('export_id', export_id, 'problem_count', problem_count), NULL
    FROM exports
    UNION ALL
    SELECT imported_at, coalesce(person, $system), 'imported', NULL, file_name,
           json_object('unit_id', unit_id, 'changed_count', changed_count, 'request_count', request_count,
                       'conflict_count', conflict_count), NULL
    FROM imports
)
SELECT occurred_at, actor, kind, problem_id, object, payload, sequence
FROM acts
WHERE ($since IS NULL OR occurred_at >= $since)
  AND ($person IS NULL OR actor = $person)
  AND ($problem_id IS NULL OR problem_id = $problem_id)
ORDER BY occurred_at, sequence NULLS FIRST, kind, object
