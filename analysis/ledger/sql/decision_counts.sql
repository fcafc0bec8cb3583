-- grain: one row with the numbers of decisions where complaints belong, and of rulings which are one matter
SELECT (SELECT count(*) FROM placements) AS placement_count, (SELECT count(*) FROM matter_rulings) AS ruling_count
