-- grain: one row per key made of the words of a complaint in the given frame `wanted`; its own key says that it is placed
DELETE FROM matter_keys WHERE key <> $own_key AND complaint_id IN (SELECT complaint_id FROM wanted)
