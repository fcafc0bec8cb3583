-- one row: whether this database has reviews; one written by an earlier program has none
SELECT count(*) > 0 AS has_reviews FROM information_schema.tables WHERE table_name = 'reviews'
