"""Measures decisions against labels: the figures by which the project is judged, as tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import pandas as pd

from analysis.classify.arrays import Flags, Floats, Indices
from analysis.codebook.scheme import Scheme

BUDGETS = (0.1, 0.2, 0.3)
CALIBRATION_BINS = 10
RESAMPLES = 500

FIGURE_NAMES = {
    "scope_precision": "纳入 精确率",
    "scope_recall": "纳入 召回率",
    "scope_f1": "纳入 F1",
    "category_macro_f1": "类别 宏平均 F1",
    "category_micro_f1": "类别 微平均 F1",
    "sub_problem_micro_f1": "小类 微平均 F1",
    "unit_accuracy": "单位类型 准确率",
    **{f"recall_at_{b:.0%}": f"只看得分最高的 {b:.0%} 的召回率" for b in BUDGETS},
    "expected_calibration_error": "校准误差",
    "coverage": "不交人工、直接判定的比例",
    "decided_scope_f1": "直接判定部分的纳入 F1",
}
"""Chinese names of the figures, in the order in which they are shown."""


@dataclass(frozen=True)
class Outcomes:
    """Labels beside decisions, one row a complaint; of a code or category one column each.

    is_unit_right counts only where the label is in scope. is_decided: not left to a human.
    """

    gold_scope: Flags
    said_scope: Flags
    scores: Floats
    gold_code: Flags
    said_code: Flags
    gold_category: Flags
    said_category: Flags
    is_unit_right: Flags
    is_decided: Flags

    def rows(self, index: Indices) -> Self:
        """Return the chosen complaints, as often as they are named."""
        return type(self)(*(getattr(self, f.name)[index] for f in fields(self)))


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
    index = _bins(scores)
    count = np.bincount(index, minlength=CALIBRATION_BINS)
    distance = np.bincount(index, scores, CALIBRATION_BINS) - np.bincount(index, gold, CALIBRATION_BINS)
    return float(np.abs(distance).sum() / max(1, count.sum()))


def _bins(scores: Floats) -> Indices:
    return np.minimum((scores * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)


def reliability(gold: Flags, scores: Floats) -> pd.DataFrame:
    """Return per bin of scores: mean_score, share_in_scope, count; empty bins are left out."""
    table = pd.DataFrame({"bin": _bins(scores), "score": scores, "gold": gold})
    return (
        table.groupby("bin")
        .agg(mean_score=("score", "mean"), share_in_scope=("gold", "mean"), count=("gold", "size"))
        .reset_index(drop=True)
    )


def _category_macro(o: Outcomes) -> float:
    return float(np.mean([f1_score(g, s) for g, s in zip(o.gold_category.T, o.said_category.T, strict=True)]))


def _unit_accuracy(o: Outcomes) -> float:
    return float(o.is_unit_right[o.gold_scope].mean()) if o.gold_scope.any() else float("nan")


def _budget(share: float) -> Callable[[Outcomes], float]:
    return lambda o: recall_at_budget(o.gold_scope, o.scores, share)


_FIGURES: dict[str, Callable[[Outcomes], float]] = {
    "scope_precision": lambda o: _share_of(o.gold_scope & o.said_scope, o.said_scope),
    "scope_recall": lambda o: _share_of(o.gold_scope & o.said_scope, o.gold_scope),
    "scope_f1": lambda o: f1_score(o.gold_scope, o.said_scope),
    "category_macro_f1": _category_macro,
    "category_micro_f1": lambda o: f1_score(o.gold_category, o.said_category),
    "sub_problem_micro_f1": lambda o: f1_score(o.gold_code, o.said_code),
    "unit_accuracy": _unit_accuracy,
    **{f"recall_at_{b:.0%}": _budget(b) for b in BUDGETS},
    "expected_calibration_error": lambda o: expected_calibration_error(o.gold_scope, o.scores),
    "coverage": lambda o: float(o.is_decided.mean()),
    "decided_scope_f1": lambda o: f1_score(o.gold_scope[o.is_decided], o.said_scope[o.is_decided]),
}


def _share_of(hits: Flags, among: Flags) -> float:
    return float(hits.sum() / among.sum()) if among.any() else 0.0


def outcomes(labels: pd.DataFrame, scored: pd.DataFrame, scheme: Scheme) -> Outcomes:
    """Lay decisions beside labels.

    labels: complaint_id, in_scope (0/1), codes (joined by ;), unit. scored: the same, scope_score and perhaps
    is_review. Both with text values as read from CSV, or numbers. A complaint missing from `scored` counts as out of
    scope.
    """
    judged = scored.set_index("complaint_id").reindex(labels["complaint_id"])
    codes = list(scheme.sub_problems)
    gold, said = _code_matrix(labels["codes"], codes), _code_matrix(judged["codes"], codes)
    membership = np.array([[scheme.category_of(c).category_code == k for k in scheme.categories] for c in codes])
    is_review = judged["is_review"].fillna(value=False) if "is_review" in judged else judged["in_scope"] * 0
    return Outcomes(
        gold_scope=_flags(labels["in_scope"]),
        said_scope=_flags(judged["in_scope"].fillna(0)),
        scores=pd.to_numeric(judged["scope_score"]).fillna(0).to_numpy(dtype=np.float64),
        gold_code=gold,
        said_code=said,
        gold_category=(gold @ membership) > 0,
        said_category=(said @ membership) > 0,
        is_unit_right=labels["unit"].to_numpy(dtype=object) == judged["unit"].fillna("").to_numpy(dtype=object),
        is_decided=~_flags(is_review),
    )


def evaluate(labels: pd.DataFrame, scored: pd.DataFrame, scheme: Scheme, resamples: int = RESAMPLES) -> Evaluation:
    """Measure `scored` against `labels`; see `outcomes` for their columns."""
    found = outcomes(labels, scored, scheme)
    summary = summarise([found], resample(np.arange(len(labels)), resamples))
    if "is_review" not in scored:
        summary = summary[~summary["name"].isin(["coverage", "decided_scope_f1"])]
    return Evaluation(
        summary.reset_index(drop=True),
        _per_label(
            {
                "scope": (found.gold_scope, found.said_scope),
                **{k: (found.gold_category[:, i], found.said_category[:, i]) for i, k in enumerate(scheme.categories)},
                **{c: (found.gold_code[:, i], found.said_code[:, i]) for i, c in enumerate(scheme.sub_problems)},
            }
        ),
        reliability(found.gold_scope, found.scores),
    )


def resample(groups: Indices, count: int) -> list[Indices]:
    """Return `count` bootstrap samples of row numbers; rows of one group are drawn together, seeded."""
    _, inverse = np.unique(groups, return_inverse=True)
    members = [np.flatnonzero(inverse == g) for g in range(inverse.max() + 1)] if len(groups) else []
    rng = np.random.default_rng(0)
    if len(members) == len(groups):  # each row by itself: no need to put samples together
        return [rng.integers(0, len(groups), len(groups)) for _ in range(count)]
    return [np.concatenate([members[g] for g in rng.integers(0, len(members), len(members))]) for _ in range(count)]


def summarise(repeats: Sequence[Outcomes], samples: Sequence[Indices]) -> pd.DataFrame:
    """Return the mean of each figure over repeated judgements of the same labels: name, value, low, high."""
    drawn = [[r.rows(s) for r in repeats] for s in samples]
    return pd.DataFrame(
        [_with_interval(name, _mean(f, repeats), [_mean(f, d) for d in drawn]) for name, f in _FIGURES.items()]
    )


def differences(
    new: Sequence[Outcomes], old: Sequence[Outcomes], samples: Sequence[Indices], names: Sequence[str]
) -> pd.DataFrame:
    """Return by how much the new judgements of the same labels are better: name, value, low, high.

    New and old are drawn together, so that the interval is that of the difference. The last row, `overall`, is the
    mean of the others.
    """

    def gains(one: Sequence[Outcomes], other: Sequence[Outcomes]) -> list[float]:
        each = [_mean(_FIGURES[n], one) - _mean(_FIGURES[n], other) for n in names]
        return [*each, float(np.mean(each))]

    drawn = [gains([o.rows(s) for o in new], [o.rows(s) for o in old]) for s in samples]
    return pd.DataFrame(
        [
            _with_interval(name, value, [d[i] for d in drawn])
            for i, (name, value) in enumerate(zip([*names, "overall"], gains(new, old), strict=True))
        ]
    )


def _mean(figure: Callable[[Outcomes], float], repeats: Sequence[Outcomes]) -> float:
    return float(np.mean([figure(r) for r in repeats]))


def _with_interval(name: str, value: float, drawn: list[float]) -> dict[str, Any]:
    sound = np.array(drawn)[~np.isnan(drawn)] if drawn else np.array([])
    low, high = np.quantile(sound, [0.025, 0.975]) if len(sound) else (np.nan, np.nan)
    return {"name": name, "value": value, "low": float(low), "high": float(high)}


def as_card(summary: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return a summary as the entry of a card: by name, value and where there is one the interval; 4 digits."""
    figures: dict[str, dict[str, float]] = {}
    for name, value, low, high in summary.itertuples(index=False, name=None):
        if not np.isnan(value):
            interval = {} if np.isnan(low) else {"low": round(low, 4), "high": round(high, 4)}
            figures[name] = {"value": round(value, 4), **interval}
    return figures


def _flags(values: pd.Series) -> Flags:
    return np.asarray(values.astype(str).str.lower().isin(["1", "1.0", "true"]), dtype=bool)


def _code_matrix(values: pd.Series, codes: list[str]) -> Flags:
    own = [set(str(v).split(";")) if isinstance(v, str) else set() for v in values]
    return np.array([[code in row for code in codes] for row in own], dtype=bool).reshape(len(own), len(codes))


def _per_label(labels: Mapping[str, tuple[Flags, Flags]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "label": label,
                "precision": _share_of(gold & said, said),
                "recall": _share_of(gold & said, gold),
                "f1": f1_score(gold, said),
                "count": int(gold.sum()),
            }
            for label, (gold, said) in labels.items()
        ]
    )
