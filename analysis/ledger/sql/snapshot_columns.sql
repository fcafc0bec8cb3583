-- grain: one row per column in which the snapshot is not made as the ledger's published tables are now
WITH made AS (
    SELECT database_name, table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'main'
), published AS (
    SELECT table_name, column_name, data_type FROM made
    WHERE database_name = current_database() AND list_contains($published, table_name)
), there AS (
    SELECT table_name, column_name, data_type FROM made WHERE database_name = 'snapshot'
)
(FROM published EXCEPT FROM there) UNION ALL (FROM there EXCEPT FROM published)
