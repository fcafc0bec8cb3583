-- grain: one row per word as often as it stands in a complaint; in order of words, so that a word is found in one place
CREATE TEMP TABLE search_words AS
SELECT t.term_number, w.doc
FROM (SELECT rowid::UINTEGER AS doc, unnest(string_split(tokens, ' ')) AS term FROM complaints) w
JOIN search_terms t USING (term)
ORDER BY t.term_number
