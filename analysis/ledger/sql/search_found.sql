-- grain: one row per complaint of the given ids, with what an analyst sees of a complaint that was found
WITH wanted AS (SELECT unnest($complaint_ids::VARCHAR[]) AS complaint_id),
judged AS (
    SELECT complaint_id, string_agg(sub_problem_code, ';' ORDER BY sub_problem_code) AS codes
    FROM assessments SEMI JOIN wanted USING (complaint_id) GROUP BY complaint_id
), linked AS (
    SELECT l.complaint_id, string_agg(DISTINCT l.problem_id, ';' ORDER BY l.problem_id) AS problem_ids,
           string_agg(DISTINCT p.unit_id, ';' ORDER BY p.unit_id) AS unit_ids
    FROM problem_complaints l SEMI JOIN wanted USING (complaint_id) JOIN problems p USING (problem_id)
    GROUP BY l.complaint_id
)
SELECT c.complaint_id, c.received_at, c.source_code, c.channel, g.decision, m.matter_id, j.codes, l.problem_ids, l.unit_ids,
       CASE WHEN g.decision <> 'out_of_scope' THEN g.unit_kind END AS unit_kind
FROM wanted
JOIN complaints c USING (complaint_id)
LEFT JOIN gate_decisions g USING (complaint_id)
LEFT JOIN complaint_matters m USING (complaint_id)
LEFT JOIN judged j USING (complaint_id)
LEFT JOIN linked l USING (complaint_id)
