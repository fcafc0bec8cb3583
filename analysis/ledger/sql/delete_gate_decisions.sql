-- grain: one row per complaint in the given frame `reworded`, whose text changed and must be judged again
DELETE FROM gate_decisions WHERE complaint_id IN (SELECT complaint_id FROM reworded)
