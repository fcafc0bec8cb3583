-- grain: the last event of the chain
SELECT sequence, hash FROM events WHERE sequence = (SELECT max(sequence) FROM events)
