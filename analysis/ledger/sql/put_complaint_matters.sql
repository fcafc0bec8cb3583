-- grain: one row per complaint in the given frame that somebody put into a matter
INSERT OR REPLACE INTO complaint_matters BY NAME SELECT * FROM given
