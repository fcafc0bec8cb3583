-- grain: one statement a table; what complaints were judged before they were judged anew

CREATE TABLE former_judgements (
    complaint_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    decision VARCHAR NOT NULL,
    codes VARCHAR NOT NULL,
    decided_by VARCHAR NOT NULL,
    model_id VARCHAR NOT NULL,
    codebook_version VARCHAR NOT NULL,
    PRIMARY KEY (complaint_id, run_id)
);
