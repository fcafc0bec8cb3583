-- grain: one row per stored complaint that the given frame `wanted` replaces, copied before it goes
INSERT INTO superseded_complaints BY NAME
SELECT c.*, $run_id AS superseded_run_id FROM complaints c SEMI JOIN wanted w USING (complaint_id)
