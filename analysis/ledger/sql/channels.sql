-- grain: one row per channel that a source gave of any complaint
SELECT DISTINCT channel FROM complaints WHERE channel IS NOT NULL ORDER BY channel
