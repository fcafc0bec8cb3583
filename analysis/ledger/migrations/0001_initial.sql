-- grain: one statement a table; columns, types and keys as declared in analysis/contracts.py

-- 一次夜间运行
CREATE TABLE runs (
    run_id VARCHAR NOT NULL,
    sequence BIGINT NOT NULL,
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    as_of_date DATE NOT NULL,
    status VARCHAR NOT NULL,
    software_version VARCHAR NOT NULL,
    codebook_version VARCHAR NOT NULL,
    counts VARCHAR,
    PRIMARY KEY (run_id)
);

-- 一个内容唯一的原始文件
CREATE TABLE raw_files (
    file_id VARCHAR NOT NULL,
    file_name VARCHAR NOT NULL,
    file_kind VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    byte_count BIGINT NOT NULL,
    row_count BIGINT NOT NULL,
    accepted_count BIGINT NOT NULL,
    updated_count BIGINT NOT NULL,
    unchanged_count BIGINT NOT NULL,
    duplicate_count BIGINT NOT NULL,
    quarantined_count BIGINT NOT NULL,
    skipped_count BIGINT NOT NULL,
    notes VARCHAR,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (file_id)
);

-- 一件诉求（一张工单或一个帖子），内容已去隐私
CREATE TABLE complaints (
    complaint_id VARCHAR NOT NULL,
    source_code VARCHAR NOT NULL,
    native_id VARCHAR,
    received_at TIMESTAMP,
    title VARCHAR,
    text VARCHAR NOT NULL,
    tokens VARCHAR NOT NULL,
    place VARCHAR,
    district VARCHAR,
    request_type VARCHAR,
    native_category VARCHAR,
    channel VARCHAR,
    handling_unit VARCHAR,
    native_status VARCHAR,
    reply VARCHAR,
    replied_at TIMESTAMP,
    satisfaction VARCHAR,
    is_confidential BOOLEAN,
    complainant_key VARCHAR,
    file_id VARCHAR NOT NULL,
    sheet_name VARCHAR,
    row_number BIGINT NOT NULL,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (complaint_id)
);

-- 一件诉求被更新前的一个版本
CREATE TABLE superseded_complaints (
    complaint_id VARCHAR NOT NULL,
    source_code VARCHAR NOT NULL,
    native_id VARCHAR,
    received_at TIMESTAMP,
    title VARCHAR,
    text VARCHAR NOT NULL,
    tokens VARCHAR NOT NULL,
    place VARCHAR,
    district VARCHAR,
    request_type VARCHAR,
    native_category VARCHAR,
    channel VARCHAR,
    handling_unit VARCHAR,
    native_status VARCHAR,
    reply VARCHAR,
    replied_at TIMESTAMP,
    satisfaction VARCHAR,
    is_confidential BOOLEAN,
    complainant_key VARCHAR,
    file_id VARCHAR NOT NULL,
    sheet_name VARCHAR,
    row_number BIGINT NOT NULL,
    run_id VARCHAR NOT NULL,
    superseded_run_id VARCHAR NOT NULL,
    PRIMARY KEY (complaint_id, superseded_run_id, file_id, row_number)
);

-- 一个文件里的一行数据和它的去向
CREATE TABLE intake_rows (
    file_id VARCHAR NOT NULL,
    sheet_name VARCHAR NOT NULL,
    row_number BIGINT NOT NULL,
    outcome VARCHAR NOT NULL,
    complaint_id VARCHAR,
    PRIMARY KEY (file_id, sheet_name, row_number)
);

-- 一个无法读取的文件，或一行里一个不合格的值
CREATE TABLE quarantine (
    quarantine_id VARCHAR NOT NULL,
    file_id VARCHAR NOT NULL,
    file_name VARCHAR NOT NULL,
    sheet_name VARCHAR,
    row_number BIGINT,
    column_name VARCHAR,
    heading VARCHAR,
    value_class VARCHAR NOT NULL,
    reason_code VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    resolved_file_id VARCHAR,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (quarantine_id)
);

-- 一件诉求是否反映执法问题的判断
CREATE TABLE gate_decisions (
    complaint_id VARCHAR NOT NULL,
    decision VARCHAR NOT NULL,
    scope_score DOUBLE NOT NULL,
    unit_kind VARCHAR,
    reason VARCHAR NOT NULL,
    review_reason VARCHAR,
    model_id VARCHAR NOT NULL,
    codebook_version VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (complaint_id)
);

-- 一件诉求的一个小类的判断
CREATE TABLE assessments (
    complaint_id VARCHAR NOT NULL,
    sub_problem_code VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    assessor VARCHAR NOT NULL,
    cue_id VARCHAR,
    evidence_start BIGINT NOT NULL,
    evidence_end BIGINT NOT NULL,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (complaint_id, sub_problem_code)
);

-- 同一地点或对象的同一件事，可有多件诉求
CREATE TABLE matters (
    matter_id VARCHAR NOT NULL,
    canonical_complaint_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (matter_id)
);

-- 一件诉求属于哪个事项
CREATE TABLE complaint_matters (
    complaint_id VARCHAR NOT NULL,
    matter_id VARCHAR NOT NULL,
    matched_complaint_id VARCHAR,
    similarity DOUBLE,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (complaint_id)
);

-- 一个问题：同一责任单位、同一小类、同一主题
CREATE TABLE problems (
    problem_id VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    unit_id VARCHAR,
    unit_kind VARCHAR NOT NULL,
    unit_reason VARCHAR NOT NULL,
    sub_problem_code VARCHAR NOT NULL,
    theme_code VARCHAR NOT NULL,
    statement VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    registered_on DATE NOT NULL,
    due_on DATE NOT NULL,
    deadline_rule VARCHAR NOT NULL,
    is_due_provisional BOOLEAN NOT NULL,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (problem_id)
);

-- 一件诉求支持一个问题
CREATE TABLE problem_complaints (
    problem_id VARCHAR NOT NULL,
    complaint_id VARCHAR NOT NULL,
    sub_problem_code VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (problem_id, complaint_id)
);

-- 关于一个问题的一件事，只增不改
CREATE TABLE events (
    sequence BIGINT NOT NULL,
    event_id VARCHAR NOT NULL,
    problem_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    occurred_at TIMESTAMP NOT NULL,
    actor VARCHAR NOT NULL,
    payload VARCHAR NOT NULL,
    previous_hash VARCHAR NOT NULL,
    hash VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (sequence)
);
