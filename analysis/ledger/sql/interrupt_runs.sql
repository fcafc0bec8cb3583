-- grain: one row per run that was left running: whoever holds the lock now knows that it is dead
UPDATE runs SET status = 'interrupted' WHERE status = 'running'
