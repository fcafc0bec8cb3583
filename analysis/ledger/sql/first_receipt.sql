-- grain: one row with the time of the first complaint that the ledger knows
SELECT min(received_at) AS first_at FROM complaints
