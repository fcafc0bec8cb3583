"""How well scores and decisions in the ledger agree with labels: reliability, precision and recall, abstention."""

import numpy as np
import pandas as pd

from analysis.classify.curves import abstention, precision_recall
from analysis.classify.evaluate import Outcomes, reliability
from analysis.summary.shares import wilson


def _laid_beside(gate_decisions: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return complaint_id, scope_score, gold (bool) of the labelled complaints that a model judged."""
    judged = gate_decisions[["complaint_id", "scope_score"]].dropna()
    rows = labels[["complaint_id", "in_scope"]].merge(judged, on="complaint_id").sort_values("complaint_id")
    return rows.assign(gold=pd.to_numeric(rows["in_scope"]).astype(bool)).reset_index(drop=True)


def scores_against_labels(gate_decisions: pd.DataFrame, labels: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return what scores mean, one row a bin of scores that has any.

    Args:
        gate_decisions: the contract's table; the score stays the model's where a person decided.
        labels: complaint_id, in_scope (0 or 1).
        confidence: of the interval.

    Returns:
        mean_score, share_in_scope, count, low, high (Wilson's interval of the share).
    """
    rows = _laid_beside(gate_decisions, labels)
    table = reliability(rows["gold"].to_numpy(dtype=bool), rows["scope_score"].to_numpy(dtype=float))
    hits = (table["share_in_scope"] * table["count"]).round()
    return table.join(wilson(hits, table["count"], confidence)[["low", "high"]])


def precision_against_recall(
    gate_decisions: pd.DataFrame, labels: pd.DataFrame, threshold: float, confidence: float
) -> pd.DataFrame:
    """Return precision and recall of scope from strict to lax, at the thresholds where the curve turns.

    Returns:
        threshold, recall, precision, precision_low, precision_high, recall_low, recall_high (Wilson's), taken_count,
        found_count, in_scope_count (of the labels), label_count, is_current (the row of the threshold in use: the
        lowest score that it still takes).
    """
    rows = _laid_beside(gate_decisions, labels)
    gold, scores = rows["gold"].to_numpy(dtype=bool), rows["scope_score"].to_numpy(dtype=float)
    table = precision_recall(gold, scores) if gold.any() else precision_recall(gold[:0], scores[:0])
    in_scope = int(gold.sum())
    found = (table["recall"] * max(in_scope, 1)).round().astype("int64")
    taken = pd.Series([int((scores >= t).sum()) for t in table["threshold"]], index=table.index, dtype="int64")
    of_taken = wilson(found, taken, confidence)
    of_true = wilson(found, pd.Series(in_scope, index=table.index), confidence)
    is_taken = table["threshold"] >= threshold
    is_current = is_taken & ~is_taken.shift(-1, fill_value=False)
    finds = found.diff().fillna(1) > 0
    turns = finds | finds.shift(-1, fill_value=True) | is_current
    table = table.assign(
        precision_low=of_taken["low"],
        precision_high=of_taken["high"],
        recall_low=of_true["low"],
        recall_high=of_true["high"],
        taken_count=taken,
        found_count=found,
        in_scope_count=in_scope,
        label_count=len(rows),
        is_current=is_current,
    )
    return table[turns].reset_index(drop=True)


def coverage_against_accuracy(gate_decisions: pd.DataFrame, labels: pd.DataFrame, threshold: float) -> pd.DataFrame:
    """Return what is gained by leaving the most doubtful complaints to a person.

    Returns:
        abstained, coverage (shares of the labelled), scope_f1, accuracy (of those decided), label_count.
    """
    rows = _laid_beside(gate_decisions, labels)
    if rows.empty:
        return pd.DataFrame(columns=["abstained", "coverage", "scope_f1", "accuracy", "label_count"], dtype=float)
    gold, scores = rows["gold"].to_numpy(dtype=bool), rows["scope_score"].to_numpy(dtype=float)
    nothing = gold[:, None][:, :0]
    found = Outcomes(
        gold_scope=gold,
        said_scope=scores >= threshold,
        scores=scores,
        gold_code=nothing,
        said_code=nothing,
        gold_category=nothing,
        said_category=nothing,
        is_unit_right=~gold,
        is_decided=np.ones(len(gold), dtype=bool),
    )
    return abstention(found, threshold).assign(label_count=len(rows))
