-- grain: one row per sub-problem of a complaint in the given frame `reworded`, which must be judged again
DELETE FROM assessments WHERE complaint_id IN (SELECT complaint_id FROM reworded)
