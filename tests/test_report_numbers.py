"""The numbers of a report: its periods, the state at their end, and small cells that cannot be reckoned back."""

import json
from datetime import date, datetime
from itertools import count
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.codebook.scheme import load_scheme
from analysis.contracts import PROBLEMS
from analysis.errors import UsageError
from analysis.ledger.life_cycle import load_life_cycle
from analysis.report.cut import Cut, cut
from analysis.report.numbers import intake_numbers, state_numbers, step_numbers
from analysis.report.period import Period, last_full_month
from analysis.summary.cells import determined, hide_small
from tests.summary_frames import tables

SCHEME = load_scheme()
MAY, JUNE = Period.parse("2026-05"), Period.parse("2026-06")


def is_restricted(code: str) -> bool:
    return SCHEME.category_of(code).is_restricted


@pytest.mark.parametrize(
    ("name", "first", "last", "before"),
    [
        ("2023", date(2023, 1, 1), date(2023, 12, 31), "2022"),
        ("2023-Q1", date(2023, 1, 1), date(2023, 3, 31), "2022-Q4"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "2024-01"),
        ("2023-12", date(2023, 12, 1), date(2023, 12, 31), "2023-11"),
        ("2021-W01", date(2021, 1, 4), date(2021, 1, 10), "2020-W53"),
    ],
)
def test_a_period_has_its_days_and_the_one_before(name: str, first: date, last: date, before: str) -> None:
    period = Period.parse(name)
    assert (period.first, period.last, period.before.name) == (first, last, before)
    assert Period.from_code(period.code) == period


@pytest.mark.parametrize("text", ["", "2023-13", "2023-Q5", "2023-W54", "23-05", "2023-5", "2023-05-01", "2021-W53"])
def test_what_is_no_period_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match="2023-Q2"):
        Period.parse(text)


def test_the_last_full_month_is_over_and_has_enough_complaints() -> None:
    def month(as_of: date, *received: date) -> str | None:
        found = last_full_month(received, as_of, 2)
        return found.name if found else None

    october, november = [date(2026, 10, 3)] * 2, [date(2026, 11, 20)] * 2
    assert month(date(2026, 11, 20), *october, *november) == "2026-10"
    assert month(date(2026, 11, 30), *october, *november) == "2026-11"
    assert month(date(2026, 11, 30), *october, date(2026, 11, 20)) == "2026-10"
    assert month(date(2026, 11, 30), date(2026, 9, 1), date(2026, 10, 3)) == "2026-10"
    assert month(date(2026, 10, 30), *october) is None


def events(*rows: tuple[str, str, date, dict[str, Any]]) -> list[dict[str, Any]]:
    numbers = count(1)
    result = []
    for problem, kind, day, facts in rows:
        role = "system" if kind in ("problem_created", "unit_assigned", "deadline_set") else "supervisor"
        payload: dict[str, Any] = {"facts": facts, "day": day.isoformat(), "role": role}
        if kind == "event_corrected":
            payload = facts | {"day": day.isoformat(), "role": role}
        at = datetime(2026, 11, 1)
        result.append({"sequence": next(numbers), "problem_id": problem, "kind": kind, "occurred_at": at})
        result[-1]["payload"] = json.dumps(payload)
    return result


def created(problem: str, day: date, code: str = "irregular.procedure") -> tuple[str, str, date, dict[str, Any]]:
    facts = {"source": "complaint", "unit_kind": "交警", "sub_problem_code": code, "theme_code": "other"}
    facts |= {"merge_key": problem, "statement": "说明", "registered_on": day.isoformat()}
    return problem, "problem_created", day, facts


def assigned(problem: str, day: date) -> tuple[str, str, date, dict[str, Any]]:
    return (
        problem,
        "unit_assigned",
        day,
        {"unit_id": "furong.traffic_police", "unit_kind": "交警", "unit_reason": "管辖"},
    )


def due(problem: str, day: date, on: date) -> tuple[str, str, date, dict[str, Any]]:
    return (
        problem,
        "deadline_set",
        day,
        {"due_on": on.isoformat(), "deadline_rule": "规则", "is_due_provisional": False},
    )


def in_may(*told: tuple[str, str, date, dict[str, Any]], **rows: Any) -> Cut:
    found = tables(events=events(*told), **rows)
    return cut(found, MAY, load_life_cycle(), is_restricted)


def test_the_state_is_that_of_the_end_and_not_of_today() -> None:
    told = (
        created("FR-1", date(2026, 5, 1)),
        assigned("FR-1", date(2026, 5, 1)),
        due("FR-1", date(2026, 5, 1), date(2026, 5, 20)),
        created("FR-2", date(2026, 6, 2)),
        ("FR-1", "unfounded", date(2026, 6, 3), {"status_reason": "查无", "verified_by": "甲"}),
    )
    now = [{"problem_id": "FR-1", "status": "unfounded"}, {"problem_id": "FR-2"}]
    may = in_may(*told, problems=now)
    assert may.fault_count == 0
    assert may.until[PROBLEMS.name]["problem_id"].tolist() == ["FR-1"]
    state = state_numbers(may, 0.95)
    assert (state["open"].value, state["overdue"].value) == (1, 1)
    assert step_numbers(may, 0.95)["registered"].value == 1
    june = cut(tables(events=events(*told), problems=now), JUNE, load_life_cycle(), is_restricted)
    assert state_numbers(june, 0.95)["open"].value == 1
    assert june.until[PROBLEMS.name]["status"].tolist() == ["unfounded", "registered"]
    assert june.fault_count == 0


