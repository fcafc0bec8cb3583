-- grain: one row per sub-problem of a complaint in the given frame `undecided`, which must be judged again
DELETE FROM assessments WHERE complaint_id IN (SELECT complaint_id FROM undecided)
