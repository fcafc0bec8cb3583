-- grain: one row per complaint of a problem in the given frame `outdated`, whose new judgement decides anew
DELETE FROM problem_complaints
WHERE (problem_id, complaint_id) IN (SELECT (problem_id, complaint_id) FROM outdated)
