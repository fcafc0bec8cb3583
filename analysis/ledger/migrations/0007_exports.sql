-- grain: one statement a table; what was sent to the units as their ledgers, and what came back

-- 发给一个责任单位的整改台账的一个版本；内容没有变化的，再导出还是它
CREATE TABLE exports (
    export_id VARCHAR NOT NULL,
    sequence BIGINT NOT NULL,
    unit_id VARCHAR NOT NULL,
    problem_count BIGINT NOT NULL,
    event_sequence BIGINT NOT NULL,
    exported_at TIMESTAMP NOT NULL,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (export_id)
);

-- 一个问题自某个导出版本起在台账里的填报内容；与本单位以前的版本相同的不重复记
CREATE TABLE export_rows (
    export_id VARCHAR NOT NULL,
    problem_id VARCHAR NOT NULL,
    version BIGINT NOT NULL,
    status VARCHAR NOT NULL,
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
    PRIMARY KEY (export_id, problem_id)
);

-- 责任单位交回并已记入的一个整改台账文件
CREATE TABLE imports (
    import_id VARCHAR NOT NULL,
    file_name VARCHAR NOT NULL,
    unit_id VARCHAR NOT NULL,
    export_id VARCHAR NOT NULL,
    imported_at TIMESTAMP NOT NULL,
    person VARCHAR,
    row_count BIGINT NOT NULL,
    missing_count BIGINT NOT NULL,
    changed_count BIGINT NOT NULL,
    request_count BIGINT NOT NULL,
    conflict_count BIGINT NOT NULL,
    PRIMARY KEY (import_id)
);
