"""The time of a problem is told no finer than several persons share it."""

from datetime import date

import pytest

from analysis.exchange.told_time import UNTOLD, told_span, told_times

MARCH = date(2026, 3, 5)


def by(*months: int, year: int = 2026) -> list[tuple[str, date]]:
    return [(f"p{number}", date(year, month, 1)) for number, month in enumerate(months)]


@pytest.mark.parametrize(
    ("months", "told"),
    [
        ((3, 3, 3, 3, 3), "2026年3月"),
        ((3, 1, 2, 2, 3), "2026年1季度"),
        ((3, 4, 5, 6, 6), "2026年上半年"),
        ((3, 9, 10, 11, 12), "2026年"),
        ((3, 3, 3, 3), UNTOLD),
    ],
)
def test_the_finest_span_that_five_share(months: tuple[int, ...], told: str) -> None:
    assert told_span(MARCH, by(*months), 5) == told


def test_one_person_who_complains_often_is_one() -> None:
    assert told_span(MARCH, [("p", MARCH)] * 9, 5) == UNTOLD


def test_first_and_last_and_no_time_at_all() -> None:
    received = by(1, 1, 1, 1, 1) + by(2, 2, 2, 2, year=2027)
    assert told_times(received, 5, "不详") == ("2026年1月", UNTOLD)
    assert told_times([], 5, "不详") == ("不详", "不详")
