"""Dates as Chinese offices write them, to local time; day and month are never guessed."""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from analysis.ingest.grid import DAMAGED_NUMBER, Cell, Tag
from analysis.ingest.reasons import ValueFault
from analysis.ingest.values import text_value, unforced

_CLOCK = (
    r"(?P<period>凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜间|AM|PM)?\s*(?P<hour>\d{1,2})"
    r"(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.\d{1,9})?)?"
    r"|[时点](?:(?P<minute_c>\d{1,2})分?(?:(?P<second_c>\d{1,2})秒?)?)?)"
    r"\s*(?P<meridiem>AM|PM)?"
)
_WEEKDAY = r"(?:\(?(?:星期|周|礼拜)[一二三四五六日天]\)?)?"
_ZONE = r"(?P<zone>Z|[+-]\d{2}:?\d{2})"
_BY_MARKS = re.compile(
    rf"(?P<year>\d{{4}})(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})\s*{_WEEKDAY}"
    rf"(?:(?:(?<=\d)T|\s+|(?<=[一二三四五六日天)])){_CLOCK}\s*{_ZONE}?)?"
)
_BY_UNITS = re.compile(
    rf"(?P<year>\d{{4}})年(?P<month>\d{{1,2}})月(?P<day>\d{{1,2}})[日号]\s*{_WEEKDAY}\s*(?:{_CLOCK})?"
)
_BY_PLACES = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
    r"(?:\s*(?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2}))?)?"
)
_WITHOUT_YEAR = (
    re.compile(rf"(?P<month>\d{{1,2}})月(?P<day>\d{{1,2}})[日号]?\s*{_WEEKDAY}"),
    re.compile(r"(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"),
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_FAULTS = (
    (re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}(?!\d).*"), "ambiguous_date"),
    (re.compile(r"\d{2}([-/.])\d{1,2}\1\d{1,2}(?!\d).*|\d{2}年\d{1,2}月\d{1,2}[日号].*"), "two_digit_year"),
    (re.compile(r"\d{4}[-/.年]\d{1,2}月?|\d{4}年?|\d{1,2}[-/.]\d{1,2}|\d{1,2}月\d{1,2}[日号].*"), "incomplete_date"),
    (re.compile(_CLOCK), "incomplete_date"),
)
_HANZI_DATE = re.compile(
    r"([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})([日号].*)"
)
_HANZI_NUMBER = re.compile(r"(?:([二三四五六七八九])?(?=十))?(十?)([一二三四五六七八九])?")
_HANZI_DIGITS = {c: i % 10 for i, c in enumerate("零一二三四五六七八九〇")} | {"○": 0}
_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - local time, as in the files
_EPOCH_SHIFT_1904 = 1462
_AFTERNOON = {"下午", "傍晚", "晚上", "夜间", "PM"}
_MORNING = {"凌晨", "清晨", "早上", "早晨", "上午", "AM"}
_NOON = 12
_EARLY_AFTERNOON = 5
_LATELY = dt.timedelta(days=183)
"""A day without its year is believed to be of the last half year."""


@dataclass(frozen=True)
class DateRules:
    """What dates are believed: from `earliest` to before `latest` (local); zone of the site; the workbook's epoch."""

    earliest: dt.datetime
    latest: dt.datetime
    zone: ZoneInfo
    is_1904: bool = False


def date_value(cell: Cell, rules: DateRules, blanks: frozenset[str]) -> dt.datetime | None:
    """Return a cell as naive local time; None where there is none. Order of year, month and day is never guessed.

    Read: 2023/3/5 8:01, 2023-03-05 08:01:22, 2023.3.5, 20230305, 20230305080122, 2023年3月5日 (星期日) 上午8时1分,
    二〇二三年三月五日, ISO 8601 with T and zone, Excel serial numbers, and date cells.

    Raises:
        ValueFault: day and month or century cannot be told, no such day, too early, in the future.
    """
    moment = _moment(cell, rules, blanks)
    if moment is None:
        return None
    if moment < rules.earliest:
        raise ValueFault("early_date", str(rules.earliest.year))
    if moment >= rules.latest:
        raise ValueFault("future_date")
    return moment


def day_value(cell: Cell, rules: DateRules, blanks: frozenset[str]) -> dt.date | None:
    """Return a cell that a person filled in lately as a day; None where there is none.

    Read: all that `date_value` reads, and as text a day without its year (11月20日, 11.20, 11/20; month first, as
    Chinese writes it) where the last such day before `rules.latest` lies no more than half a year back.

    Raises:
        ValueFault: see `date_value`; a day without its year that is still to come, or long past.
    """
    text = unforced(text_value(cell)) if isinstance(cell, str) else None
    plain = _plain_date(text) if text else ""
    match = next(filter(None, (form.fullmatch(plain) for form in _WITHOUT_YEAR)), None)
    if match is None:
        moment = date_value(cell, rules, blanks)
        return moment.date() if moment else None
    found = [_day_of(year, match) for year in (rules.latest.year, rules.latest.year - 1)]
    if not any(found):
        raise ValueFault("impossible_date")
    lately = [day for day in found if day is not None and rules.latest - _LATELY <= day < rules.latest]
    if not lately:
        raise ValueFault("incomplete_date")
    return lately[0].date()


def _day_of(year: int, month_and_day: re.Match[str]) -> dt.datetime | None:
    try:
        return dt.datetime(year, int(month_and_day["month"]), int(month_and_day["day"]))  # noqa: DTZ001 - local time
    except ValueError:
        return None


def _moment(cell: Cell, rules: DateRules, blanks: frozenset[str]) -> dt.datetime | None:
    if isinstance(cell, bool):
        raise ValueFault("unknown_date")
    if isinstance(cell, float):
        return _from_serial(cell, rules)
    if isinstance(cell, list) and cell[0] == Tag.NUMBER and "." in cell[1]:
        return _from_serial(float(cell[1]), rules)
    if isinstance(cell, list) and cell[0] == Tag.DATE:
        return _whole_second(dt.datetime.fromisoformat(cell[1]))
    if isinstance(cell, list) and cell[0] == Tag.TIME:
        raise ValueFault("incomplete_date")
    text = unforced(text_value(cell))
    if text is None or text.casefold() in blanks:
        return None
    return _from_text(text, rules)


def _from_serial(days: float, rules: DateRules) -> dt.datetime:
    if not 0 <= days < DAMAGED_NUMBER:
        raise ValueFault("unknown_date")
    try:
        return _whole_second(_EPOCH + dt.timedelta(days=days + _EPOCH_SHIFT_1904 * rules.is_1904))
    except OverflowError:
        raise ValueFault("unknown_date") from None


def _whole_second(moment: dt.datetime) -> dt.datetime:
    """Return the nearest second: a serial number is not exact below it."""
    return (moment + dt.timedelta(microseconds=500_000)).replace(microsecond=0)


def _from_text(text: str, rules: DateRules) -> dt.datetime:
    plain = text if text.isascii() else _plain_date(text)
    plain = plain.upper()
    for form in (_BY_MARKS, _BY_UNITS, _BY_PLACES):
        match = form.fullmatch(plain)
        if match:
            return _from_parts(match.groupdict(), rules)
    if _SERIAL.fullmatch(plain):
        return _from_serial(float(plain), rules)
    raise ValueFault(next((code for pattern, code in _FAULTS if pattern.fullmatch(plain)), "unknown_date"))


def _plain_date(text: str) -> str:
    """Return a Chinese date with half-width characters, no white space around its units, and Arabic digits."""
    plain = re.sub(r"\s*([年月日号时点分秒:])\s*", r"\1", unicodedata.normalize("NFKC", text)).strip()
    plain = re.sub(r"([日号])(?=\d)", r"\1 ", plain)
    hanzi = _HANZI_DATE.fullmatch(plain)
    if not hanzi:
        return plain
    year = "".join(str(_HANZI_DIGITS[c]) for c in hanzi[1])
    return f"{year}年{_hanzi_number(hanzi[2])}月{_hanzi_number(hanzi[3])}{hanzi[4]}"


def _hanzi_number(text: str) -> int:
    match = _HANZI_NUMBER.fullmatch(text)
    if match is None:
        raise ValueFault("unknown_date")
    tens, ten, ones = match.groups()
    return (_HANZI_DIGITS[tens] if tens else len(ten)) * 10 + (_HANZI_DIGITS[ones] if ones else 0)


def _from_parts(parts: dict[str, str | None], rules: DateRules) -> dt.datetime:
    hour = _hour(parts)
    minute = int(parts.get("minute") or parts.get("minute_c") or 0)
    second = int(parts.get("second") or parts.get("second_c") or 0)
    year, month, day = (int(parts[name] or 0) for name in ("year", "month", "day"))
    zone = (parts.get("zone") or "").replace("Z", "+00:00")
    try:
        moment = dt.datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - local time, as in the files
        if not zone:
            return moment
        return dt.datetime.fromisoformat(moment.isoformat() + zone).astimezone(rules.zone).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise ValueFault("impossible_date") from None


def _hour(parts: dict[str, str | None]) -> int:
    hour = int(parts.get("hour") or 0)
    period = parts.get("period")
    meridiem = parts.get("meridiem")
    if period and meridiem:
        raise ValueFault("unknown_date")
    period = period or meridiem
    if period == "AM" and hour == _NOON:
        return 0
    is_night = period in {"晚上", "夜间"}
    if (hour == _NOON and (is_night or period in _MORNING)) or (is_night and hour < _EARLY_AFTERNOON):
        raise ValueFault("ambiguous_hour")
    if period in _MORNING and hour > _NOON:
        raise ValueFault("impossible_date")
    is_afternoon = period in _AFTERNOON or (period == "中午" and hour <= _EARLY_AFTERNOON)
    return hour + 12 if is_afternoon and hour < _NOON else hour
