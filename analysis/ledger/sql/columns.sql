-- grain: one row per column of the database that queries go to
SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = current_database() AND NOT internal
