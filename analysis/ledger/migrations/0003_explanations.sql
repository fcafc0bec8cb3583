-- grain: one statement a table; explanations of judgements

-- 一件纳入或待人工复核的诉求的判断说明
CREATE TABLE explanations (
    complaint_id VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (complaint_id)
);
