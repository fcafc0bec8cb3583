-- grain: one row per opinion of the assistant about a complaint of `$shown`
SELECT * FROM assistant_opinions WHERE complaint_id IN (SELECT unnest($shown)) ORDER BY complaint_id
