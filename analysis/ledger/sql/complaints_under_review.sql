-- grain: one row per complaint that the model left to a human, the likeliest first; not those that reviewers dispute
SELECT c.complaint_id, c.title, c.text
FROM complaints c JOIN gate_decisions g USING (complaint_id)
WHERE g.decision = 'review' AND g.review_reason IS DISTINCT FROM '复核意见不一致'
ORDER BY g.scope_score DESC, c.complaint_id
