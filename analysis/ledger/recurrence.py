"""Recurrence: a problem that was closed is complained about again, with the rates before and after its closing.

What counts is a complaint that was received after the day of closing, came into the problem tonight, and is by somebody
new or about something new. One persistent caller who repeats the matter that he had complained of before the closing
does not open the problem again by himself: such repeats stand in the digest, and the supervisor, who can go and look,
decides. They still count in the rates. Who cannot be told apart from others counts as new.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from scipy.special import betaincinv

from analysis.config import Recurrence as RecurrenceSettings
from analysis.ledger.chain import SYSTEM
from analysis.ledger.deadlines import Deadline
from analysis.ledger.life_cycle import Role
from analysis.ledger.steps import Request

CLOSED_STATUSES = ("closed", "consolidated")
"""Statuses in which a problem can recur."""
_DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True)
class Reach:
    """How many complaints, distinct complainants and distinct matters."""

    complaints: int
    persons: int
    matters: int


@dataclass(frozen=True)
class Period:
    """What was received in a time."""

    reach: Reach
    months: float

    @property
    def rate(self) -> float:
        """Complaints per month."""
        return self.reach.complaints / self.months


@dataclass(frozen=True)
class Ratio:
    """A ratio of two rates with its interval; the value is None where nothing was received before."""

    value: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Recurrence:
    """A closed problem that is complained about again."""

    problem_id: str
    closed_on: date
    before: Period
    after: Period
    ratio: Ratio
    confidence: float

    @property
    def words(self) -> str:
        """Why the problem is open again, for people."""
        ratio = self.ratio
        high = "无上限" if ratio.high == float("inf") else f"{ratio.high:.2f}"
        value = "无法计算（销号前没有）" if ratio.value is None else f"{ratio.value:.2f}"
        return (
            f"{self.closed_on:%Y-%m-%d}销号后又有新的反映：销号后{_said(self.after)}；"
            f"销号前{_said(self.before)}。销号后与销号前每月件数之比{value}，"
            f"{self.confidence:.0%}区间{ratio.low:.2f}～{high}"
        )


def _said(period: Period) -> str:
    reach = period.reach
    return f"{period.months:.1f}个月{reach.complaints}件、{reach.persons}人、{reach.matters}项，每月{period.rate:.2f}件"


def rate_ratio(after: int, before: int, months_after: float, months_before: float, confidence: float) -> Ratio:
    """Return the ratio of two Poisson rates with its exact conditional interval.

    Given the sum of both counts, the later one is binomial (Przyborowski and Wilenski 1940); the interval is that of
    Clopper and Pearson for its probability. It holds however few complaints there are.

    >>> rate_ratio(11, 21, 800, 3011, 0.95).value
    1.9714...
    """
    tail = (1 - confidence) / 2
    low = float(betaincinv(after, before + 1, tail)) if after else 0.0
    high = float(betaincinv(after + 1, before, 1 - tail)) if before else 1.0
    scale = months_before / months_after
    value = after / before * scale if before else None
    return Ratio(value, low / (1 - low) * scale, high / (1 - high) * scale if before else float("inf"))


def find_recurrences(
    closed: pd.DataFrame,
    reach: pd.DataFrame,
    fresh: pd.DataFrame,
    observed_from: date,
    as_of: date,
    settings: RecurrenceSettings,
) -> Iterator[Recurrence]:
    """Find the closed problems that tonight's complaints open again.

    Args:
        closed: problem_id and closed_on of problems in one of CLOSED_STATUSES.
        reach: all complaints of these problems, tonight's among them: problem_id, complaint_id, received_at (may be
            missing), person_key, matter_id.
        fresh: problem_id and complaint_id of those that came into a problem tonight.
        observed_from: the day of the first complaint that the ledger knows.
        as_of: today.
        settings: how many months before the closing are compared, and the confidence of the interval.
    """
    is_fresh = pd.MultiIndex.from_frame(fresh[["problem_id", "complaint_id"]])
    for problem_id, closed_on in closed[["problem_id", "closed_on"]].itertuples(index=False):
        own = reach[reach["problem_id"] == problem_id].dropna(subset=["received_at"])
        received = own["received_at"].dt.date
        after, before = own[received > closed_on], own[received <= closed_on]
        repeats = pd.MultiIndex.from_frame(before[["person_key", "matter_id"]])
        is_repeat = pd.MultiIndex.from_frame(after[["person_key", "matter_id"]]).isin(repeats)
        is_new = pd.MultiIndex.from_frame(after[["problem_id", "complaint_id"]]).isin(is_fresh)
        if not (is_new & ~is_repeat).any():
            continue
        earlier, later, ratio = before_and_after(own, closed_on, observed_from, as_of, settings)
        yield Recurrence(str(problem_id), closed_on, earlier, later, ratio, settings.confidence)


def before_and_after(
    own: pd.DataFrame, closed_on: date, observed_from: date, as_of: date, settings: RecurrenceSettings
) -> tuple[Period, Period, Ratio]:
    """Return what was received about a problem before and after its closing, and the ratio of both rates.

    Args:
        own: the problem's complaints with a time: received_at, complaint_id, person_key, matter_id.
        closed_on: the day of closing, which still counts as before.
        observed_from: the day of the first complaint that the ledger knows.
        as_of: today.
        settings: how many months before the closing are compared, and the confidence of the interval.
    """
    received = own["received_at"].dt.date
    start = max(closed_on - timedelta(days=round(settings.months_before * _DAYS_PER_MONTH)), observed_from)
    earlier = Period(_reach(own[(received <= closed_on) & (received >= start)]), _months(start, closed_on))
    later = Period(_reach(own[received > closed_on]), _months(closed_on, as_of))
    counts = later.reach.complaints, earlier.reach.complaints
    return earlier, later, rate_ratio(*counts, later.months, earlier.months, settings.confidence)


def _months(first: date, last: date) -> float:
    """Return how many months lie between two days; at least a day's worth, as nothing happens in no time."""
    return max((last - first).days, 1) / _DAYS_PER_MONTH


def _reach(rows: pd.DataFrame) -> Reach:
    return Reach(len(rows), rows["person_key"].nunique(), rows["matter_id"].nunique())


def recurrence_requests(found: Recurrence, due: Deadline) -> tuple[Request, Request]:
    """Return the steps that a recurrence means: the problem is open again, with a new deadline."""
    return (
        Request(found.problem_id, "recurred", Role.SYSTEM, SYSTEM, {"status_reason": found.words}),
        Request(found.problem_id, "deadline_set", Role.SYSTEM, SYSTEM, due.facts),
    )
