-- grain: one row per stored complaint with a digest, which becomes what the given frame `rotated` says
UPDATE complaints SET complainant_key = rotated.new_key FROM rotated WHERE complaints.complainant_key = rotated.complainant_key
