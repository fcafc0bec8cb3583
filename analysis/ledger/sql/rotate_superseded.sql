-- grain: one row per stored earlier version of a complaint with a digest, which becomes what the given frame `rotated` says
UPDATE superseded_complaints SET complainant_key = rotated.new_key FROM rotated WHERE superseded_complaints.complainant_key = rotated.complainant_key
