"""Periods that reports are made of: a year, a quarter, a month, a week."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from analysis.errors import UsageError

_WRITTEN = re.compile(r"(?P<year>20\d\d)(?:-(?:Q(?P<quarter>[1-4])|W(?P<week>\d\d)|(?P<month>\d\d)))?")


@dataclass(frozen=True)
class Period:
    """A span of days.

    Attributes:
        name: as it is written: 2023, 2023-Q2, 2023-05, 2023-W21 (ISO 8601).
        first: its first day.
        last: its last day.
    """

    name: str
    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the period that a text means.

        Raises:
            UsageError: it means none.

        >>> Period.parse("2023-Q2").last
        datetime.date(2023, 6, 30)
        """
        found = _WRITTEN.fullmatch(text)
        try:
            if found is None:
                raise ValueError(text)
            year, quarter, week, month = (int(found[k] or 0) for k in ("year", "quarter", "week", "month"))
            if found["week"]:
                return cls(text, date.fromisocalendar(year, week, 1), date.fromisocalendar(year, week, 7))
            if found["month"]:
                return cls(text, date(year, month, 1), _month_end(year, month))
            if quarter:
                return cls(text, date(year, 3 * quarter - 2, 1), _month_end(year, 3 * quarter))
            return cls(text, date(year, 1, 1), date(year, 12, 31))
        except ValueError as error:
            wanted = "2023（年）、2023-Q2（季）、2023-05（月）、2023-W21（周）、last-week（上周）、last-month（上月）"
            raise UsageError(f"时期“{text}”有误。应写作 {wanted} 的样子。") from error

    @classmethod
    def month_of(cls, day: date) -> Self:
        """Return the month that a day lies in."""
        return cls.parse(f"{day:%Y-%m}")

    @classmethod
    def week_of(cls, day: date) -> Self:
        """Return the ISO week that a day lies in."""
        return cls.parse(f"{day:%G-W%V}")

    @property
    def before(self) -> "Period":
        """The period of the same kind that ends where this one starts."""
        day = self.first - timedelta(days=1)
        if "W" in self.name:
            return Period.week_of(day)
        if "Q" in self.name:
            return Period.parse(f"{day.year}-Q{(day.month + 2) // 3}")
        return Period.month_of(day) if "-" in self.name else Period.parse(str(day.year))

    @property
    def heading(self) -> str:
        """What people call it."""
        year, _, rest = self.name.partition("-")
        if not rest:
            return f"{year} 年"
        if rest.startswith("Q"):
            return f"{year} 年第{'一二三四'[int(rest[1]) - 1]}季度"
        return f"{year} 年第 {int(rest[1:])} 周" if rest.startswith("W") else f"{year} 年 {int(rest)} 月"

    @property
    def code(self) -> str:
        """Its name without the dash, for codes of numbers."""
        return self.name.replace("-", "")

    @classmethod
    def from_code(cls, code: str) -> Self:
        """Return the period whose code it is; see `parse`."""
        return cls.parse(f"{code[:4]}-{code[4:]}" if len(code) > 4 else code)


LAST = {"last-week": Period.week_of, "last-month": Period.month_of}
"""How the period before today's is written, by what gives today's."""


def last_period(text: str, today: date) -> Period | None:
    """Return the period that has ended, where a text is a key of LAST; None where it is anything else."""
    return LAST[text](today).before if text in LAST else None


def last_full_month(received: Iterable[date], as_of: date, least: int) -> Period | None:
    """Return the newest month that has ended on a day and in which at least so many complaints were received.

    Stragglers of a later month say nothing that a report may show. Where no month has so many, the newest that has any.
    """
    counts = Counter(Period.month_of(day) for day in received)
    ended = [month for month in counts if month.last <= as_of]
    return max(ended, key=lambda month: (counts[month] >= least, month.first), default=None)


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
