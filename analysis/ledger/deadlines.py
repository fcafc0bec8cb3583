"""By when a problem must be mended, and how it stands to that: rules per category and source, in working days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from analysis.codebook import Review, read_codebook
from analysis.codebook.scheme import Scheme
from analysis.contracts import FINISHED_STATUSES, PROBLEM_SOURCES
from analysis.errors import SettingsError
from analysis.ledger.working_days import WorkingCalendar
from analysis.time_left import Standing, TimeLeft

REGISTERED, RELAPSED = "登记", "反弹"
"""From what the time allowed is counted."""

_Days = Annotated[int, Field(gt=0)]


class DeadlineRule(BaseModel):
    """How much time problems of some categories and sources have; see the head of `deadlines.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    categories: tuple[str, ...]
    sources: tuple[str, ...]
    working_days: _Days
    look_ahead_working_days: _Days
    basis: str

    def fits(self, category_code: str, source: str) -> bool:
        """Say whether the rule is for a category and a source."""
        return (not self.categories or category_code in self.categories) and (
            not self.sources or source in self.sources
        )

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if unknown := set(self.sources) - set(PROBLEM_SOURCES):
            raise ValueError(f"没有 {min(unknown)} 这种问题来源")
        if self.look_ahead_working_days >= self.working_days:
            raise ValueError("look_ahead_working_days 应小于 working_days，否则一登记就是临期")
        return self


class DeadlineBook(BaseModel):
    """All rules; the first that fits counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    rule: tuple[DeadlineRule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _last_is_for_all(self) -> Self:
        if self.rule[-1].categories or self.rule[-1].sources:
            raise ValueError("最后一条规则须不限类别和来源")
        return self

    def rule_for(self, category_code: str, source: str) -> DeadlineRule:
        """Return the rule for a category and a source."""
        return next(rule for rule in self.rule if rule.fits(category_code, source))


@dataclass(frozen=True)
class Deadline:
    """A due date with the rule it came from, so that later changes of the rule do not move it.

    counted_from: the day after which its working days are counted; that of registration if not given.
    """

    due_on: date
    rule: str
    is_provisional: bool
    counted_from: date | None = None

    @property
    def facts(self) -> dict[str, object]:
        """What the step that sets it carries, by column of PROBLEMS."""
        told = {"due_on": self.due_on, "deadline_rule": self.rule, "is_due_provisional": self.is_provisional}
        return told | ({"time_starts_on": self.counted_from} if self.counted_from else {})


def deadline(
    book: DeadlineBook,
    category_code: str,
    source: str,
    counted_from: date,
    calendar: WorkingCalendar,
    since: str = REGISTERED,
) -> Deadline:
    """Return the deadline of a problem of a category and a source whose time is counted from a day on.

    since: what happened on that day (Chinese).
    """
    count = book.rule_for(category_code, source).working_days
    due_on, is_provisional = calendar.add_working_days(counted_from, count)
    return Deadline(due_on, f"{book.review.version}：{since}后 {count} 个工作日", is_provisional, counted_from)


def time_left(
    problem: Mapping[str, Any], category_code: str, as_of: date, book: DeadlineBook, calendar: WorkingCalendar
) -> TimeLeft:
    """Return how a problem stands to its deadline on a day.

    The due date is the one that was set; today's rules say only how long before it a problem counts as due soon.

    Args:
        problem: status, source, registered_on, due_on, time_starts_on and is_due_provisional, dates plain.
        category_code: the category of its sub-problem.
        as_of: the day.
        book: the rules.
        calendar: the site's working days.
    """
    due_on = problem["due_on"]
    if due_on is None or problem["status"] in FINISHED_STATUSES:
        return TimeLeft(Standing.NONE)
    left = max(calendar.count_working_days(as_of, due_on), 0)
    started_on = problem["time_starts_on"] or problem["registered_on"]
    allowed = max(calendar.count_working_days(started_on, due_on), 1)
    elapsed = max(calendar.count_working_days(started_on, as_of), 0)
    look_ahead = book.rule_for(category_code, problem["source"]).look_ahead_working_days
    near = Standing.DUE_SOON if left <= look_ahead else Standing.RUNNING
    standing = Standing.OVERDUE if as_of > due_on else near
    is_provisional = bool(problem["is_due_provisional"])
    return TimeLeft(standing, (due_on - as_of).days, left, elapsed / allowed, is_provisional)


def load_deadlines(scheme: Scheme, directory: Path | None = None) -> DeadlineBook:
    """Load the site's own `deadlines.toml`, else the shipped one.

    Raises:
        SettingsError: the file is malformed, or names a category that is not in the scheme.
    """
    book = read_codebook("deadlines.toml", DeadlineBook, directory)
    for rule in book.rule:
        if unknown := set(rule.categories) - set(scheme.categories):
            raise SettingsError(f"代码本 deadlines.toml 里的类别 {min(unknown)} 不在 scheme.toml 里。请改正后重试。")
    return book
