-- grain: one row per combination of reasons for which complaints wait for a reviewer, with their number and `shown`: which
-- are under review and among the `$most` most valuable of these, or in a problem, with their places in the queue;
-- whatever `rank_queue` says of each complaint, and in the same order: weights are added in that of their names
WITH common AS (
    SELECT a.sub_problem_code FROM assessments a JOIN gate_decisions g USING (complaint_id)
    WHERE g.decision = 'in_scope'
    GROUP BY a.sub_problem_code
    HAVING count(*) >= $rare_below
), with_rare AS (
    SELECT DISTINCT complaint_id FROM assessments ANTI JOIN common USING (sub_problem_code)
), disputed AS (
    SELECT unnest($disputed) AS complaint_id
), sampled AS (
    SELECT unnest($sampled) AS complaint_id, unnest($lots) AS lot
), judged AS (
    SELECT complaint_id, d.complaint_id IS NOT NULL AS conflict, s.lot, g.decision, g.scope_score, g.review_reason,
           g.cue_balance, g.unknown_wording_share, g.is_sub_problem_sure,
           coalesce(g.decided_by = 'model', FALSE) AS is_unreviewed,
           coalesce(g.scope_score >= $middle, FALSE) AS leans_in,
           coalesce(g.decision IN ('in_scope', 'review'), FALSE) AS is_concerned
    FROM gate_decisions g
    FULL JOIN disputed d USING (complaint_id)
    LEFT JOIN sampled s USING (complaint_id)
    WHERE complaint_id NOT IN (SELECT complaint_id FROM erasures)
), flagged AS (
    SELECT complaint_id, decision, scope_score, lot, conflict,
           is_unreviewed AND coalesce(
               (cue_balance >= $disagreement_from AND NOT leans_in) OR (cue_balance <= -$disagreement_from AND leans_in),
               FALSE
           ) AS disagreement,
           is_unreviewed AND decision = 'review' AND review_reason IS DISTINCT FROM $in_conflict AS uncertain,
           is_unreviewed AND is_concerned AND complaint_id IN (FROM with_rare) AS rare,
           is_unreviewed AND is_concerned AND NOT coalesce(is_sub_problem_sure, TRUE) AS unsure,
           is_unreviewed AND is_concerned AND coalesce(unknown_wording_share >= $novel_from, FALSE) AS novel,
           lot IS NOT NULL AND coalesce(decision = 'out_of_scope', FALSE) AS elusion
    FROM judged
), valued AS (
    SELECT *, coalesce(decision = 'review', FALSE) AS is_review,
           conflict::INTEGER * $conflict + disagreement::INTEGER * $disagreement + elusion::INTEGER * $elusion
           + novel::INTEGER * $novel + rare::INTEGER * $rare
           + CASE WHEN uncertain THEN greatest(0.0, least(1.0, 1.0 - abs(scope_score - $middle) / $half)) ELSE 0.0 END
             * $uncertain
           + unsure::INTEGER * $unsure AS "value"
    FROM flagged
    WHERE decision = 'review' OR conflict OR elusion OR disagreement
       OR (decision = 'in_scope' AND (rare OR unsure OR novel))
), placed AS (
    SELECT *, row_number() OVER (
        ORDER BY is_review DESC, "value" DESC, lot NULLS LAST, scope_score DESC NULLS LAST, complaint_id
    ) AS place
    FROM valued
)
SELECT conflict, disagreement, uncertain, rare, unsure, novel, elusion, count(*) AS complaint_count,
       list({'place': place, 'complaint_id': complaint_id}) FILTER (
           is_review AND (place <= $most OR complaint_id IN (SELECT complaint_id FROM problem_complaints))
       ) AS shown
FROM placed
GROUP BY ALL
