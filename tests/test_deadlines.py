"""Deadlines in working days, with holidays, adjusted rest days and years not yet published."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.config import load_settings
from analysis.errors import SettingsError
from analysis.ledger.deadlines import deadline
from analysis.ledger.working_days import WorkingCalendar, load_calendar


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        (date(2023, 3, 6), 5, date(2023, 3, 13)),  # a plain week
        (date(2023, 4, 28), 1, date(2023, 5, 4)),  # May Day, 29 April to 3 May
        (date(2023, 4, 21), 1, date(2023, 4, 23)),  # Sunday 23 April 2023 was a working day (调休)
        (date(2024, 2, 8), 3, date(2024, 2, 19)),  # the eve worked, and so did Sunday 18 February
    ],
)
def test_known_years_follow_the_state_council(start: date, count: int, due: date) -> None:
    assert load_calendar().add_working_days(start, count) == (due, False)


def test_an_unpublished_year_is_computed_by_weekday_and_marked() -> None:
    due, is_provisional = load_calendar().add_working_days(date(2026, 12, 30), 3)
    assert (due, is_provisional) == (date(2027, 1, 4), True)


def test_the_sites_own_days_come_first(tmp_path: Path) -> None:
    days = "".join(f'[[day]]\ndate = 2027-01-0{d}\nis_working = false\nbasis = "通知"\n' for d in (1, 2, 3))
    review = '[review]\nversion="1"\nauthor="a"\nbasis="b"\nreviewed_on="2026-12-01"\nnext_review="2027-12-01"\n'
    (tmp_path / "holidays.toml").write_text(review + days, encoding="utf-8")
    due, is_provisional = load_calendar(tmp_path).add_working_days(date(2026, 12, 31), 1)
    assert (due, is_provisional) == (date(2027, 1, 4), True)  # the 4th itself is not published
    (tmp_path / "holidays.toml").write_text(review + "[[day]]\ndate = 3\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"holidays.toml"):
        load_calendar(tmp_path)


@given(start=st.dates(date(2010, 1, 1), date(2035, 1, 1)), count=st.integers(1, 60))
def test_exactly_that_many_working_days_lie_between(start: date, count: int) -> None:
    calendar = WorkingCalendar({})
    due, _ = calendar.add_working_days(start, count)
    days = [date.fromordinal(o) for o in range(start.toordinal() + 1, due.toordinal() + 1)]
    assert sum(calendar.is_working(d)[0] for d in days) == count
    assert calendar.is_working(due)[0]


def test_rules_differ_by_category_and_are_kept_in_words() -> None:
    rules, calendar = load_settings().ledger, load_calendar()
    rough = deadline("rough", date(2023, 3, 6), rules, calendar)
    other = deadline("irregular", date(2023, 3, 6), rules, calendar)
    assert rough.due_on < other.due_on
    assert "15 个工作日" in rough.rule
    assert rules.deadline_rule_version in rough.rule
