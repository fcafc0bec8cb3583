-- grain: one row per complaint of `$shown` whose judgement is explained
SELECT complaint_id, text FROM explanations WHERE complaint_id IN (SELECT unnest($shown)) ORDER BY complaint_id
