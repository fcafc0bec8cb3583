-- grain: one statement a column; the words about a problem that the supervisor lets its unit see

ALTER TABLE problems ADD COLUMN released_text VARCHAR;
ALTER TABLE problems ADD COLUMN released_unit_id VARCHAR;
ALTER TABLE problems ADD COLUMN release_reason VARCHAR;
