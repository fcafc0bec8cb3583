-- grain: one statement a table; by what complaints of the same matter find each other

-- 一件诉求的一个检索键。不设主键：上千万行的索引要占几个 GB 内存，写入它的只有归并一处，先删后写。
CREATE TABLE matter_keys (
    complaint_id VARCHAR NOT NULL,
    key BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    run_id VARCHAR NOT NULL
);
