"""The elusion sample: the same whoever draws it, no complaint favoured, drawn for good; and an exact bound."""

from math import comb
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.config import load_settings
from analysis.contracts import ELUSION_SAMPLES, GATE_DECISIONS, REVIEWS, RUNS, conform, empty_frame
from analysis.ledger.elusion import draw, elusion_figures, lots, samples_state, upper_bound

RULES = load_settings().elusion.model_copy(update={"sample_size": 20})


def ledger(judged: dict[str, int], **decided: str) -> dict[str, pd.DataFrame]:
    """Return tables in which the model judged so many complaints a month; `decided` are other decisions by id."""
    runs, gate = [], []
    for number, (month, count) in enumerate(judged.items(), 1):
        runs.append({"run_id": f"R{month}", "sequence": number, "as_of_date": pd.Timestamp(f"{month}-15")})
        for i in range(count):
            complaint_id = f"c{month}-{i}"
            gate.append({"complaint_id": complaint_id, "run_id": f"R{month}", **_decided(decided.get(complaint_id))})
    return {
        "runs": pd.DataFrame(runs, columns=RUNS.column_names),
        "gate_decisions": pd.DataFrame(gate, columns=GATE_DECISIONS.column_names),
        "reviews": empty_frame(REVIEWS),
        "elusion_samples": empty_frame(ELUSION_SAMPLES),
    }


def _decided(decision: str | None) -> dict[str, Any]:
    by = "model" if decision is None else "reviewer"
    return {"decision": decision or "out_of_scope", "decided_by": by}


def drawn(tables: dict[str, pd.DataFrame], month: str) -> dict[str, pd.DataFrame]:
    """Return the tables after a drawing."""
    fresh = draw(tables, month, "FR", RULES).assign(text_digest="d", run_id=f"R{month}")
    samples = pd.concat([s for s in (tables["elusion_samples"], fresh) if len(s)] or [fresh])
    return tables | {"elusion_samples": conform(samples, ELUSION_SAMPLES)}


def reviewed(tables: dict[str, pd.DataFrame], decisions: dict[str, str]) -> dict[str, pd.DataFrame]:
    """Return the tables after reviews of drawn complaints and the run that judged by them."""
    reviews = pd.DataFrame(
        {
            "review_id": list(decisions),
            "complaint_id": list(decisions),
            "text_digest": "d",
            "decision": list(decisions.values()),
            "codes": ["" if d == "out_of_scope" else "rough.attitude" for d in decisions.values()],
            "unit_kind": None,
            "reviewer": "张三",
            "reason": "",
            "is_final": False,
            "reviewed_on": pd.Timestamp("2026-11-20"),
            "source": "workbook",
            "source_file": None,
            "source_row": None,
            "recorded_at": pd.Timestamp("2026-11-20"),
            "run_id": None,
        }
    )
    gate = tables["gate_decisions"].copy()
    is_reviewed = gate["complaint_id"].isin(decisions)
    gate.loc[is_reviewed, "decided_by"] = "reviewer"
    gate.loc[is_reviewed, "decision"] = gate["complaint_id"].map(decisions)
    return tables | {"reviews": conform(reviews, REVIEWS), "gate_decisions": gate}


@given(st.integers(0, 40), st.data())
@settings(max_examples=60, deadline=None)
def test_the_bound_is_exact(reviewed_count: int, data: st.DataObject) -> None:
    """At the bound, so few or fewer are found with a probability of just 5 %."""
    missed = data.draw(st.integers(0, reviewed_count))
    bound = upper_bound(missed, reviewed_count, 0.95)
    if missed == reviewed_count:
        assert bound == 1.0
        return
    tail = sum(comb(reviewed_count, k) * bound**k * (1 - bound) ** (reviewed_count - k) for k in range(missed + 1))
    assert tail == pytest.approx(0.05, abs=1e-6)


