"""Measures decisions against labels: the figures by which the project is judged, as tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.classify.arrays import Flags, Floats
from analysis.codebook.scheme import Scheme

BUDGETS = (0.1, 0.2, 0.3)
CALIBRATION_BINS = 10


@dataclass(frozen=True)
class Evaluation:
    """Figures of one evaluation.

    summary: one row a figure: name, value, low, high (95 % bootstrap interval; empty where there is none).
    per_label: one row for scope, each category and each sub-problem: label, precision, recall, f1, count.
    reliability: one row a bin of scope_score: mean_score, share_in_scope, count.
    """

    summary: pd.DataFrame
    per_label: pd.DataFrame
    reliability: pd.DataFrame

    def value(self, name: str) -> float:
        """Return one figure of the summary."""
        return float(self.summary.loc[self.summary["name"] == name, "value"].to_numpy(dtype=float)[0])


def f1_score(gold: Flags, predicted: Flags) -> float:
    """Return F1 over all entries; 0 where nothing is right."""
    hits = int((gold & predicted).sum())
    return 2 * hits / int(gold.sum() + predicted.sum()) if hits else 0.0


def recall_at_budget(gold: Flags, scores: Floats, share: float) -> float:
    """Return the share of complaints in scope among the top `share` by score."""
    top = np.argsort(-scores, kind="stable")[: max(1, round(len(scores) * share))]
    return float(gold[top].sum() / gold.sum()) if gold.any() else float("nan")


def expected_calibration_error(gold: Flags, scores: Floats) -> float:
    """Return the mean distance of score and share over ten bins of equal width, weighted by their counts."""
    bins = reliability(gold, scores)
    return float((bins["count"] * (bins["mean_score"] - bins["share_in_scope"]).abs()).sum() / max(1, len(scores)))


def reliability(gold: Flags, scores: Floats) -> pd.DataFrame:
    """Return per bin of scores: mean_score, share_in_scope, count; empty bins are left out."""
    index = np.minimum((scores * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    table = pd.DataFrame({"bin": index, "score": scores, "gold": gold})
    return (
        table.groupby("bin")
        .agg(mean_score=("score", "mean"), share_in_scope=("gold", "mean"), count=("gold", "size"))
        .reset_index(drop=True)
    )


def evaluate(labels: pd.DataFrame, scored: pd.DataFrame, scheme: Scheme, resamples: int = 500) -> Evaluation:
    """Measure `scored` against `labels`.

    labels: complaint_id, in_scope (0/1), codes (joined by ;), unit. scored: the same and scope_score. Both with
    text values as read from CSV, or numbers. A complaint missing from `scored` counts as out of scope.
    """
    judged = scored.set_index("complaint_id").reindex(labels["complaint_id"])
    gold_scope, said_scope = _flags(labels["in_scope"]), _flags(judged["in_scope"].fillna(0))
    scores = pd.to_numeric(judged["scope_score"]).fillna(0).to_numpy(dtype=np.float64)
    codes = list(scheme.sub_problems)
    gold, said = _code_matrix(labels["codes"], codes), _code_matrix(judged["codes"], codes)
    membership = np.array([[scheme.category_of(c).category_code == k for k in scheme.categories] for c in codes])
    gold_category, said_category = (gold @ membership) > 0, (said @ membership) > 0
    unit_right = (labels["unit"].to_numpy(dtype=object) == judged["unit"].fillna("").to_numpy(dtype=object))[gold_scope]

    def category_macro(rows: npt.NDArray[np.intp]) -> float:
        return float(
            np.mean([f1_score(g, s) for g, s in zip(gold_category[rows].T, said_category[rows].T, strict=True)])
        )

    everything = np.arange(len(labels))
    rng = np.random.default_rng(0)
    samples = [rng.integers(0, len(labels), len(labels)) for _ in range(resamples)]
    figures: dict[str, tuple[float, list[float]]] = {
        "scope_f1": (f1_score(gold_scope, said_scope), [f1_score(gold_scope[r], said_scope[r]) for r in samples]),
        "category_macro_f1": (category_macro(everything), [category_macro(r) for r in samples]),
        "sub_problem_micro_f1": (f1_score(gold, said), [f1_score(gold[r], said[r]) for r in samples]),
        "unit_accuracy": (float(unit_right.mean()) if len(unit_right) else float("nan"), []),
        **{f"recall_at_{b:.0%}": (recall_at_budget(gold_scope, scores, b), []) for b in BUDGETS},
        "expected_calibration_error": (expected_calibration_error(gold_scope, scores), []),
    }
    return Evaluation(
        _summary(figures),
        _per_label(
            {
                "scope": (gold_scope, said_scope),
                **{k: (gold_category[:, i], said_category[:, i]) for i, k in enumerate(scheme.categories)},
                **{c: (gold[:, i], said[:, i]) for i, c in enumerate(codes)},
            }
        ),
        reliability(gold_scope, scores),
    )


def _flags(values: pd.Series) -> Flags:
    return np.asarray(values.astype(str).str.lower().isin(["1", "1.0", "true"]), dtype=bool)


def _code_matrix(values: pd.Series, codes: list[str]) -> Flags:
    own = [set(str(v).split(";")) if isinstance(v, str) else set() for v in values]
    return np.array([[code in row for code in codes] for row in own], dtype=bool).reshape(len(own), len(codes))


def _summary(figures: Mapping[str, tuple[float, list[float]]]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for name, (value, samples) in figures.items():
        low, high = np.quantile(samples, [0.025, 0.975]) if samples else (np.nan, np.nan)
        rows.append({"name": name, "value": value, "low": low, "high": high})
    return pd.DataFrame(rows)


def _per_label(labels: Mapping[str, tuple[Flags, Flags]]) -> pd.DataFrame:
    rows = []
    for label, (gold, said) in labels.items():
        hits = int((gold & said).sum())
        rows.append(
            {
                "label": label,
                "precision": hits / int(said.sum()) if said.any() else 0.0,
                "recall": hits / int(gold.sum()) if gold.any() else 0.0,
                "f1": f1_score(gold, said),
                "count": int(gold.sum()),
            }
        )
    return pd.DataFrame(rows)
