"""催办提醒: how many problems are overdue and due soon, by unit and number; no text of any kind, and no leads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import pandas as pd

from analysis.exchange.style import Tone

_NUMBERS_A_UNIT = 5
"""Numbers named of one unit; the workbooks name all."""
_MORE = "……其余见《问题清单》和夜报"


class Frequency(StrEnum):
    """When there is something to tell."""

    CHANGES = "changes"
    """What is new since the last reminder; once a week all of it."""
    DAILY = "daily"


@dataclass(frozen=True)
class Told:
    """What the last reminder left behind: the problems it knew of, and the ISO week of the last full one."""

    overdue: frozenset[str] = frozenset()
    due_soon: frozenset[str] = frozenset()
    week: str = ""


@dataclass(frozen=True)
class Reminder:
    """What is to be said (Chinese; an empty body: nothing), and what is known to be told once it was."""

    title: str
    body: str
    told: Told


def build_reminder(
    ledger: pd.DataFrame, told: Told, today: date, frequency: Frequency, longest_bytes: int, fault: str = ""
) -> Reminder:
    """Return what is to be said of the deadlines today.

    Leads are left out altogether: whoever reads the notice may know the unit.

    Args:
        ledger: result of `build_ledger` as of today.
        told: what the last reminder left behind.
        today: the day.
        frequency: whether to say what was said already.
        longest_bytes: of the body in UTF-8; what does not fit is left to the workbooks.
        fault: what is wrong with the ledger's age (Chinese); empty if all is well.
    """
    shown = ledger[~ledger["is_restricted"]]
    overdue, due_soon = shown[shown["tone"] == Tone.OVERDUE], shown[shown["tone"] == Tone.DUE_SOON]
    week = f"{today:%G-W%V}"
    is_full = frequency is Frequency.DAILY or week != told.week
    new_overdue, new_due_soon = _without(overdue, told.overdue), _without(due_soon, told.due_soon)
    now = Told(frozenset(overdue["problem_id"]), frozenset(due_soon["problem_id"]), week)
    lines: list[str] = [fault] if fault else []
    if len(new_overdue) or len(new_due_soon) or (is_full and len(overdue) + len(due_soon)):
        lines.append(f"超期 {len(overdue)} 个，临期 {len(due_soon)} 个（线索移送类不在内）")
        lines += _section("新超期", new_overdue)
        lines += _section("新临期", new_due_soon)
        if is_full:
            lines += _section("此前已超期", _without(overdue, set(new_overdue["problem_id"])))
            lines += _section("此前已临期", _without(due_soon, set(new_due_soon["problem_id"])))
    title = f"催办提醒（{today:%m月%d日}）"
    return Reminder(title, _fitting(lines, longest_bytes), now)


def _without(problems: pd.DataFrame, known: "set[str] | frozenset[str]") -> pd.DataFrame:
    return problems[~problems["problem_id"].isin(known)]


def _section(name: str, problems: pd.DataFrame) -> Iterator[str]:
    """Yield the heading and one line a unit, the unit with the most problems first."""
    if problems.empty:
        return
    yield f"【{name} {len(problems)} 个】"
    by_unit = {
        str(unit): sorted(group["problem_id"])
        for unit, group in problems.sort_values("problem_id").groupby("unit_short_name")
    }
    for unit, numbers in sorted(by_unit.items(), key=lambda item: (-len(item[1]), item[0])):
        more = "等" if len(numbers) > _NUMBERS_A_UNIT else ""
        yield f"{unit} {len(numbers)} 个：{'、'.join(numbers[:_NUMBERS_A_UNIT])}{more}"


def _fitting(lines: Sequence[str], longest_bytes: int) -> str:
    """Return the lines as one text, cut after the last one that leaves room to say that there are more."""
    whole = "\n".join(lines)
    if len(whole.encode()) <= longest_bytes:
        return whole
    room, kept = longest_bytes - len(_MORE.encode()), list[str]()
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join([*kept, _MORE])
