-- grain: one row per problem that is new or took a step
INSERT OR REPLACE INTO problems BY NAME SELECT * FROM given
