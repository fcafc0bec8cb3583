"""Numbers behind figures: what came in, where it lies, who repeats; small counts left out; sums that agree."""

from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from analysis.contracts import COMPLAINTS
from analysis.errors import UsageError
from analysis.figures import ALL, BY_ID
from analysis.summary.context import load_context
from analysis.summary.months import all_months, is_month_over
from analysis.summary.shares import TOTAL, wilson, without_small
from analysis.summary.source import origin, read_tables
from tests.summary_frames import complaint, link, same_matter, tables

CONTEXT = load_context()
POLICE, URBAN = "furong.traffic_police", "furong.urban_management"


def numbers(chart_id: str, of: dict[str, pd.DataFrame], **changes: Any) -> pd.DataFrame:
    context = CONTEXT if not changes else load_context(**changes)
    return BY_ID[chart_id].numbers(of, context)


def decided(number: int, decision: str = "in_scope", score: float = 0.5) -> dict[str, Any]:
    return {"complaint_id": f"c{number}", "decision": decision, "scope_score": score}


# --- intake


INTAKE = tables(
    complaints=[
        complaint(1, "2026-08-31 23:59", "a"),
        complaint(2, "2026-08-01", "a"),
        complaint(3, "2026-10-02", "b", source_code="rednet_petition"),
        complaint(4, "2026-11-02", None),
        complaint(5, None, "c"),
    ],
    complaint_matters=same_matter("m", 1, 2),
    gate_decisions=[decided(1), decided(2, "out_of_scope"), decided(3, "review"), decided(4, "out_of_scope")],
)


def test_intake_has_every_month_and_each_complaint_once() -> None:
    found = numbers("intake", INTAKE)
    total = found[found["is_total"]].set_index("month")
    assert list(total.index) == ["2026-08", "2026-09", "2026-10", "2026-11", "不详"]
    assert total["complaint_count"].tolist() == [2, 0, 1, 1, 1]
    assert total["complainant_count"].tolist() == [1, 0, 1, 1, 1]
    assert total["matter_count"].tolist() == [1, 0, 1, 1, 1]
    assert total["judged_count"].tolist() == [2, 0, 1, 1, 0]
    assert total["in_scope_count"].tolist() == [1, 0, 0, 0, 0]
    assert total["review_count"].tolist() == [0, 0, 1, 0, 0]
    assert total["is_over"].tolist() == [True, True, True, False, True]
    assert total.loc["2026-08", "share"] == 0.5
    assert pd.isna(total.loc["2026-09", "share"])
    rows = found.set_index(["month", "channel"])["complaint_count"]
    assert rows["2026-10", "红网问政湖南"] == 1
    assert rows["2026-10", "12345热线"] == 0


def test_a_source_that_the_codebook_does_not_know_keeps_its_code() -> None:
    found = numbers("intake", tables(complaints=[complaint(1, source_code="somewhere")]))
    assert set(found["channel"]) == {"somewhere", TOTAL}


@pytest.mark.parametrize(("day", "is_over"), [(date(2026, 11, 29), False), (date(2026, 11, 30), True)])
def test_a_month_is_over_on_its_last_day(day: date, is_over: bool) -> None:
    assert is_month_over("2026-11", day) is is_over


def test_months_without_anything_are_months_too() -> None:
    assert all_months(["2026-02", "不详", "2025-11"]) == ["2025-11", "2025-12", "2026-01", "2026-02", "不详"]
    assert all_months([]) == []


days = st.one_of(st.none(), st.dates(date(2024, 1, 1), date(2026, 11, 1)).map(str))
people = st.one_of(st.none(), st.sampled_from("abc"))
decisions = st.sampled_from(["in_scope", "out_of_scope", "review"])


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(days, people, st.sampled_from(["hotline_12345", "xiangwen"]), decisions), max_size=12),
    smallest=st.sampled_from([0, 5]),
)
def test_the_sums_over_the_months_are_the_tables(rows: list[tuple[Any, ...]], smallest: int) -> None:
    of = tables(
        complaints=[complaint(i, d, p, source_code=s) for i, (d, p, s, _) in enumerate(rows)],
        gate_decisions=[decided(i, row[3]) for i, row in enumerate(rows)],
    )
    found = numbers("intake", of, smallest=smallest)
    if not smallest:
        for is_total in (True, False):
            own = found[found["is_total"] == is_total]
            assert own["complaint_count"].sum() == len(rows)
            assert own["in_scope_count"].sum() == sum(row[3] == "in_scope" for row in rows)
    shown = found[["complaint_count", "complainant_count", "in_scope_count"]]
    assert not ((shown > 0) & (shown < smallest)).fillna(value=False).to_numpy().any()


# --- units, sub-problems, places


