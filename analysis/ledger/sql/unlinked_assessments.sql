-- grain: one row per sub-problem of an in-scope complaint that carries a problem and that no problem holds yet
-- by the complaint's present judgement:
-- the complaint's best one always, a further one only where its score reaches $secondary_score; where the model is
-- sure of the category alone, none before a reviewer has said which it is
WITH ranked AS (
    SELECT *, row_number() OVER (PARTITION BY complaint_id ORDER BY score DESC, sub_problem_code) AS place
    FROM assessments
)
SELECT c.complaint_id, c.title, c.text, c.place, c.district, c.handling_unit, c.received_at, g.unit_kind,
       g.run_id AS judged_run_id, a.sub_problem_code, a.score, a.evidence_start, a.evidence_end
FROM ranked a
JOIN gate_decisions g USING (complaint_id)
JOIN complaints c USING (complaint_id)
ANTI JOIN problem_complaints p
    ON p.complaint_id = a.complaint_id AND p.sub_problem_code = a.sub_problem_code AND p.run_id = g.run_id
WHERE g.decision = 'in_scope' AND coalesce(g.is_sub_problem_sure, TRUE) AND (a.place = 1 OR a.score >= $secondary_score)
ORDER BY c.received_at NULLS LAST, c.complaint_id, a.sub_problem_code
