-- grain: one row per export and problem; what the problem's cells held when it was exported
SELECT w.export_id, w.unit_id, w.event_sequence, r.* EXCLUDE (export_id)
FROM exports w
JOIN exports e ON e.unit_id = w.unit_id AND e.sequence <= w.sequence
JOIN export_rows r ON r.export_id = e.export_id
WHERE list_contains($export_ids, w.export_id) AND list_contains($problem_ids, r.problem_id)
QUALIFY row_number() OVER (PARTITION BY w.export_id, r.problem_id ORDER BY e.sequence DESC) = 1
