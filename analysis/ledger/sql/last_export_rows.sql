-- grain: one row per unit and problem; what was exported of it last
SELECT e.unit_id, r.*
FROM export_rows r JOIN exports e USING (export_id)
QUALIFY row_number() OVER (PARTITION BY e.unit_id, r.problem_id ORDER BY e.sequence DESC) = 1
