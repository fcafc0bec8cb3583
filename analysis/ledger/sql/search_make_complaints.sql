-- grain: one row per complaint that holds any word, with its length in words; in memory, where text is searched faster
CREATE TEMP TABLE search_complaints AS
SELECT w.doc, w.word_count, c.complaint_id, c.received_at, c.source_code, c.channel, c.title, c.text
FROM (SELECT doc, sum(times)::UINTEGER AS word_count FROM search_words GROUP BY doc) w
JOIN complaints c ON c.rowid = w.doc
