-- grain: one row per complaint in the given frame `undecided`, which must be judged again: its text changed, or it was reviewed
DELETE FROM gate_decisions WHERE complaint_id IN (SELECT complaint_id FROM undecided)
