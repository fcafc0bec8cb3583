-- grain: one row per key of a complaint in the given frame `taken`, whose keys are written anew
DELETE FROM matter_keys WHERE complaint_id IN (SELECT complaint_id FROM taken)
