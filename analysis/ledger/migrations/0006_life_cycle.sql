-- grain: one statement a table; the problems with the whole of their life's present state

-- DuckDB adds no column that must not be empty, so the table is built anew; no problem was ever handed over before
CREATE TABLE problems_extended (
    problem_id VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    batch VARCHAR,
    unit_id VARCHAR,
    unit_kind VARCHAR NOT NULL,
    unit_reason VARCHAR,
    sub_problem_code VARCHAR NOT NULL,
    theme_code VARCHAR NOT NULL,
    merge_key VARCHAR,
    statement VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    status_on DATE NOT NULL,
    status_reason VARCHAR,
    registered_on DATE NOT NULL,
    handed_over_on DATE,
    time_starts_on DATE,
    due_on DATE,
    deadline_rule VARCHAR,
    is_due_provisional BOOLEAN,
    supporting_unit VARCHAR,
    leader VARCHAR,
    handler VARCHAR,
    goal VARCHAR,
    measure VARCHAR,
    progress VARCHAR,
    completed_on DATE,
    evidence VARCHAR,
    evidence_on DATE,
    remark VARCHAR,
    extension_due_on DATE,
    extension_reason VARCHAR,
    closure_requested_on DATE,
    verification VARCHAR,
    verified_by VARCHAR,
    verified_on DATE,
    accepting_unit VARCHAR,
    closed_on DATE,
    look_back VARCHAR,
    looked_back_on DATE,
    look_back_methods VARCHAR,
    look_back_people VARCHAR,
    receiver VARCHAR,
    merged_into_id VARCHAR,
    relapse_count BIGINT NOT NULL,
    version BIGINT NOT NULL,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (problem_id)
);
INSERT INTO problems_extended BY NAME
SELECT
    * EXCLUDE (status),
    coalesce(unit_id, unit_kind || unit_reason) || '|' || sub_problem_code || '|' || theme_code AS merge_key,
    CASE WHEN unit_id IS NULL THEN 'registered' ELSE 'awaiting_handover' END AS status,
    registered_on AS status_on,
    0 AS relapse_count,
    3 AS version
FROM problems;
DROP TABLE problems;
ALTER TABLE problems_extended RENAME TO problems;
