-- grain: one row per stored complaint whose id is in the given frame `wanted`; which they are is found first, so that no
-- other's text is read
SELECT c.* FROM complaints c WHERE c.rowid IN (SELECT c.rowid FROM complaints c SEMI JOIN wanted USING (complaint_id))
