"""The figures of `evaluate` on a case worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.classify.evaluate import evaluate, expected_calibration_error, recall_at_budget
from analysis.codebook.scheme import load_scheme

LABELS = pd.DataFrame(
    {
        "complaint_id": ["a", "b", "c", "d"],
        "in_scope": ["1", "1", "0", "0"],
        "codes": ["rough.attitude;rigid.one_size", "irregular.inaction", "", ""],
        "unit": ["交警", "城管", "", ""],
    }
)
SCORED = pd.DataFrame(
    {
        "complaint_id": ["d", "c", "a"],
        "in_scope": [0, 1, 1],
        "scope_score": [0.1, 0.6, 0.9],
        "codes": ["", "irregular.inaction", "rough.attitude"],
        "unit": ["", "交警", "交警"],
    }
)


def test_figures_by_hand() -> None:
    result = evaluate(LABELS, SCORED, load_scheme(), resamples=20)
    assert result.value("scope_f1") == pytest.approx(0.5)
    assert result.value("category_macro_f1") == pytest.approx(1 / 5)
    assert result.value("sub_problem_micro_f1") == pytest.approx(2 * 1 / (3 + 2))
    assert result.value("unit_accuracy") == pytest.approx(0.5)
    attitude = result.per_label.set_index("label").loc["rough.attitude"]
    assert (attitude["precision"], attitude["recall"], attitude["count"]) == (1.0, 1.0, 1)
    scope = result.summary.set_index("name").loc["scope_f1"]
    assert scope["low"] <= scope["value"] <= scope["high"]


def test_recall_at_a_budget_and_calibration() -> None:
    gold, scores = np.array([True, False, True, False]), np.array([0.9, 0.8, 0.2, 0.1])
    assert recall_at_budget(gold, scores, 0.25) == 0.5
    assert recall_at_budget(gold, scores, 0.75) == 1.0
    assert expected_calibration_error(np.array([True, False]), np.array([0.95, 0.05])) == pytest.approx(0.05)
