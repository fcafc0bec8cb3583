-- grain: one row per matter in the given frame; one that was there before stays as it is
INSERT OR IGNORE INTO matters BY NAME SELECT * FROM given
