"""Months and weeks as rows: every one from the first to the last, also those in which nothing came."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pandas as pd

UNDATED = "不详"
"""Stands for the month of complaints whose source tells no time."""


def month_of(received: pd.Series) -> "pd.Series[Any]":
    """Return the month of each time as 2026-01, UNDATED where there is none."""
    times = pd.to_datetime(received)
    return times.dt.strftime("%Y-%m").astype(object).where(times.notna(), UNDATED)


def all_months(months: Iterable[str]) -> list[str]:
    """Return every month from the first to the last of those given, then UNDATED if it is among them."""
    given = set(months)
    dated = sorted(given - {UNDATED})
    between = [str(p) for p in pd.period_range(dated[0], dated[-1], freq="M")] if dated else []
    return between + [UNDATED] * (UNDATED in given)


def is_month_over(month: str, as_of: date) -> bool:
    """Say whether a month has ended on a day, so that nothing can come any more."""
    return month == UNDATED or month < f"{as_of + timedelta(days=1):%Y-%m}"


def monday(day: date) -> date:
    """Return the first day of the week."""
    return day - timedelta(days=day.weekday())
