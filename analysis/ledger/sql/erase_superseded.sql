-- grain: one row per earlier version of a complaint in the given frame `wanted`, which loses its words
UPDATE superseded_complaints
SET title = NULL, text = $erased, tokens = '', place = NULL, handling_unit = NULL, reply = NULL, satisfaction = NULL
WHERE complaint_id IN (SELECT complaint_id FROM wanted)
