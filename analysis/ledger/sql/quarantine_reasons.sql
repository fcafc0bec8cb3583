-- grain: one row per reason with open quarantine entries
SELECT reason, count(*) AS entry_count
FROM quarantine WHERE status = 'open'
GROUP BY reason ORDER BY entry_count DESC, reason
