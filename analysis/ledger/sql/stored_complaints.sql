-- grain: one row per stored complaint whose id is in the given frame `wanted`
SELECT c.* FROM complaints c SEMI JOIN wanted w USING (complaint_id)
