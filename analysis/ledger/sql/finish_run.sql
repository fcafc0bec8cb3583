-- grain: the one run that ends now
UPDATE runs SET status = $status, finished_at = $finished_at, counts = $counts WHERE run_id = $run_id
