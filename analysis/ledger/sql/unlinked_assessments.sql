-- grain: one row per sub-problem of an in-scope complaint that no problem holds yet
SELECT c.complaint_id, c.title, c.text, c.place, c.district, c.handling_unit, c.received_at, g.unit_kind,
       a.sub_problem_code, a.evidence_start, a.evidence_end
FROM assessments a
JOIN gate_decisions g USING (complaint_id)
JOIN complaints c USING (complaint_id)
ANTI JOIN problem_complaints p ON p.complaint_id = a.complaint_id AND p.sub_problem_code = a.sub_problem_code
WHERE g.decision = 'in_scope'
ORDER BY c.received_at, c.complaint_id, a.sub_problem_code
