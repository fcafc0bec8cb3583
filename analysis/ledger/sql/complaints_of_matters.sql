-- grain: one row per complaint of the given frame `wanted` that has a matter; which they are is found first, so that no
-- other's text is read
SELECT c.complaint_id, c.title, c.text, m.matter_id
FROM complaints c JOIN complaint_matters m USING (complaint_id)
WHERE c.rowid IN (SELECT c.rowid FROM complaints c SEMI JOIN wanted USING (complaint_id))
