-- grain: one statement a table; opinions of the optional assistant

-- 语言模型助手对一件待复核诉求的一个文本版本的一次意见，只供复核人参考
CREATE TABLE assistant_opinions (
    complaint_id VARCHAR NOT NULL,
    text_digest VARCHAR NOT NULL,
    decision VARCHAR NOT NULL,
    codes VARCHAR NOT NULL,
    unit_kind VARCHAR,
    evidence VARCHAR NOT NULL,
    endpoint_host VARCHAR NOT NULL,
    model_name VARCHAR NOT NULL,
    prompt_version VARCHAR NOT NULL,
    requested_at TIMESTAMP NOT NULL,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (complaint_id, text_digest, model_name, prompt_version)
);
