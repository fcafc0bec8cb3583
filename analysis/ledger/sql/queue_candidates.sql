-- grain: one row per complaint with its text that may have to be looked at: not out of scope, or rules speak against its score, or it
-- was reviewed or drawn; and every one judged in a run on or after `$first`
SELECT complaint_id, decision, scope_score, unit_kind, review_reason, decided_by, cue_balance, unknown_wording_share,
       is_sub_problem_sure, run_id
FROM gate_decisions
WHERE complaint_id NOT IN (SELECT complaint_id FROM erasures)
  AND (decision <> 'out_of_scope'
   OR (cue_balance >= $disagreement_from AND scope_score < $leans_in_from)
   OR (cue_balance <= -$disagreement_from AND scope_score >= $leans_in_from)
   OR complaint_id IN (SELECT complaint_id FROM elusion_samples UNION SELECT complaint_id FROM reviews)
   OR run_id IN (SELECT run_id FROM runs WHERE as_of_date >= $first))
ORDER BY complaint_id
