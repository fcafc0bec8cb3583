"""Drift: the model's judgements of one run against those of the runs before."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.config import Drift
from analysis.contracts import SCORE_PERCENTS

INDICATORS: Mapping[str, str] = {
    "in_scope_share": "纳入比例",
    "review_share": "待复核比例",
    "unknown_wording_share": "新说法比例",
    "score_shift": "纳入分分布的偏移",
}
"""What is compared; score_shift is the mean distance of the deciles of the score from those of the earlier runs."""

_PERCENTILES = [f"p{percent}_score" for percent in SCORE_PERCENTS]


def profile(judged: pd.DataFrame, run_id: str) -> pd.DataFrame:
    """Return the profile of the model's judgements as one row of JUDGEMENT_PROFILES; no row where there are none.

    judged: columns of GATE_DECISIONS, one row per complaint that the model alone judged.
    """
    if judged.empty:
        return pd.DataFrame()
    scores = np.percentile(judged["scope_score"].to_numpy(dtype=float), SCORE_PERCENTS)
    row: dict[str, object] = {
        "run_id": run_id,
        "model_id": ";".join(sorted(set(judged["model_id"]))),
        "codebook_version": ";".join(sorted(set(judged["codebook_version"]))),
        "judged_count": len(judged),
        "in_scope_share": float((judged["decision"] == "in_scope").mean()),
        "review_share": float((judged["decision"] == "review").mean()),
        "unknown_wording_share": float(judged["unknown_wording_share"].mean()),
    }
    return pd.DataFrame([row | dict(zip(_PERCENTILES, map(float, scores), strict=True))])


def earlier_profiles(profiles: pd.DataFrame, runs: pd.DataFrame, run_id: str, rules: Drift) -> pd.DataFrame:
    """Return the profiles that a run is compared with: those of the last runs before it that judged enough."""
    sequences = runs.set_index("run_id")["sequence"]
    order = profiles["run_id"].map(sequences)
    before = profiles[(order < sequences[run_id]) & (profiles["judged_count"] >= rules.least_judged)]
    by_age: pd.DataFrame = before.sort_values("run_id", key=lambda ids: ids.map(sequences))
    return by_age.tail(rules.earlier_runs)


def compare(now: pd.DataFrame, earlier: pd.DataFrame, rules: Drift) -> pd.DataFrame:
    """Compare a profile with earlier ones.

    An indicator is outside where it lies further from the earlier runs' mean than `deviations` times the root of
    their variance (at least `least_deviation` squared) and of what chance does to a share of so many complaints.

    Args:
        now: the profile of the run, one row.
        earlier: result of `earlier_profiles`, at least two rows.
        rules: the settings [drift].

    Returns:
        One row per indicator: indicator, label, value, mean, low, high (both within 0 and 1), is_outside.
    """
    centre = earlier[_PERCENTILES].mean()
    rows = []
    for name, label in INDICATORS.items():
        value, past = float(_measure(now, name, centre).iloc[0]), _measure(earlier, name, centre)
        mean = float(past.mean())
        spread = max(float(past.std()), rules.least_deviation)
        chance = mean * (1 - mean) / int(now["judged_count"].iloc[0])  # the most a mean of values in 0…1 can vary
        reach = rules.deviations * (spread**2 + chance) ** 0.5
        low, high = max(0.0, mean - reach), min(1.0, mean + reach)
        rows.append((name, label, value, mean, low, high, not low <= value <= high))
    return pd.DataFrame(rows, columns=["indicator", "label", "value", "mean", "low", "high", "is_outside"])


def _measure(profiles: pd.DataFrame, indicator: str, centre: "pd.Series[float]") -> "pd.Series[float]":
    if indicator == "score_shift":
        return (profiles[_PERCENTILES] - centre).abs().mean(axis=1)
    return profiles[indicator]
