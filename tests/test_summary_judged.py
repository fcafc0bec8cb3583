"""Numbers behind the figures of quality: scores in the ledger laid beside labels."""

import pandas as pd
import pytest
from scipy.stats import binomtest

from analysis.figures import BY_ID
from analysis.summary.context import load_context
from tests.summary_frames import complaint, tables

SCORES = [0.95, 0.9, 0.7, 0.65, 0.4, 0.2, 0.1, 0.05]
GOLD = [1, 1, 0, 1, 1, 0, 0, 0]
OF = tables(
    complaints=[complaint(i) for i in range(8)],
    gate_decisions=[
        {"complaint_id": f"c{i}", "decision": "in_scope" if s >= 0.6 else "out_of_scope", "scope_score": s}
        for i, s in enumerate(SCORES)
    ],
)
LABELS = pd.DataFrame({"complaint_id": [*(f"c{i}" for i in range(8)), "unknown"], "in_scope": [*GOLD, 1]})
CONTEXT = load_context(labels=LABELS)


def test_each_bin_has_its_share_and_interval() -> None:
    found = BY_ID["reliability"].numbers(OF, CONTEXT)
    assert found["count"].sum() == 8
    top = found.iloc[-1]
    assert top[["share_in_scope", "count"]].tolist() == [1, 2]
    interval = binomtest(2, 2).proportion_ci(0.95, method="wilson")
    assert top[["low", "high"]].tolist() == pytest.approx([interval.low, interval.high])


def test_the_threshold_in_use_is_marked_with_its_counts() -> None:
    found = BY_ID["precision_recall"].numbers(OF, CONTEXT)
    at = found[found["is_current"]]
    assert len(at) == 1
    row = at.iloc[0]
    assert row["threshold"] == 0.65  # the lowest score that include_from = 0.6 takes
    assert row[["taken_count", "found_count", "in_scope_count", "label_count"]].tolist() == [4, 3, 4, 8]
    assert row[["precision", "recall"]].tolist() == [0.75, 0.75]
    assert found["recall"].iloc[-1] == 1


def test_leaving_the_doubtful_to_people_leaves_the_sure() -> None:
    found = BY_ID["abstention"].numbers(OF, CONTEXT)
    assert found.loc[0, ["abstained", "coverage", "accuracy", "label_count"]].tolist() == [0, 1, 0.75, 8]
    assert found["accuracy"].iloc[-1] == 1


@pytest.mark.parametrize("chart_id", ["reliability", "precision_recall", "abstention"])
def test_without_labels_there_are_no_numbers(chart_id: str) -> None:
    assert BY_ID[chart_id].numbers(OF, load_context()).empty
    nothing_true = load_context(labels=LABELS.assign(in_scope=0))
    BY_ID[chart_id].numbers(OF, nothing_true)
