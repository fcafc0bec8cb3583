-- grain: one row: how many keys came after the first
SELECT count(*) AS rotation_count FROM events WHERE kind = 'key_rotated'
