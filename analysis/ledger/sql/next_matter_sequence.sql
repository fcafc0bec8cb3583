-- grain: one row with the first free number in the order in which complaints are taken into matters
SELECT coalesce(max(sequence), 0) + 1 AS next_sequence FROM matter_keys WHERE key = $own_key
