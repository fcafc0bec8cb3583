"""Dates: every form that offices write is read, and no order is ever guessed."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.ingest.dates import DateRules, date_value, day_value
from analysis.ingest.reasons import ValueFault

RULES = DateRules(dt.datetime(2000, 1, 1), dt.datetime(2026, 11, 25), ZoneInfo("Asia/Shanghai"))
BLANKS = frozenset({"-", "无"})
MORNING = dt.datetime(2023, 3, 5, 8, 1)
DAY = dt.datetime(2023, 3, 5)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2023/3/5 8:01", MORNING),
        ("2023-03-05 08:01:22", MORNING.replace(second=22)),
        ("2023-03-05 08:01:22.347", MORNING.replace(second=22)),
        ("2023.3.5", DAY),
        ("2023．3．5", DAY),
        ("20230305", DAY),
        ("202303050801", MORNING),
        ("20230305080122", MORNING.replace(second=22)),
        ("20230305 08:01", MORNING),
        ("2023年3月5日", DAY),
        ("2023 年 3 月 5 日", DAY),
        ("2023年03月05日8时1分", MORNING),
        ("2023年3月5日8点", MORNING.replace(minute=0)),
        ("2023年3月5日 08:01:22", MORNING.replace(second=22)),
        ("2023年3月5日 星期日 上午8:01", MORNING),
        ("2023/3/5 上午 8:01:00", MORNING),
        ("2023/3/5 下午8:01", MORNING.replace(hour=20)),
        ("2023/3/5 下午12:30", DAY.replace(hour=12, minute=30)),
        ("2023/3/5 中午1:05", DAY.replace(hour=13, minute=5)),
        ("2023/3/5 8:01 PM", MORNING.replace(hour=20)),
        ("2023/3/5 12:01 AM", DAY.replace(minute=1)),
        ("２０２３年３月５日", DAY),
        ("二〇二三年三月五日", DAY),
        ("二零二三年十一月二十五日 8:01", dt.datetime(2023, 11, 25, 8, 1)),
        ("二〇二三年十月三十日", dt.datetime(2023, 10, 30)),
        ("2023-03-05T08:01:00", MORNING),
        ("2023-03-05T00:01:00Z", MORNING),
        ("2023-03-05T08:01:00+08:00", MORNING),
        ("2023-03-04T20:01:00.000-0400", MORNING),
        ("44990", DAY),
        ("44990.334028", MORNING),
        (44990, DAY),
        (44990.334028, MORNING),
        (20230305, DAY),
        (["date", "2023-03-05T08:01:00"], MORNING),
        (["date", "2023-03-05"], DAY),
        ("'2023-03-05", DAY),
        ('="2023-03-05"', DAY),
        ("-", None),
        ("  ", None),
        (None, None),
    ],
)
def test_forms_that_offices_write(written: object, meant: dt.datetime | None) -> None:
    assert date_value(written, RULES, BLANKS) == meant  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("3/5/2023", "ambiguous_date"),
        ("05.03.2023 08:01", "ambiguous_date"),
        ("23年3月5日", "two_digit_year"),
        ("2023/3-5", "unknown_date"),
        ("2023-13-05", "impossible_date"),
        ("2023/2/29", "impossible_date"),
        ("2023/3/5 25:00", "impossible_date"),
        ("2023/3/5 上午13:00", "impossible_date"),
        ("2023/3/5 晚上2点", "ambiguous_hour"),
        ("2023030508", "unknown_date"),
        ("2023年", "incomplete_date"),
        ("1999-12-31", "early_date"),
        ("2026-11-25", "future_date"),
        ("二〇二三年三月十十日", "unknown_date"),
        (["time", "08:01:00"], "incomplete_date"),
        (["error", "#REF!"], "error_value"),
        (True, "unknown_date"),
        (1e300, "unknown_date"),
        (-3.5, "unknown_date"),
        ("0001-01-01T00:00:00Z", "early_date"),
        ("9999-12-31T23:00:00-08:00", "impossible_date"),
    ],
)
def test_what_cannot_be_told_is_a_fault(written: object, code: str) -> None:
    with pytest.raises(ValueFault) as raised:
        date_value(written, RULES, BLANKS)  # type: ignore[arg-type]
    assert raised.value.code == code


_MOMENTS = st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2026, 11, 24)).map(lambda m: m.replace(microsecond=0))
_FORMS = ["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y.%m.%d %H:%M:%S", "%Y年%m月%d日%H时%M分%S秒", "%Y%m%d%H%M%S"]


@given(_MOMENTS, st.sampled_from(_FORMS))
def test_a_moment_in_any_form_comes_back(moment: dt.datetime, form: str) -> None:
    assert date_value(moment.strftime(form), RULES, BLANKS) == moment


@given(_MOMENTS)
def test_a_serial_number_comes_back(moment: dt.datetime) -> None:
    serial = (moment - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)
    assert date_value(serial, RULES, BLANKS) == moment


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_a_fault(text: str) -> None:
    try:
        found = date_value(text, RULES, BLANKS)
    except ValueFault:
        return
    assert found is None or RULES.earliest <= found < RULES.latest


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("11月20日", dt.date(2026, 11, 20)),
        ("11月24日", dt.date(2026, 11, 24)),
        ("11 月 20 号 星期五", dt.date(2026, 11, 20)),
        ("11.20", dt.date(2026, 11, 20)),
        ("11/20", dt.date(2026, 11, 20)),
        ("１１－２０", dt.date(2026, 11, 20)),
        ("6月1日", dt.date(2026, 6, 1)),
        ("2026.11.20", dt.date(2026, 11, 20)),
        ("2026年11月20日 9时", dt.date(2026, 11, 20)),
        (46346, dt.date(2026, 11, 20)),
        (["date", "2026-11-20T09:30:00"], dt.date(2026, 11, 20)),
        ("无", None),
        (None, None),
    ],
)
def test_a_day_filled_in_lately_may_lack_its_year(written: object, day: dt.date | None) -> None:
    assert day_value(written, RULES, BLANKS) == day  # type: ignore[arg-type]


def test_after_the_turn_of_the_year_it_is_last_years() -> None:
    january = DateRules(RULES.earliest, dt.datetime(2027, 1, 6), RULES.zone)
    assert day_value("12月30日", january, BLANKS) == dt.date(2026, 12, 30)
    assert day_value("1月5日", january, BLANKS) == dt.date(2027, 1, 5)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("11月25日", "incomplete_date"),  # still to come, and long past a year before
        ("2月3日", "incomplete_date"),
        ("2月30日", "impossible_date"),
        ("20.11", "impossible_date"),
        (11.2, "early_date"),  # 11.20 that became a number
        ("11月", "unknown_date"),
        ("2026-11-25", "future_date"),
    ],
)
def test_a_day_without_a_year_that_cannot_be_told_is_a_fault(written: object, code: str) -> None:
    with pytest.raises(ValueFault) as raised:
        day_value(written, RULES, BLANKS)  # type: ignore[arg-type]
    assert raised.value.code == code
