-- grain: one row per sub-problem of the complaint asked for, with the problem it supports
SELECT a.sub_problem_code, a.score, a.assessor, a.cue_id, a.evidence_start, a.evidence_end, p.problem_id
FROM assessments a
LEFT JOIN problem_complaints p USING (complaint_id, sub_problem_code)
WHERE a.complaint_id = $complaint_id
ORDER BY a.score DESC, a.sub_problem_code
