"""When a problem was complained of, told to those whom it is about: no finer than several persons share."""

from collections.abc import Collection, Sequence
from datetime import date

UNTOLD = "不写"
"""Stands for a time that too few persons share."""

_MONTHS = (1, 3, 6, 12)
"""Month, quarter, half-year and year, the finest first."""

_HALVES = ("上半年", "下半年")


def told_span(day: date, received: Collection[tuple[str, date]], least: int) -> str:
    """Return the finest span around `day` in which at least `least` persons complained, or UNTOLD.

    A month that one person complained in tells who it was to those who know when something happened to whom.

    Args:
        day: the first or the last day.
        received: person and day of each complaint.
        least: how many persons must share the span.
    """
    for months in _MONTHS:
        part = (day.month - 1) // months
        persons = {who for who, at in received if at.year == day.year and (at.month - 1) // months == part}
        if len(persons) >= least:
            return f"{day.year}年{_name(months, part)}"
    return UNTOLD


def told_times(received: Sequence[tuple[str, date]], least: int, unknown: str) -> tuple[str, str]:
    """Return first and last time as they may be told; `unknown` where no complaint has a time."""
    days = [at for _, at in received]
    if not days:
        return unknown, unknown
    return told_span(min(days), received, least), told_span(max(days), received, least)


def _name(months: int, part: int) -> str:
    return {1: f"{part + 1}月", 3: f"{part + 1}季度", 6: _HALVES[part % 2], 12: ""}[months]
