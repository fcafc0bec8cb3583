"""Working days in mainland China, with adjusted rest days (调休), for deadlines."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
from pydantic import BaseModel, ConfigDict

from analysis.codebook import Review, read_codebook


class CalendarDay(BaseModel):
    """One day on which the site's calendar says something else than the built-in one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: date
    is_working: bool
    basis: str


class HolidayBook(BaseModel):
    """Days added by hand, for years that the built-in calendar does not know yet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    day: tuple[CalendarDay, ...] = ()


@dataclass(frozen=True)
class WorkingCalendar:
    """Says of a day whether offices work, and whether that is published or only computed by weekday."""

    overrides: dict[date, bool]

    def is_working(self, day: date) -> tuple[bool, bool]:
        """Return (is a working day, is only computed by weekday because the year is not published)."""
        if day in self.overrides:
            return self.overrides[day], False
        try:
            return bool(chinese_calendar.is_workday(day)), False
        except NotImplementedError:  # the library's word for a year outside its data
            return day.weekday() < 5, True

    def is_published(self, year: int) -> bool:
        """Say whether the whole of a year is known: no deadline in it is only computed."""
        days = (date(year, 1, 1) + timedelta(days=n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days))
        return not any(self.is_working(day)[1] for day in days)

    def count_working_days(self, start: date, end: date) -> int:
        """Return how many working days lie after `start` up to and including `end`; negative when `end` is earlier."""
        if end < start:
            return -self.count_working_days(end, start)
        days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
        return sum(self.is_working(day)[0] for day in days)

    def add_working_days(self, start: date, count: int) -> tuple[date, bool]:
        """Return the `count`-th working day after `start`, and whether any day on the way was only computed.

        `start` itself does not count (民法典 201: the day on which a period begins is not counted).
        """
        day, is_provisional = start, False
        while count > 0:
            day += timedelta(days=1)
            is_working, is_computed = self.is_working(day)
            is_provisional |= is_computed
            count -= is_working
        return day, is_provisional


def load_calendar(directory: Path | None = None) -> WorkingCalendar:
    """Load the built-in calendar with the site's own days from `holidays.toml` laid over it."""
    book = read_codebook("holidays.toml", HolidayBook, directory)
    return WorkingCalendar({d.date: d.is_working for d in book.day})