def test_a_step_corrected_later_does_not_count_and_neither_does_a_lead() -> None:
    may = in_may(
        created("FR-1", date(2026, 5, 1)),
        ("FR-1", "unfounded", date(2026, 5, 9), {"status_reason": "误认", "verified_by": "甲"}),
        ("FR-1", "event_corrected", date(2026, 7, 1), {"sequence": 2, "status_reason": "错了"}),
        created("FR-9", date(2026, 5, 1), "rent_seeking.bribery"),
        problems=[{"problem_id": "FR-1"}, {"problem_id": "FR-9", "sub_problem_code": "rent_seeking.bribery"}],
        complaints=[{"complaint_id": "1", "received_at": datetime(2026, 5, 3)}],
        problem_complaints=[{"problem_id": "FR-9", "complaint_id": "1", "sub_problem_code": "rent_seeking.bribery"}],
    )
    assert may.until[PROBLEMS.name]["status"].tolist() == ["registered"]
    assert step_numbers(may, 0.95)["registered"].value == 1
    for frames in (may.within, may.until):
        assert "FR-9" not in str({name: frame.to_dict("records") for name, frame in frames.items()})
    assert "FR-9" not in may.steps["problem_id"].tolist()


def complaints(days: list[date | None], decision: str = "in_scope") -> dict[str, Any]:
    ids = [str(n) for n in range(len(days))]
    received = [None if d is None else datetime(d.year, d.month, d.day, 23, 59) for d in days]
    return {
        "complaints": [{"complaint_id": i, "received_at": at} for i, at in zip(ids, received, strict=True)],
        "gate_decisions": [{"complaint_id": i, "decision": decision} for i in ids],
    }


def numbers(may: Cut, smallest: int, before: Cut | None = None) -> dict[str, Any]:
    return dict(intake_numbers(may.within, (before or may).within, 0.95, smallest))


def test_complaints_count_by_the_day_they_were_received() -> None:
    days = [date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 31), date(2026, 6, 1), None]
    may = in_may(**complaints(days))
    assert numbers(may, 0)["complaints"].value == 2
    assert may.undated_count == 1


def test_small_counts_are_hidden_with_what_they_follow_from() -> None:
    few = in_may(**complaints([date(2026, 5, 3)] * 4))
    assert all(numbers(few, 5)[n].is_hidden for n in ("complaints", "persons", "matters", "in_scope", "share"))
    rows = complaints([date(2026, 5, 3)] * 30)
    for row in rows["gate_decisions"][:2]:
        row["decision"] = "out_of_scope"
    found = numbers(in_may(**rows), 5)
    assert not found["complaints"].is_hidden
    assert all(found[n].is_hidden for n in ("in_scope", "share", "review", "share_change"))


def test_a_change_of_shares_has_an_interval_around_it() -> None:
    found = numbers(in_may(**complaints([date(2026, 5, 3)] * 30)), 0)["share_change"]
    assert found.value == 0
    assert found.low < 0 < found.high


def with_totals(cells: list[list[int]]) -> Any:
    inner = np.array(cells, dtype=np.int64)
    wide = np.column_stack([inner, inner.sum(axis=1)])
    return np.vstack([wide, wide.sum(axis=0)])


TABLES = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 30), min_size=width, max_size=width), min_size=1, max_size=5)
)


@settings(max_examples=150, deadline=None)
@given(TABLES, st.sampled_from([5, 20]))
def test_no_small_cell_can_be_reckoned_back_from_its_totals(cells: list[list[int]], smallest: int) -> None:
    counts = with_totals(cells)
    hidden = hide_small(counts, smallest)
    small = (counts > 0) & (counts < smallest)
    assert hidden[small].all()
    assert not hidden[counts == 0].any()
    assert not (determined(hidden) & small).any()
    for line, shown in [*zip(counts, ~hidden, strict=True), *zip(counts.T, ~hidden.T, strict=True)]:
        missing = line[:-1][~shown[:-1]]
        if shown[-1] and len(missing):
            assert len(missing) > 1
            assert missing.sum() >= smallest
    if not small.any():
        assert not hidden.any()


def test_a_hidden_cell_takes_a_second_one_of_its_row_and_column_with_it() -> None:
    hidden = hide_small(with_totals([[3, 40, 50], [60, 70, 80], [90, 95, 99]]), 5)
    assert hidden.sum(axis=0).tolist() == [2, 2, 0, 0]
    assert hidden.sum(axis=1).tolist() == [2, 2, 0, 0]
    assert not hide_small(with_totals([[3]]), 0).any()
    assert hide_small(np.zeros((0, 5), dtype=np.int64), 5).shape == (0, 5)


def test_what_is_determined_by_all_lines_together_is_found() -> None:
    bridge = np.zeros((5, 5), dtype=bool)
    for row, column in [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 2), (2, 3), (3, 2), (3, 3)]:
        bridge[row, column] = True
    assert np.argwhere(determined(bridge)).tolist() == [[1, 2]]
    assert pd.Series(bridge.sum(axis=1)).drop(4).ge(2).all()
