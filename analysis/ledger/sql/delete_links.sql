-- grain: one row per judgement of a complaint in a problem, in the given frame `outdated`, that is decided anew
DELETE FROM problem_complaints
WHERE (problem_id, complaint_id, sub_problem_code) IN (
    SELECT (problem_id, complaint_id, sub_problem_code) FROM outdated
)
