-- grain: one row per complaint found, the best by BM25 first; all counts are over all complaints, whatever the filter
WITH asked AS (
    SELECT unnest($units::INTEGER[]) AS unit, unnest($kinds::VARCHAR[]) AS kind, unnest($words::VARCHAR[]) AS word
), counted AS (
    SELECT a.unit, w.doc, sum(w.times) AS times
    FROM (
        SELECT a.unit, t.term_number FROM asked a JOIN search_terms t ON a.kind = 'word' AND t.lowered = lower(a.word)
        UNION ALL
        SELECT a.unit, t.term_number FROM asked a JOIN search_terms t ON a.kind = 'character' AND contains(t.term, a.word)
    ) a JOIN search_words w USING (term_number)
    GROUP BY ALL
    UNION ALL
    SELECT a.unit, p.doc, p.times FROM asked a JOIN search_pieces p ON p.piece = a.word WHERE a.kind = 'literal'
), spread AS (
    SELECT unit, count(*) AS complaint_count FROM counted GROUP BY unit
), corpus AS (
    SELECT count(*) AS complaint_count, avg(word_count) AS mean_length FROM search_complaints
), weighed AS (
    SELECT s.unit, ln(1 + (n.complaint_count - s.complaint_count + 0.5) / (s.complaint_count + 0.5)) AS weight
    FROM spread s CROSS JOIN corpus n
), scored AS (
    SELECT c.doc, round(sum(
        w.weight * c.times * ($k1 + 1) / (c.times + $k1 * (1 - $b + $b * l.word_count / n.mean_length))
    ), 4) AS score
    FROM counted c JOIN weighed w USING (unit) JOIN search_complaints l USING (doc) CROSS JOIN corpus n
    GROUP BY c.doc
), best AS (
    SELECT c.doc, c.complaint_id, c.received_at, s.score
    FROM scored s JOIN search_complaints c USING (doc)
    WHERE c.complaint_id IS DISTINCT FROM $left_out
      AND ($since::DATE IS NULL OR c.received_at >= $since::DATE)
      AND ($until::DATE IS NULL OR c.received_at < $until::DATE + 1)
      AND ($channel::VARCHAR IS NULL OR c.channel = $channel
          OR (c.channel IS NULL AND list_contains($source_codes::VARCHAR[], c.source_code)))
      AND ($codes::VARCHAR[] IS NULL OR c.complaint_id IN (
          SELECT complaint_id FROM assessments WHERE list_contains($codes::VARCHAR[], sub_problem_code)))
      AND ($unit_ids::VARCHAR[] IS NULL OR c.complaint_id IN (
          SELECT l.complaint_id FROM problem_complaints l JOIN problems p USING (problem_id)
          WHERE list_contains($unit_ids::VARCHAR[], p.unit_id) OR p.unit_kind = $unit_kind
          UNION ALL
          SELECT complaint_id FROM gate_decisions WHERE unit_kind = $unit_kind AND decision <> 'out_of_scope'))
    ORDER BY s.score DESC, c.received_at DESC NULLS LAST, c.complaint_id
    LIMIT $most
)
SELECT b.complaint_id, t.title, t.text, b.score, b.words
FROM (
    SELECT b.doc, b.complaint_id, b.received_at, b.score, string_agg(a.word, '、' ORDER BY a.unit) AS words
    FROM best b JOIN counted c USING (doc) JOIN asked a USING (unit)
    GROUP BY ALL
) b JOIN search_complaints t USING (doc)
ORDER BY b.score DESC, b.received_at DESC NULLS LAST, b.complaint_id
