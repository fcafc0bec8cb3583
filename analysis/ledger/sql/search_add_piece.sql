-- grain: one row per complaint that holds the piece letter for letter in title or text
INSERT INTO search_pieces
SELECT $piece, doc, (length(said) - length(replace(said, $piece, ''))) // length($piece)
FROM (
    SELECT doc, concat_ws(chr(10), title, text) AS said
    FROM search_complaints WHERE contains(text, $piece) OR contains(title, $piece)
)
