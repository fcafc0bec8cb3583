-- grain: one row per word of one complaint that others use as well, what tells most about it first; masks tell nothing
SELECT t.term AS word
FROM (SELECT unnest(string_split(tokens, ' ')) AS term FROM complaints WHERE complaint_id = $complaint_id) w
JOIN search_terms t USING (term)
CROSS JOIN (SELECT count(*) AS complaint_count FROM search_complaints) n
WHERE NOT starts_with(t.term, '〔')
GROUP BY t.term, t.occurrence_count, n.complaint_count
HAVING t.occurrence_count > count(*)
ORDER BY count(*) * ln(1 + n.complaint_count / t.occurrence_count) DESC, t.term
LIMIT $most