SPREAD = tables(
    complaints=[
        complaint(1, person="a", place="人民东路12号"),
        complaint(2, person="a", place="人民东路与八一路交叉口"),
        complaint(3, person="b", place="八一路"),
        complaint(4, person=None, place="某小区3栋"),
    ],
    complaint_matters=same_matter("m", 1, 2),
    problems=[
        {"problem_id": "P1"},
        {"problem_id": "P2", "unit_id": URBAN, "unit_kind": "城管", "sub_problem_code": "rough.attitude"},
        {"problem_id": "P3", "unit_id": None, "unit_kind": "其他", "sub_problem_code": "rough.attitude"},
        {"problem_id": "P4", "status": "merged"},
    ],
    problem_complaints=[*link("P1", 1, 2, 3), *link("P2", 3), *link("P3", 4)],
)


def test_units_by_categories_with_totals_counted_once() -> None:
    found = numbers("category_by_unit", SPREAD).set_index(["unit_name", "category_name"])
    counts = ["problem_count", "complaint_count", "complainant_count", "matter_count"]
    police = next(u.short_name for u in CONTEXT.units.unit if u.unit_id == POLICE)
    assert found.loc[(police, "执法不规范"), counts].tolist() == [1, 3, 2, 2]
    assert found.loc[(police, "执法粗暴"), counts].tolist() == [0, 0, 0, 0]
    assert found.loc[("待定（其他）", "执法粗暴"), counts].tolist() == [1, 1, 1, 1]
    assert found.loc[(TOTAL, "执法粗暴"), counts].tolist() == [2, 2, 2, 2]
    assert found.loc[(TOTAL, TOTAL), counts].tolist() == [3, 4, 3, 3]
    assert len(found) == 4 * 6


def test_sub_problems_are_shares_of_all_complaints_in_the_ledger() -> None:
    found = numbers("sub_problems", SPREAD).set_index("sub_problem_name")
    assert found.loc["执法程序不规范", ["complaint_count", "complainant_count", "matter_count"]].tolist() == [3, 2, 2]
    assert found.loc["执法程序不规范", "share"] == 0.75
    interval = binomtest(3, 4).proportion_ci(0.95, method="wilson")
    assert found.loc["执法程序不规范", ["low", "high"]].tolist() == pytest.approx([interval.low, interval.high])
    assert found.loc[TOTAL, ["problem_count", "complaint_count"]].tolist() == [3, 4]
    assert len(found) == len(CONTEXT.scheme.sub_problem) + 1


def test_places_are_roads_never_numbers() -> None:
    found = numbers("places", SPREAD)
    rows = found.set_index("place")[["problem_count", "complaint_count", "complainant_count", "matter_count"]]
    assert rows.loc["八一路"].tolist() == [2, 2, 2, 2]
    assert rows.loc["人民东路"].tolist() == [1, 2, 1, 1]
    assert rows.loc["未写明"].tolist() == [1, 1, 1, 1]
    assert rows.loc[TOTAL].tolist() == [3, 4, 3, 3]
    assert found["place"].tolist() == ["八一路", "人民东路", "未写明", TOTAL]


def test_repeats_by_person_and_by_matter() -> None:
    of = tables(
        complaints=[complaint(n, person="a") for n in range(3)] + [complaint(3, person="b"), complaint(4, person=None)],
        complaint_matters=same_matter("m", 0, 3),
        problems=[{"problem_id": "P1"}, {"problem_id": "P2"}],
        problem_complaints=[*link("P1", 0, 1, 2, 3, 4), *link("P2", 0)],
    )
    found = numbers("repeats", of).set_index(["by", "times"])
    assert found.loc[("反映人", "3–4 次"), ["complaint_count", "complainant_count", "matter_count"]].tolist() == [
        3,
        1,
        3,
    ]
    assert found.loc[("反映人", "1 次"), ["complaint_count", "complainant_count", "matter_count"]].tolist() == [2, 2, 2]
    assert found.loc[("反映人", "3–4 次"), ["unit_share", "complaint_share"]].tolist() == pytest.approx([1 / 3, 3 / 5])
    assert found.loc[("事项", "2 次"), ["complaint_count", "complainant_count", "matter_count"]].tolist() == [2, 2, 1]
    assert found.loc[("事项", "1 次"), ["unit_share", "complaint_share"]].tolist() == [1, 1]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(people, st.integers(0, 2), st.sampled_from([POLICE, URBAN])), min_size=1, max_size=10))
