-- grain: one statement a table; what people decided about where complaints belong

CREATE TABLE placements (
    complaint_id VARCHAR NOT NULL,
    sub_problem_code VARCHAR NOT NULL,
    problem_id VARCHAR NOT NULL,
    person VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    decided_at TIMESTAMP NOT NULL,
    PRIMARY KEY (complaint_id, sub_problem_code, decided_at)
);
CREATE TABLE matter_rulings (
    complaint_id VARCHAR NOT NULL,
    other_complaint_id VARCHAR NOT NULL,
    ruling VARCHAR NOT NULL,
    matter_id VARCHAR NOT NULL,
    person VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    decided_at TIMESTAMP NOT NULL,
    PRIMARY KEY (complaint_id, other_complaint_id, decided_at)
);
-- a problem can take in other problems, and with them a second judgement of the same complaint; the key is built anew
CREATE TABLE problem_complaints_extended (
    problem_id VARCHAR NOT NULL,
    complaint_id VARCHAR NOT NULL,
    sub_problem_code VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    PRIMARY KEY (problem_id, complaint_id, sub_problem_code)
);
INSERT INTO problem_complaints_extended BY NAME SELECT * FROM problem_complaints;
DROP TABLE problem_complaints;
ALTER TABLE problem_complaints_extended RENAME TO problem_complaints;
