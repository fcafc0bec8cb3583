-- grain: one row per kept key that a complaint of now has as well, near enough in time or either of them without a time;
-- the given frame `wanted` holds key and epoch of those of now
SELECT k.complaint_id, k.key, k.epoch, k.sequence, c.received_at
FROM matter_keys k
SEMI JOIN wanted w
    ON k.key = w.key
    AND (k.epoch = $timeless OR w.epoch = $timeless OR abs(k.epoch - w.epoch) <= $reach)
JOIN complaints c USING (complaint_id)
