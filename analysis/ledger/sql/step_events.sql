-- grain: one row per event of the given kinds
SELECT * FROM events WHERE list_contains($kinds, kind) ORDER BY sequence
