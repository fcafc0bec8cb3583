"""Drift: a run like those before is quiet, one that differs is told, too few or too small runs say nothing."""

import pandas as pd
import pytest

from analysis.config import load_settings
from analysis.contracts import GATE_DECISIONS, JUDGEMENT_PROFILES, RUNS, TABLES, conform, empty_frame
from analysis.exchange.oversight import Oversight, drift_section
from analysis.ledger.drift import INDICATORS, compare, earlier_profiles, profile
from analysis.ledger.review_queue import Waiting
from analysis.pipeline.overseeing import oversee

SETTINGS = load_settings()
RULES = SETTINGS.drift


def judged(count: int, included: int, reviewed: int, unknown: float = 0.05, lift: float = 0.0) -> pd.DataFrame:
    """Return so many judgements with evenly spread scores."""
    decisions = ["in_scope"] * included + ["review"] * reviewed + ["out_of_scope"] * (count - included - reviewed)
    frame = pd.DataFrame({"complaint_id": map(str, range(count)), "decision": decisions})
    frame["scope_score"] = [min(1.0, lift + i / count / 2) for i in range(count)]
    return frame.assign(unknown_wording_share=unknown, model_id="m-1", codebook_version="1").reindex(
        columns=GATE_DECISIONS.column_names
    )


def history(*profiles: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables of a ledger with one run per profile."""
    runs = pd.DataFrame({"run_id": [f"R{n}" for n in range(len(profiles))], "sequence": range(len(profiles))})
    tables = {t.name: empty_frame(t) for t in TABLES if t.is_published}
    found = pd.concat([p.assign(run_id=f"R{n}") for n, p in enumerate(profiles)])
    return tables | {
        "runs": runs.reindex(columns=RUNS.column_names),
        "judgement_profiles": conform(found, JUDGEMENT_PROFILES),
    }


USUAL = [profile(judged(200, 10 + n % 3, 20 - n % 2), "R") for n in range(6)]


def told(tables: dict[str, pd.DataFrame], run_id: str) -> Oversight:
    return oversee(tables, Waiting(), SETTINGS, run_id)


def test_a_profile_holds_shares_and_deciles() -> None:
    row = conform(profile(judged(200, 10, 20), "R1"), JUDGEMENT_PROFILES).iloc[0]
    assert (row["judged_count"], row["in_scope_share"], row["review_share"]) == (200, 0.05, 0.1)
    assert row["unknown_wording_share"] == pytest.approx(0.05)
    deciles = [row[f"p{p}_score"] for p in range(10, 100, 10)]
    assert deciles == sorted(deciles)
    assert deciles[4] == pytest.approx(0.25, abs=0.01)
    assert profile(judged(0, 0, 0), "R1").empty


def test_a_run_like_the_others_is_quiet() -> None:
    found = told(history(*USUAL, USUAL[0]), "R6")
    assert found.outside_count == 0
    assert "超出" not in drift_section(found)
    assert "与以往 6 次运行比较" in drift_section(found)


@pytest.mark.parametrize(
    ("unusual", "indicator"),
    [
        (judged(200, 60, 20), "in_scope_share"),
        (judged(200, 10, 90), "review_share"),
        (judged(200, 10, 20, unknown=0.4), "unknown_wording_share"),
        (judged(200, 10, 20, lift=0.4), "score_shift"),
    ],
)
def test_what_differs_is_told_and_nothing_else(unusual: pd.DataFrame, indicator: str) -> None:
    found = told(history(*USUAL, profile(unusual, "R")), "R6")
    outside = found.drift.loc[found.drift["is_outside"], "indicator"].tolist()
    assert outside == [indicator]
    section = drift_section(found)
    assert section.count("超出 |") == 1
    assert f"| {INDICATORS[indicator]} |" in section
    assert "先看来件是否变了" in section


def test_chance_in_a_small_run_is_no_drift() -> None:
    small = profile(judged(40, 5, 4), "R")  # 12 % instead of 5: three complaints more than expected
    assert told(history(*USUAL, small), "R6").outside_count == 0


def test_too_few_earlier_runs_or_complaints_are_said() -> None:
    few = told(history(*USUAL[:3]), "R2")
    assert drift_section(few) == f"可比的以往运行有 2 次，满 {RULES.least_runs} 次后开始比较。"
    small = told(history(*USUAL, profile(judged(5, 1, 1), "R")), "R6")
    assert "本次只判断了 5 件" in drift_section(small)
    tables = history(*USUAL)
    tables["judgement_profiles"] = tables["judgement_profiles"].iloc[:-1]
    assert drift_section(told(tables, "R5")) == "本次没有新判断的诉求。"


def test_only_earlier_runs_that_judged_enough_are_compared_with_the_newest_of_them() -> None:
    tables = history(*USUAL, profile(judged(5, 5, 0), "R"), USUAL[0], USUAL[1])
    rules = RULES.model_copy(update={"earlier_runs": 3})
    found = earlier_profiles(tables["judgement_profiles"], tables["runs"], "R7", rules)
    assert found["run_id"].tolist() == ["R3", "R4", "R5"]


def test_another_model_is_named_beside_the_comparison() -> None:
    other = profile(judged(200, 10, 20), "R").assign(model_id="m-2")
    assert "模型由 m-1 换成 m-2" in drift_section(told(history(*USUAL, other), "R6"))


def test_bounds_of_the_band_stay_shares() -> None:
    found = compare(USUAL[0], pd.concat(USUAL), RULES)
    assert found["low"].between(0, 1).all()
    assert found["high"].between(0, 1).all()
