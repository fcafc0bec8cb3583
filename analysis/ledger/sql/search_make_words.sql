-- grain: one row per word and complaint that holds it; in order of words, so that a word is found in one place
CREATE TEMP TABLE search_words AS
SELECT t.term_number, w.doc, count(*) AS times
FROM (SELECT rowid::UINTEGER AS doc, unnest(string_split(tokens, ' ')) AS term FROM complaints) w
JOIN search_terms t USING (term)
GROUP BY t.term_number, w.doc
ORDER BY t.term_number