def test_totals_of_the_ledger_agree_in_all_figures(rows: list[tuple[Any, ...]]) -> None:
    of = tables(
        complaints=[complaint(i, person=p) for i, (p, _, _) in enumerate(rows)],
        complaint_matters=[m for i, (_, n, _) in enumerate(rows) for m in same_matter(f"m{n}", i)],
        problems=[{"problem_id": u, "unit_id": u} for u in (POLICE, URBAN)],
        problem_complaints=[x for i, (_, _, u) in enumerate(rows) for x in link(u, i)],
    )
    persons = {p or i for i, (p, _, _) in enumerate(rows)}
    expected = [len(rows), len(persons), len({n for _, n, _ in rows})]
    reach = ["complaint_count", "complainant_count", "matter_count"]
    for chart_id in ("category_by_unit", "sub_problems", "places"):
        found = numbers(chart_id, of)
        row = found[found["is_total"]].iloc[-1]
        assert row[reach].tolist() == expected
    assert numbers("funnel", of).iloc[0][reach].tolist() == expected
    repeats = numbers("repeats", of)
    by_person, by_matter = (repeats[repeats["by"] == by] for by in ("反映人", "事项"))
    assert [by_person["complaint_count"].sum(), by_person["complainant_count"].sum()] == expected[:2]
    assert by_matter["matter_count"].sum() == expected[2]


# --- shares, small counts, sources


@given(st.integers(0, 60), st.integers(1, 60), st.sampled_from([0.9, 0.95]))
def test_the_interval_is_wilsons(hits: int, more: int, confidence: float) -> None:
    found = wilson(pd.Series([hits]), pd.Series([hits + more]), confidence).iloc[0]
    expected = binomtest(hits, hits + more).proportion_ci(confidence, method="wilson")
    assert [found["low"], found["high"]] == pytest.approx([expected.low, expected.high], abs=1e-9)
    assert 0 <= found["low"] <= found["share"] <= found["high"] <= 1


def test_a_share_of_nothing_is_missing() -> None:
    assert wilson(pd.Series([0]), pd.Series([0]), 0.95).isna().all(axis=None)


def test_a_single_small_count_takes_the_next_smallest_with_it() -> None:
    table = pd.DataFrame(
        {
            "group": list("xxxxyyy"),
            "count": [20, 9, 3, 0, 2, 4, 30],
            "share": 0.5,
            "is_total": False,
        }
    )
    found = without_small(table, 5, ["count"], ["share"], ["group"], table["is_total"])
    assert found["is_suppressed"].tolist() == [False, True, True, False, True, True, False]
    assert found["count"].isna().tolist() == found["share"].isna().tolist() == found["is_suppressed"].tolist()
    assert found.loc[3, "count"] == 0
    assert not without_small(table, 0, ["count"])["is_suppressed"].any()


@given(st.lists(st.integers(0, 12), min_size=2, max_size=6))
def test_what_is_left_out_cannot_be_reckoned_back(counts: list[int]) -> None:
    table = pd.DataFrame({"group": "x", "count": counts})
    found = without_small(table, 5, ["count"], [], ["group"])
    hidden = found["is_suppressed"].sum()
    assert hidden != 1 or sum(c > 0 for c in counts) == 1
    assert all(c == 0 or c >= 5 for c in found["count"].dropna())


def test_five_persons_are_shown_and_four_are_not() -> None:
    for people_count, is_shown in ((5, True), (4, False)):
        of = tables(
            complaints=[complaint(n, person=f"p{n % people_count}") for n in range(8)],
            problems=[{"problem_id": "P1"}],
            problem_complaints=link("P1", *range(8)),
        )
        found = numbers("sub_problems", of, smallest=5).set_index("sub_problem_name")
        assert found.loc["执法程序不规范", ["complaint_count", "share"]].notna().all() == is_shown


class Handle:
    """A handle as another part of the program has it: it gives a table by its name, and can do nothing else."""

    def __init__(self, of: dict[str, pd.DataFrame]) -> None:
        self._of = of
        self.asked: list[str] = []

    def table(self, name: str) -> pd.DataFrame:
        self.asked.append(name)
        return self._of[name]


def test_a_handle_gives_the_same_numbers_and_is_asked_for_no_more_than_needed() -> None:
    for chart in ALL:
        handle = Handle(SPREAD)
        pd.testing.assert_frame_equal(chart.numbers(handle, CONTEXT), chart.numbers(SPREAD, CONTEXT))
        assert sorted(handle.asked) == sorted([*chart.tables, "runs"])


def test_a_missing_table_is_named_in_chinese() -> None:
    with pytest.raises(UsageError, match="“诉求”（complaints）"):
        read_tables({}, [COMPLAINTS.name])
    with pytest.raises(UsageError, match="hotline run"):
        origin(tables(runs=[]))


def test_the_origin_is_the_newest_run_whatever_the_clock_said() -> None:
    of = tables(runs=[{"run_id": "R9", "sequence": 2}, {"run_id": "R1", "sequence": 10, "as_of_date": "2026-01-02"}])
    assert origin(of).run_id == "R1"
    assert origin(of).as_of == date(2026, 1, 2)
