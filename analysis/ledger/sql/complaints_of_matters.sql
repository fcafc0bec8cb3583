-- grain: one row per complaint of the given frame `wanted` that has a matter
SELECT c.complaint_id, c.title, c.text, m.matter_id
FROM complaints c SEMI JOIN wanted w USING (complaint_id) JOIN complaint_matters m USING (complaint_id)
