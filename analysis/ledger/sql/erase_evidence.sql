-- grain: one row per judgement of a complaint in the given frame `wanted`: it stands, its place in the text is gone
UPDATE assessments SET evidence_start = 0, evidence_end = 0 WHERE complaint_id IN (SELECT complaint_id FROM wanted)
