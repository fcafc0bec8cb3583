-- grain: one row per explanation of a complaint in the given frame `wanted`, which quotes its words
UPDATE explanations SET text = $erased WHERE complaint_id IN (SELECT complaint_id FROM wanted)
