"""Agreement of reviewers: kappa as others compute it, on independent opinions only, with an interval that holds it."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from analysis.contracts import REVIEWS, conform, empty_frame
from analysis.ledger.agreement import Estimate, measure_agreement
from tests.review_site import BENCH, TODAY, review

OUT = {"decision": "out_of_scope", "codes": "", "unit_kind": None}


def into(codes: str, unit: str = "交警") -> dict[str, object]:
    return {"decision": "in_scope", "codes": codes, "unit_kind": unit}


def stored(*rows: dict[str, object]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    stamps = pd.Timestamp("2026-11-01") + pd.to_timedelta(range(len(frame)), unit="s")
    extra = {"review_id": [f"r{n:03}" for n in range(len(frame))], "recorded_at": stamps, "run_id": None}
    return conform(frame.assign(**extra), REVIEWS)


def said(number: int, who: str, what: dict[str, object], **more: object) -> dict[str, object]:
    return review(f"c{number:03}", BENCH, reviewer=who, **what, **more)


def test_a_table_of_four_worked_by_hand() -> None:
    # 20 both in, 5 and 10 apart, 15 both out: observed 0.70, expected 0.5, kappa 0.40 (the textbook's table).
    pattern = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    rows = [
        said(n, who, into("rough.attitude") if is_in else OUT)
        for n, pair in enumerate(pattern)
        for who, is_in in zip("甲乙", pair, strict=True)
    ]
    (pair,) = measure_agreement(stored(*rows))
    assert (pair.first, pair.second, pair.text_count, pair.same_count) == ("乙", "甲", 50, 35)
    assert pair.decision.value == pytest.approx(0.4)
    # The interval of the textbook's formula is 0.15 to 0.65.
    assert pair.decision.low == pytest.approx(0.15, abs=0.05)
    assert pair.decision.high == pytest.approx(0.65, abs=0.05)
    assert (pair.both_in_scope_count, pair.same_codes_count, pair.same_unit_count) == (20, 20, 20)
    assert pair.sub_problems == Estimate(None, None, None)  # both only ever chose the one


def test_sub_problems_are_compared_where_both_put_in_scope() -> None:
    a, b = "rough.attitude", "irregular.inaction"
    both = f"{b};{a}"
    first, second = [a, a, b, both, b, a], [a, b, b, both, a, both]
    rows = [said(n, "甲", into(codes)) for n, codes in enumerate(first)]
    rows += [said(n, "乙", into(codes, "城管")) for n, codes in enumerate(second)]
    rows += [said(9, "甲", OUT), said(9, "乙", into(a)), said(10, "甲", OUT)]
    (pair,) = measure_agreement(stored(*rows))
    assert (pair.text_count, pair.both_in_scope_count) == (7, 6)
    assert (pair.same_codes_count, pair.same_unit_count) == (3, 0)
    kappas = [
        cohen_kappa_score([code in c.split(";") for c in first], [code in c.split(";") for c in second])
        for code in (a, b)
    ]
    assert pair.sub_problems.value == pytest.approx(sum(kappas) / 2)


def test_only_first_and_independent_opinions_count() -> None:
    rows = [
        said(1, "甲", OUT),
        said(1, "乙", into("rough.attitude")),
        said(1, "乙", OUT),  # after a talk with 甲
        said(2, "甲", OUT),
        said(2, "乙", OUT, is_final=True, reason="定"),
        said(3, "丙", OUT),
    ]
    (pair,) = measure_agreement(stored(*rows))
    assert (pair.text_count, pair.same_count) == (1, 0)


def test_another_version_of_a_text_is_another_text() -> None:
    rows = [said(1, "甲", OUT), said(1, "乙", OUT) | {"text_digest": "0" * 64}]
    assert measure_agreement(stored(*rows)) == []
    assert measure_agreement(empty_frame(REVIEWS)) == []


def test_the_pair_with_most_in_common_comes_first() -> None:
    rows = [said(n, who, OUT) for n, names in enumerate(["甲乙丙", "乙丙", "乙丙"]) for who in names]
    pairs = measure_agreement(stored(*rows))
    assert [(p.first, p.second, p.text_count) for p in pairs] == [("丙", "乙", 3), ("丙", "甲", 1), ("乙", "甲", 1)]
    assert all(pair.decision.value is None for pair in pairs)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=40))
def test_kappa_is_that_of_scikit_learn_and_lies_in_its_interval(pairs: list[tuple[bool, bool]]) -> None:
    rows = [
        said(n, who, into("rough.attitude") if is_in else OUT, reviewed_on=TODAY)
        for n, both in enumerate(pairs)
        for who, is_in in zip("甲乙", both, strict=True)
    ]
    (found,) = measure_agreement(stored(*rows))
    assert found == measure_agreement(stored(*rows))[0]  # the same reviews, the same interval
    first, second = zip(*pairs, strict=True)
    if found.decision.value is None:
        assert set(first) == set(second)
        assert len(set(first)) == 1
        return
    assert found.decision.value == pytest.approx(cohen_kappa_score(first, second))
    assert found.decision.low is not None
    assert found.decision.high is not None
    assert -1 <= found.decision.low <= found.decision.high <= 1
