"""Numbers behind figures: steps reached, age, deadlines, and what came before and after a closing."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.figures import BY_ID
from analysis.ledger.recurrence import rate_ratio
from analysis.summary.context import load_context
from tests.summary_frames import AS_OF, complaint, event, link, tables

CONTEXT = load_context()


def numbers(chart_id: str, of: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return BY_ID[chart_id].numbers(of, CONTEXT)


def problem(name: str, **more: Any) -> dict[str, Any]:
    return {"problem_id": name} | more


def test_a_later_step_counts_for_those_before_it_and_a_corrected_one_for_none() -> None:
    of = tables(
        problems=[problem("A"), problem("B", status="closed"), problem("C"), problem("D", status="transferred")],
        complaints=[complaint(1, person="a"), complaint(2, person="a")],
        problem_complaints=[*link("A", 1), *link("B", 1, 2)],
        events=[
            event(1, "B", "closed", "2026-05-01"),
            event(2, "C", "handed_over", "2026-05-01"),
            event(3, "A", "closure_requested", "2026-05-02"),
            {
                "sequence": 4,
                "problem_id": "A",
                "kind": "event_corrected",
                "payload": '{"sequence": 3, "day": "2026-05-03"}',
            },
        ],
    )
    found = numbers("funnel", of).set_index("step")
    assert found["problem_count"].to_dict() == {
        "登记": 4,
        "确定责任单位": 2,
        "交办": 2,
        "申请销号": 1,
        "开始核查": 1,
        "销号": 1,
        "反弹": 0,
        "不属实": 0,
        "已移送": 1,
    }
    assert found.loc["登记", ["complaint_count", "complainant_count", "matter_count"]].tolist() == [2, 1, 2]
    assert found.loc["销号", ["complaint_count", "complainant_count", "matter_count"]].tolist() == [2, 1, 2]


def ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


def test_age_is_counted_from_the_day_that_time_starts_on() -> None:
    of = tables(
        problems=[
            problem("A", registered_on=ago(30), due_on=ago(1)),
            problem("B", registered_on=ago(31), due_on=AS_OF),
            problem("C", registered_on=ago(400), time_starts_on=ago(5), status="relapsed"),
            problem("D", registered_on=ago(400), due_on=ago(200), status="closed"),
            problem("E", registered_on=ago(181), due_on=ago(90)),
        ],
        complaints=[complaint(1)],
        problem_complaints=link("A", 1),
    )
    found = numbers("ageing", of)
    counts = found.set_index(["age", "standing"])["problem_count"]
    assert counts[counts > 0].to_dict() == {
        ("0–30 天", "已超期"): 1,
        ("0–30 天", "未定时限"): 1,
        ("31–60 天", "未到期"): 1,
        ("180 天以上", "已超期"): 1,
    }
    assert found["complaint_count"].sum() == 1
    assert len(found) == 5 * 3


def test_the_week_of_today_is_both_overdue_and_in_time() -> None:
    monday = date(2026, 11, 16)
    of = tables(
        problems=[
            problem("A", due_on=date(2026, 11, 19)),
            problem("B", due_on=AS_OF),
            problem("C", due_on=date(2026, 11, 2)),
            problem("D", due_on=date(2027, 1, 4), is_due_provisional=True),
            problem("E", due_on=None),
            problem("F", due_on=ago(9), status="closed"),
        ]
    )
    found = numbers("deadlines", of)
    counts = {(r.week, r.standing): r.problem_count for r in found.itertuples() if r.problem_count and r.week}
    assert counts == {
        (date(2026, 11, 2), "已超期"): 1,
        (monday, "已超期"): 1,
        (monday, "未到期"): 1,
        (date(2027, 1, 4), "未到期"): 1,
    }
    assert found.loc[found["week"].isna(), ["standing", "problem_count"]].to_numpy().tolist() == [["未定时限", 1]]
    assert found["provisional_count"].sum() == 1
    assert set(found.loc[found["is_this_week"], "week"]) == {monday}
    weeks = found["week"].dropna().drop_duplicates().tolist()
    assert weeks == [date(2026, 11, 2) + timedelta(weeks=i) for i in range(10)]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 900), st.one_of(st.none(), st.integers(-90, 90)), st.sampled_from(["rectifying", "closed"])
        ),
        max_size=8,
    )
)
def test_every_open_problem_has_one_age_and_one_week(rows: list[tuple[int, int | None, str]]) -> None:
    of = tables(
        problems=[
            problem(f"P{i}", registered_on=ago(age), due_on=None if due is None else ago(-due), status=status)
            for i, (age, due, status) in enumerate(rows)
        ]
    )
    is_open = [status == "rectifying" for _, _, status in rows]
    overdue = sum(o and due is not None and due < 0 for o, (_, due, _) in zip(is_open, rows, strict=True))
    for chart_id in ("ageing", "deadlines"):
        found = numbers(chart_id, of)
        assert found["problem_count"].sum() == sum(is_open)
        assert found.loc[found["standing"] == "已超期", "problem_count"].sum() == overdue


CLOSED = tables(
    problems=[problem("A", status="closed"), problem("B", status="relapsed"), problem("C")],
    complaints=[
        complaint(1, "2025-12-01", "a"),
        complaint(2, "2026-03-01", "a"),
        complaint(3, "2026-06-01", "b"),  # the day of closing is before
        complaint(4, "2026-06-02", "b"),
        complaint(5, None, "c"),
        complaint(6, "2026-10-01", "d"),
    ],
    problem_complaints=[*link("A", 2, 3, 4, 5), *link("B", 6)],
    events=[
        event(1, "A", "closed", "2026-02-01"),
        event(2, "A", "closed", "2026-06-03", closed_on="2026-06-01"),
        event(3, "B", "closed", "2026-09-01"),
    ],
)


def test_before_and_after_the_last_closing() -> None:
    found = numbers("before_and_after", CLOSED).set_index("problem_id")
    assert set(found.index) == {"A", "B", "合计"}
    a = found.loc["A"]
    assert a["closed_on"] == date(2026, 6, 1)
    before = (date(2026, 6, 1) - date(2025, 12, 1)).days / (365.25 / 12)
    after = (AS_OF - date(2026, 6, 1)).days / (365.25 / 12)
    assert [a["months_before"], a["months_after"]] == pytest.approx([before, after])
    assert a[["complaint_count_before", "complainant_count_before", "matter_count_before"]].tolist() == [2, 2, 2]
    assert a[["complaint_count_after", "complainant_count_after", "matter_count_after"]].tolist() == [1, 1, 1]
    expected = rate_ratio(1, 2, after, before, 0.95)
    assert a[["ratio", "low", "high"]].tolist() == pytest.approx([expected.value, expected.low, expected.high])
    b = found.loc["B"]
    assert np.isnan(b["ratio"])
    assert np.isinf(b["high"])
    total = found.loc["合计"]
    assert total[["complaint_count_before", "complaint_count_after"]].tolist() == [2, 2]
    assert total["rate_before"] == pytest.approx(2 / (a["months_before"] + b["months_before"]))


def test_without_a_closing_there_is_nothing_to_compare() -> None:
    found = numbers("before_and_after", tables(problems=[problem("A")], complaints=[complaint(1)]))
    assert found.empty
    assert "ratio" in found
