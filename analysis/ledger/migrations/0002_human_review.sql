-- grain: one statement a table; reviews by people, samples for the elusion test, profiles of judgements

-- DuckDB adds no column that must not be empty, so the table is built anew; what was judged so far, the model judged
CREATE TABLE gate_decisions_extended (
    complaint_id VARCHAR NOT NULL,
    decision VARCHAR NOT NULL,
    scope_score DOUBLE NOT NULL,
    unit_kind VARCHAR,
    reason VARCHAR NOT NULL,
    review_reason VARCHAR,
    model_id VARCHAR NOT NULL,
    codebook_version VARCHAR NOT NULL,
    decided_by VARCHAR NOT NULL,
    cue_balance DOUBLE,
    unknown_wording_share DOUBLE,
    is_sub_problem_sure BOOLEAN,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (complaint_id)
);
INSERT INTO gate_decisions_extended BY NAME SELECT *, 'model' AS decided_by FROM gate_decisions;
DROP TABLE gate_decisions;
ALTER TABLE gate_decisions_extended RENAME TO gate_decisions;

-- 一位复核人对一件诉求的一个文本版本作出的一次决定，只增不改
CREATE TABLE reviews (
    review_id VARCHAR NOT NULL,
    complaint_id VARCHAR NOT NULL,
    text_digest VARCHAR NOT NULL,
    decision VARCHAR NOT NULL,
    codes VARCHAR NOT NULL,
    unit_kind VARCHAR,
    reviewer VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    is_final BOOLEAN NOT NULL,
    reviewed_on DATE NOT NULL,
    source VARCHAR NOT NULL,
    source_file VARCHAR,
    source_row BIGINT,
    recorded_at TIMESTAMP NOT NULL,
    run_id VARCHAR,
    PRIMARY KEY (review_id)
);

-- 一个月里抽出来复查的一件模型判为不纳入的诉求
CREATE TABLE elusion_samples (
    month VARCHAR NOT NULL,
    complaint_id VARCHAR NOT NULL,
    text_digest VARCHAR NOT NULL,
    lot DOUBLE NOT NULL,
    population_count BIGINT NOT NULL,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (month, complaint_id)
);

-- 一次运行里模型所作判断的概貌；没有判断的运行没有
CREATE TABLE judgement_profiles (
    run_id VARCHAR NOT NULL,
    model_id VARCHAR NOT NULL,
    codebook_version VARCHAR NOT NULL,
    judged_count BIGINT NOT NULL,
    in_scope_share DOUBLE NOT NULL,
    review_share DOUBLE NOT NULL,
    unknown_wording_share DOUBLE NOT NULL,
    p10_score DOUBLE NOT NULL,
    p20_score DOUBLE NOT NULL,
    p30_score DOUBLE NOT NULL,
    p40_score DOUBLE NOT NULL,
    p50_score DOUBLE NOT NULL,
    p60_score DOUBLE NOT NULL,
    p70_score DOUBLE NOT NULL,
    p80_score DOUBLE NOT NULL,
    p90_score DOUBLE NOT NULL,
    PRIMARY KEY (run_id)
);
