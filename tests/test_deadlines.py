"""Deadlines in working days, with holidays, adjusted rest days and years not yet published."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.codebook.scheme import load_scheme
from analysis.contracts import FINISHED_STATUSES
from analysis.errors import SettingsError
from analysis.ledger.deadlines import deadline, load_deadlines, time_left
from analysis.ledger.working_days import WorkingCalendar, load_calendar
from analysis.time_left import Standing, TimeLeft


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


SCHEME, CALENDAR = load_scheme(), load_calendar()
BOOK = load_deadlines(SCHEME)
REVIEW = '[review]\nversion="9"\nauthor="a"\nbasis="b"\nreviewed_on="2026-12-01"\nnext_review="2027-12-01"\n'


def rule(days: int, look_ahead: int = 2, categories: str = "[]", sources: str = "[]") -> str:
    return (
        f"[[rule]]\ncategories = {categories}\nsources = {sources}\nworking_days = {days}\n"
        f'look_ahead_working_days = {look_ahead}\nbasis = "b"\n'
    )


def test_rules_differ_by_category_and_source_and_are_kept_in_words() -> None:
    day = date(2023, 3, 6)
    rough = deadline(BOOK, "rough", "complaint", day, CALENDAR)
    other = deadline(BOOK, "irregular", "complaint", day, CALENDAR)
    from_above = deadline(BOOK, "irregular", "superior", day, CALENDAR)
    assert rough.due_on < from_above.due_on < other.due_on
    assert rough.rule == f"{BOOK.review.version}：登记后 15 个工作日"
    assert other.counted_from == day


def test_the_first_rule_that_fits_counts(tmp_path: Path) -> None:
    rules = rule(5, categories='["rough"]', sources='["superior"]') + rule(9, sources='["superior"]') + rule(20)
    (tmp_path / "deadlines.toml").write_text(REVIEW + rules, encoding="utf-8")
    book = load_deadlines(SCHEME, tmp_path)
    found = [
        book.rule_for(category, source).working_days
        for category in ("rough", "irregular")
        for source in ("superior", "complaint")
    ]
    assert found == [5, 20, 9, 20]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("", "rule"),
        (rule(5, categories='["rough"]'), "最后一条"),
        (rule(5, sources='["gossip"]') + rule(5), "gossip"),
        (rule(5, look_ahead=5), "临期"),
        (rule(5, categories='["gone"]') + rule(5), "gone"),
    ],
)
def test_a_wrong_rule_is_told(tmp_path: Path, rules: str, words: str) -> None:
    (tmp_path / "deadlines.toml").write_text(REVIEW + rules, encoding="utf-8")
    with pytest.raises(SettingsError, match=rf"deadlines.toml.*{words}"):
        load_deadlines(SCHEME, tmp_path)


def problem(**more: object) -> dict[str, object]:
    return {
        "status": "rectifying",
        "source": "complaint",
        "registered_on": date(2023, 3, 1),
        "time_starts_on": date(2023, 3, 6),
        "due_on": date(2023, 3, 20),
        "is_due_provisional": False,
    } | more


@pytest.mark.parametrize(
    ("as_of", "standing", "natural_days", "working_days", "share"),
    [
        (date(2023, 3, 6), Standing.RUNNING, 14, 10, 0.0),
        (date(2023, 3, 11), Standing.RUNNING, 9, 6, 0.4),  # a Saturday
        (date(2023, 3, 13), Standing.DUE_SOON, 7, 5, 0.5),
        (date(2023, 3, 20), Standing.DUE_SOON, 0, 0, 1.0),
        (date(2023, 3, 22), Standing.OVERDUE, -2, 0, 1.2),
        (date(2023, 3, 1), Standing.RUNNING, 19, 13, 0.0),  # before the time allowed began
    ],
)
def test_time_left_is_counted_in_working_days(
    as_of: date, standing: Standing, natural_days: int, working_days: int, share: float
) -> None:
    found = time_left(problem(), "irregular", as_of, BOOK, CALENDAR)
    assert found == TimeLeft(standing, natural_days, working_days, pytest.approx(share))


def test_a_long_holiday_brings_the_warning_forward() -> None:
    """From 28 September 2023 on, eight days off: natural days alone would warn when it is too late."""
    over_holiday = problem(time_starts_on=date(2023, 9, 1), due_on=date(2023, 10, 10))
    assert time_left(over_holiday, "irregular", date(2023, 9, 28), BOOK, CALENDAR).standing is Standing.DUE_SOON


@pytest.mark.parametrize("status", FINISHED_STATUSES)
def test_no_deadline_runs_for_what_is_finished(status: str) -> None:
    long_ago = problem(status=status, due_on=date(2020, 1, 1))
    assert time_left(long_ago, "irregular", date(2023, 3, 20), BOOK, CALENDAR) == TimeLeft(Standing.NONE)


def test_without_a_due_date_no_deadline_runs_and_without_a_start_it_runs_from_registration() -> None:
    day = date(2023, 3, 20)
    assert time_left(problem(due_on=None), "rough", day, BOOK, CALENDAR).standing is Standing.NONE
    assert time_left(problem(time_starts_on=None), "rough", date(2023, 3, 3), BOOK, CALENDAR).elapsed_share == 2 / 13


@given(days=st.integers(-40, 60), due=st.integers(1, 60))
def test_the_share_of_time_grows_and_standings_follow_each_other(days: int, due: int) -> None:
    start = date(2023, 3, 6)
    given_problem = problem(time_starts_on=start, due_on=start + timedelta(days=due))
    today, tomorrow = (
        time_left(given_problem, "irregular", start + timedelta(days=days + n), BOOK, CALENDAR) for n in (0, 1)
    )
    order = [Standing.RUNNING, Standing.DUE_SOON, Standing.OVERDUE]
    assert order.index(today.standing) <= order.index(tomorrow.standing)
    assert (today.elapsed_share or 0) <= (tomorrow.elapsed_share or 0)
    assert (today.standing is Standing.OVERDUE) == (days > due)
