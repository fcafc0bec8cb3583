-- grain: one statement; a problem that was settled after its application for an extension has none pending any more

UPDATE problems SET extension_due_on = NULL, extension_reason = NULL
WHERE extension_due_on IS NOT NULL AND problem_id IN (
    SELECT problem_id FROM events WHERE kind IN ('extension_requested', 'closed', 'unfounded', 'transferred', 'merged')
    GROUP BY problem_id HAVING arg_max(kind, sequence) <> 'extension_requested'
);
