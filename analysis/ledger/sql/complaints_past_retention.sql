-- grain: one row per complaint from before `$before`, by its receipt or else by the run that took it, whose text is still
-- there, that waits for no reviewer and is in no problem that is still worked on
SELECT c.complaint_id
FROM complaints c
JOIN runs r USING (run_id)
ANTI JOIN erasures e ON e.complaint_id = c.complaint_id
WHERE coalesce(c.received_at, r.started_at) < $before
  AND EXISTS (SELECT 1 FROM gate_decisions g WHERE g.complaint_id = c.complaint_id AND g.decision <> 'review')
  AND NOT EXISTS (
      SELECT 1 FROM problem_complaints l JOIN problems p USING (problem_id)
      WHERE l.complaint_id = c.complaint_id AND NOT list_contains($finished, p.status)
  )
ORDER BY c.complaint_id
