-- grain: one row per complaint of which the keys of its present text are not kept yet, in the order of taking: those that
-- have a matter already (their text has changed, or they came before there were keys), then dated ones, then others;
-- which they are is found first, so that no other's text is read
WITH waiting AS (
    SELECT c.rowid AS place
    FROM complaints c
    ANTI JOIN matter_keys k ON k.complaint_id = c.complaint_id AND k.run_id = c.run_id AND k.key = $own_key
)
SELECT c.complaint_id, c.title, c.text, c.received_at, m.matter_id, c.run_id
FROM complaints c LEFT JOIN complaint_matters m USING (complaint_id)
WHERE c.rowid IN (FROM waiting)
ORDER BY m.matter_id IS NULL, c.received_at NULLS LAST, c.complaint_id
