-- grain: one row: whether the ledger is what the snapshot was made of, and later, not a copy from before it: no run of
-- the snapshot is missing, and its last event is the ledger's event of that place in the chain
SELECT NOT EXISTS (FROM snapshot.runs ANTI JOIN runs USING (run_id))
   AND NOT EXISTS (
       FROM (FROM snapshot.events ORDER BY sequence DESC LIMIT 1) last ANTI JOIN events USING (sequence, hash)
   ) AS is_later
