"""催办提醒: said once when new, in full once a week, by unit and number alone; and what notices leave on record."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import IntegrityError
from analysis.exchange.reminder import Frequency, Reminder, Told, build_reminder
from analysis.exchange.style import Tone
from analysis.notices import Notices, Undelivered, record_delivery

MONDAY = date(2026, 11, 23)


def ledger(**tones: Tone) -> pd.DataFrame:
    """Return problems P1, P2 … in the given tones; those named L… are leads; even ones are of another unit."""
    return pd.DataFrame(
        {
            "problem_id": list(tones),
            "tone": pd.Series(list(tones.values()), dtype=object),
            "is_restricted": pd.array([name.startswith("L") for name in tones], dtype=bool),
            "unit_short_name": ["区城管局" if int(name[1:]) % 2 == 0 else "区交警大队" for name in tones],
            "statement": "原文甲乙丙",
        }
    )


def say(
    problems: pd.DataFrame, told: Told, day: date, frequency: Frequency = Frequency.CHANGES, fault: str = ""
) -> Reminder:
    return build_reminder(problems, told, day, frequency, 1800, fault)


def test_what_is_new_is_said_once_and_all_of_it_once_a_week() -> None:
    first = say(ledger(P1=Tone.OVERDUE, P2=Tone.DUE_SOON, P3=Tone.NONE), Told(), MONDAY)
    assert first.title == "催办提醒（11月23日）"
    assert first.body.splitlines() == [
        "超期 1 个，临期 1 个（线索移送类不在内）",
        "【新超期 1 个】",
        "区交警大队 1 个：P1",
        "【新临期 1 个】",
        "区城管局 1 个：P2",
    ]
    same = ledger(P1=Tone.OVERDUE, P2=Tone.DUE_SOON, P3=Tone.NONE)
    tuesday = say(same, first.told, MONDAY + timedelta(days=1))
    assert tuesday.body == ""
    changed = ledger(P1=Tone.OVERDUE, P2=Tone.OVERDUE, P3=Tone.NONE)
    wednesday = say(changed, tuesday.told, MONDAY + timedelta(days=2))
    assert "【新超期 1 个】\n区城管局 1 个：P2" in wednesday.body
    assert "P1" not in wednesday.body
    next_monday = say(changed, wednesday.told, MONDAY + timedelta(days=7))
    assert "【此前已超期 2 个】\n区交警大队 1 个：P1\n区城管局 1 个：P2" in next_monday.body


def test_one_that_was_given_more_time_is_new_when_it_is_overdue_again() -> None:
    told = say(ledger(P1=Tone.OVERDUE), Told(), MONDAY).told
    extended = say(ledger(P1=Tone.NONE), told, MONDAY + timedelta(days=1))
    assert extended.body == ""
    assert "【新超期 1 个】" in say(ledger(P1=Tone.OVERDUE), extended.told, MONDAY + timedelta(days=2)).body


def test_a_site_may_want_it_every_day_and_nothing_is_said_of_nothing() -> None:
    told = say(ledger(P1=Tone.OVERDUE), Told(), MONDAY).told
    assert "P1" in say(ledger(P1=Tone.OVERDUE), told, MONDAY + timedelta(days=1), Frequency.DAILY).body
    assert say(ledger(P1=Tone.NONE), Told(), MONDAY, Frequency.DAILY).body == ""


def test_a_night_that_did_not_end_is_said_even_where_nothing_is_due() -> None:
    assert say(ledger(P1=Tone.NONE), Told(), MONDAY, fault="昨夜没有完成").body == "昨夜没有完成"


def test_no_lead_and_no_text_is_in_it() -> None:
    reminder = say(ledger(L1=Tone.OVERDUE, L2=Tone.DUE_SOON, P3=Tone.OVERDUE), Told(), MONDAY)
    assert "L1" not in reminder.body
    assert "L2" not in reminder.body
    assert "超期 1 个，临期 0 个" in reminder.body
    assert "原文" not in reminder.body
    assert reminder.told.overdue == {"P3"}
    assert say(ledger(L1=Tone.OVERDUE), Told(), MONDAY).body == ""


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 400), st.integers(200, 2000))
def test_however_many_there_are_it_fits_into_one_message(count: int, longest: int) -> None:
    problems = ledger(**{f"P{n}": Tone.OVERDUE for n in range(count)})
    many = problems.assign(unit_short_name=[f"第{n % 40}单位" for n in range(count)])
    reminder = build_reminder(many, Told(), MONDAY, Frequency.CHANGES, longest)
    assert len(reminder.body.encode()) <= longest
    assert bool(count) == (f"超期 {count} 个" in reminder.body)
    assert len(reminder.told.overdue) == count


def test_the_record_comes_back_as_it_was_and_a_damaged_one_says_how_to_mend_it(tmp_path: Path) -> None:
    path = tmp_path / "通知记录.json"
    assert Notices.read(path) == Notices()
    told = Told(frozenset({"P1"}), frozenset({"P2"}), "2026-W48")
    missed = Undelivered(datetime(2026, 11, 23, 8, 30), "催办提醒", ("第 1 个地址（dingtalk）",))
    Notices(told, missed).write(path)
    assert Notices.read(path) == Notices(told, missed)
    for content in ("{", "[]", "{}", '{"told": 3, "undelivered": null}'):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(IntegrityError, match="请删除它"):
            Notices.read(path)


def test_only_what_reached_somebody_counts_as_told(tmp_path: Path) -> None:
    path, at = tmp_path / "通知记录.json", datetime(2026, 11, 23, 8, 30)
    told = Told(frozenset({"P1"}), frozenset(), "2026-W48")
    record_delivery(path, at, "催办提醒", ("第 1 个地址（json）",))
    assert Notices.read(path) == Notices(Told(), Undelivered(at, "催办提醒", ("第 1 个地址（json）",)))
    record_delivery(path, at, "催办提醒", (), told)
    assert Notices.read(path) == Notices(told, None)
    record_delivery(path, at, "夜间运行失败", ())
    assert Notices.read(path) == replace(Notices(told), undelivered=None)
