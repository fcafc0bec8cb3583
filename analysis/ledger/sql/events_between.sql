-- grain: one row per event from the first to the last number asked for
SELECT * FROM events WHERE sequence BETWEEN $first AND $last ORDER BY sequence
