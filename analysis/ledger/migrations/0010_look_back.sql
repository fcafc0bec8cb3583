-- grain: one statement a table; the samples of closed problems that are looked back at

-- 一次回头看抽样里的一个问题
CREATE TABLE look_back_samples (
    sample_id VARCHAR NOT NULL,
    problem_id VARCHAR NOT NULL,
    stratum VARCHAR NOT NULL,
    relapse_count BIGINT NOT NULL,
    population_count BIGINT NOT NULL,
    seed VARCHAR NOT NULL,
    drawn_on DATE NOT NULL,
    drawn_by VARCHAR NOT NULL,
    PRIMARY KEY (sample_id, problem_id)
);