def test_the_sample_has_about_its_size_and_depends_on_site_and_month_only() -> None:
    tables = ledger({"2026-11": 2000})
    first = draw(tables, "2026-11", "FR", RULES)
    assert 8 <= len(first) <= 35
    assert set(first["population_count"]) == {2000}
    shuffled = tables | {"gate_decisions": tables["gate_decisions"].sample(frac=1, random_state=1)}
    again = draw(shuffled, "2026-11", "FR", RULES)
    assert set(again["complaint_id"]) == set(first["complaint_id"])
    assert set(draw(tables, "2026-11", "YH", RULES)["complaint_id"]) != set(first["complaint_id"])


def test_a_small_month_is_drawn_whole_and_an_empty_one_not_at_all() -> None:
    assert len(draw(ledger({"2026-11": 7}), "2026-11", "FR", RULES)) == 7
    assert draw(ledger({"2026-10": 7}), "2026-11", "FR", RULES).empty


def test_what_a_human_or_another_month_judged_is_not_drawn() -> None:
    tables = ledger({"2026-10": 5, "2026-11": 5}, **{"c2026-11-0": "out_of_scope", "c2026-11-1": "in_scope"})
    assert set(draw(tables, "2026-11", "FR", RULES)["complaint_id"]) == {f"c2026-11-{i}" for i in (2, 3, 4)}


def test_what_is_drawn_stays_drawn_and_early_ones_are_not_favoured_by_the_bound() -> None:
    early = drawn(ledger({"2026-11": 100}), "2026-11")
    first = set(early["elusion_samples"]["complaint_id"])
    grown = drawn(ledger({"2026-11": 1000}) | {"elusion_samples": early["elusion_samples"]}, "2026-11")
    samples = grown["elusion_samples"]
    assert first <= set(samples["complaint_id"])
    assert draw(grown, "2026-11", "FR", RULES).empty
    # Only what the present rate would draw counts: the same as if all had come at once.
    at_once = draw(ledger({"2026-11": 1000}), "2026-11", "FR", RULES)
    assert elusion_figures(grown, RULES)["sample_count"].tolist() == [len(at_once)]
    assert set(at_once["complaint_id"]) <= set(samples["complaint_id"])
    assert len(samples) > len(at_once)


def test_a_steady_month_is_drawn_at_the_rate_of_the_month_before() -> None:
    tables = ledger({"2026-10": 1000, "2026-11": 100})
    sample = draw(tables, "2026-11", "FR", RULES)
    assert len(sample) == sum(lot < 20 / 1000 for lot in lots([f"c2026-11-{i}" for i in range(100)], "2026-11", "FR"))


def test_lots_are_uniform() -> None:
    found = pd.Series(lots(map(str, range(20000)), "2026-11", "FR"))
    assert found.between(0, 1, inclusive="left").all()
    shares = (found * 10).astype(int).value_counts() / len(found)
    assert shares.between(0.09, 0.11).all()


def test_figures_count_what_was_reviewed_and_the_population_stays_whole() -> None:
    tables = drawn(ledger({"2026-11": 300}), "2026-11")
    sample = tables["elusion_samples"]["complaint_id"].tolist()
    before = elusion_figures(tables, RULES).iloc[0]
    assert (before["reviewed_count"], before["missed_at_most_share"]) == (0, 1.0)
    decisions = dict.fromkeys(sample[:10], "out_of_scope") | {sample[10]: "in_scope"}
    figures = elusion_figures(reviewed(tables, decisions), RULES).iloc[0]
    assert figures["population_count"] == 300
    assert figures["sample_count"] == before["sample_count"] == len(sample)
    assert (figures["reviewed_count"], figures["missed_count"]) == (11, 1)
    assert figures["missed_at_most_share"] == upper_bound(1, 11, 0.95)


def test_a_drawn_complaint_that_was_judged_anew_lapses() -> None:
    tables = drawn(ledger({"2026-11": 5}), "2026-11")
    gate = tables["gate_decisions"].copy()
    gate.loc[gate["complaint_id"] == "c2026-11-2", "decision"] = "review"
    state = samples_state(tables | {"gate_decisions": gate}).set_index("complaint_id")["state"]
    assert state["c2026-11-2"] == "lapsed"
    assert set(state.drop("c2026-11-2")) == {"waiting"}
