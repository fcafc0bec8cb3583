-- grain: one row per word that stands in the published complaints, made for this connection only
CREATE TEMP TABLE search_terms AS
SELECT row_number() OVER ()::UINTEGER AS term_number, term, lower(term) AS lowered, occurrence_count
FROM (
    SELECT term, count(*) AS occurrence_count
    FROM (SELECT unnest(string_split(tokens, ' ')) AS term FROM complaints)
    WHERE term <> '' GROUP BY term
)
