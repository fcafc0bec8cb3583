-- grain: one row per problem past its due date that somebody still has to do something about
SELECT problem_id, unit_id, unit_kind, statement, due_on, is_due_provisional,
       date_diff('day', due_on, $today::DATE) AS overdue_days
FROM problems WHERE due_on < $today AND NOT list_contains($finished, status)
ORDER BY due_on, problem_id
