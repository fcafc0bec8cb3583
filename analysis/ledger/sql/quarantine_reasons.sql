-- grain: one row per reason with open quarantine entries
SELECT reason_code, any_value(reason ORDER BY quarantine_id) AS reason, count(*) AS entry_count
FROM quarantine WHERE status = 'open'
GROUP BY reason_code ORDER BY entry_count DESC, reason_code
