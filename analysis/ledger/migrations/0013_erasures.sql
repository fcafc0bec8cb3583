-- grain: one statement a table; which complaints have no text any more, and why

-- 一件文字已经清除的诉求
CREATE TABLE erasures (
    complaint_id VARCHAR NOT NULL,
    cause VARCHAR NOT NULL,
    erased_at TIMESTAMP NOT NULL,
    PRIMARY KEY (complaint_id)
);
