-- grain: one row per stored complaint that the given frame `wanted` replaces; its old version stands in superseded_complaints
DELETE FROM complaints WHERE complaint_id IN (SELECT complaint_id FROM wanted)
