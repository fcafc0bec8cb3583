"""A filled-in 问题登记表 read: every cell to what it says, or to why it cannot be told."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from analysis.codebook.scheme import Scheme
from analysis.codebook.units import UnitRegister
from analysis.exchange.cells import plain_words
from analysis.exchange.found_problems import (
    FIELDS,
    SHEET_NAME,
    SOURCE_WORDS,
    found_problem_form,
    unit_spellings,
)
from analysis.exchange.returned_sheet import (
    CellFault,
    ReadDay,
    RefusedWorkbookError,
    ReturnedCell,
    ReturnedSheet,
    ReturnedTable,
    brief,
    find_table,
)
from analysis.exchange.review_columns import sub_problem_labels, sub_problem_spellings

_BATCHED = "superior"
"""The source whose problems come in batches; its progress is told by batch."""
_SOURCES = {plain_words(word): code for code, word in SOURCE_WORDS.items()}


class FoundProblemsError(RefusedWorkbookError):
    """Some cells of a 问题登记表 cannot stand, so that nothing was registered."""

    def __init__(self, faults: Sequence[CellFault]) -> None:
        super().__init__(SHEET_NAME, "请逐处改正后重新导入；不登记的行请整行清空。", faults)


@dataclass(frozen=True)
class FoundProblems:
    """What a form says.

    Attributes:
        rows: one record per row whose cells could all be told: source, batch (None without), unit_id (None where it
            is left open), unit_kind, sub_problem_code, statement, registered_on, due_on (None without), note (None
            without), source_row.
        faults: cells that cannot be told.
        unread: headings of other columns and names of other sheets, which are not read.
    """

    rows: Sequence[Mapping[str, Any]]
    faults: Sequence[CellFault]
    unread: Sequence[str]
    _table: ReturnedTable

    def fault(self, row: int, name: str, reason: str) -> CellFault:
        """Return a fault of a row that was told, found later: of which cell, and why (Chinese)."""
        return self._table.fault(row, name, "", reason)

    def address(self, row: int, name: str) -> str:
        """Return where the cell of a field stands, such as E7."""
        return self._table.address(row, name)


@dataclass(frozen=True)
class FormRules:
    """What the cells of a form are checked against.

    Attributes:
        scheme: the sub-problems.
        units: the register.
        read_day: reads days up to today.
        read_deadline: reads days to come as well.
        longest_words: of a statement or a note, in characters.
        longest_years: how many years after its registration a problem may be due at most.
    """

    scheme: Scheme
    units: UnitRegister
    read_day: ReadDay
    read_deadline: ReadDay
    longest_words: int
    longest_years: int


def read_found_problems(sheets: Sequence[ReturnedSheet], rules: FormRules) -> FoundProblems:
    """Read the one sheet that is a 问题登记表; rows without anything are passed over.

    Raises:
        UsageError: none or several of the sheets are one, or columns of it are missing or doubled.
    """
    table = find_table(sheets, found_problem_form(rules.scheme, rules.units))
    reader = _RowReader(table, rules)
    faults, rows = list(table.merge_faults()), []
    first_rows: dict[tuple[Any, ...], int] = {}
    for number in table.row_numbers():
        cells = table.cells(number)
        if not any(cells[name] for name in FIELDS):
            continue
        row, found = reader.read(number, cells)
        content = tuple(value for name, value in row.items() if name != "source_row")
        if not found and content in first_rows:
            words = f"与第 {first_rows[content]} 行完全相同。请删去重复的一行；是两个问题的，请把具体问题写得有所区别。"
            found = [table.fault(number, "statement", "", words)]
        faults += found
        if not found:
            first_rows[content] = number
            rows.append(row)
    return FoundProblems(rows, faults, table.unread(sheets), table)


@dataclass(frozen=True)
class _RowReader:
    """Tells what the cells of one row say."""

    table: ReturnedTable
    rules: FormRules

    @cached_property
    def _units(self) -> dict[str, tuple[str | None, str]]:
        return unit_spellings(self.rules.units)

    @cached_property
    def _codes(self) -> dict[str, str]:
        return sub_problem_spellings(self.rules.scheme)

    def read(self, number: int, cells: Mapping[str, ReturnedCell]) -> tuple[dict[str, Any], list[CellFault]]:
        readers: dict[str, Callable[[ReturnedCell], Any]] = {
            "source": _source,
            "batch": self._words,
            "unit": self._unit,
            "sub_problem": self._code,
            "statement": self._statement,
            "registered_on": self._registered_on,
            "due_on": self.rules.read_deadline,
            "note": self._words,
        }
        values: dict[str, Any] = {}
        faults = []
        for name, read in readers.items():
            try:
                if cells[name].trouble:
                    raise ValueError(cells[name].trouble)
                values[name] = read(cells[name])
            except ValueError as error:
                faults.append(self.table.fault(number, name, "", str(error)))
        faults += [self.table.fault(number, name, "", reason) for name, reason in self._contradictions(values)]
        unit_id, unit_kind = values.pop("unit", (None, ""))
        code = values.pop("sub_problem", "")
        told = {"unit_id": unit_id, "unit_kind": unit_kind, "sub_problem_code": code, "source_row": number}
        return values | told, faults

    def _contradictions(self, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with cells beside each other that could each be told."""
        if values.get("source") == _BATCHED and "batch" in values and not values["batch"]:
            yield "batch", "上级交办的问题要写批次，例如“省督察组2026年第一批”。"
        day = values.get("registered_on")
        if day is None:
            return
        unit_id = values.get("unit", (None, ""))[0]
        if unit_id and not self.rules.units[unit_id].is_valid_on(day):
            name = self.rules.units[unit_id].short_name
            yield "unit", f"名录里的“{name}”在 {day:%Y-%m-%d} 不存在。请改选当时的责任单位，或选“待定”。"
        due = values.get("due_on")
        if due and due < day:
            yield "due_on", f"整改时限早于登记日期 {day:%Y-%m-%d}。请改正。"
        elif due and due > date(day.year + self.rules.longest_years, 12, 31):
            yield (
                "due_on",
                f"整改时限在登记 {self.rules.longest_years} 年以后，可能有误。请连年份一起写，如 2026-12-31。",
            )

    def _unit(self, cell: ReturnedCell) -> tuple[str | None, str]:
        if not cell.text:
            raise ValueError("没有填责任单位。请从下拉列表选一个；定不了的选“待定”。")
        unit = self._units.get(plain_words(cell.text))
        if unit is None:
            names = [u.short_name for u in self.rules.units.unit]
            raise ValueError(f"名录里没有“{brief(cell.text)}”。{_similar(cell.text, names)}请从下拉列表选一个。")
        return unit

    def _code(self, cell: ReturnedCell) -> str:
        if not cell.text:
            raise ValueError("没有填问题小类。请从下拉列表选一个。")
        code = self._codes.get(plain_words(cell.text))
        if code is None:
            names = [
                *sub_problem_labels(self.rules.scheme).values(),
                *(s.name for s in self.rules.scheme.sub_problems.values()),
            ]
            raise ValueError(f"没有“{brief(cell.text)}”这个小类。{_similar(cell.text, names)}请从下拉列表选一个。")
        return code

    def _statement(self, cell: ReturnedCell) -> str:
        words = self._words(cell)
        if words is None:
            raise ValueError("没有填具体问题。请用中性文字概括。")
        return words

    def _words(self, cell: ReturnedCell) -> str | None:
        words = " ".join(cell.text.split())
        if len(words) > self.rules.longest_words:
            raise ValueError(f"有 {len(words)} 个字，最多 {self.rules.longest_words} 个。请概括。")
        return words or None

    def _registered_on(self, cell: ReturnedCell) -> date:
        day = self.rules.read_day(cell)
        if day is None:
            raise ValueError("没有填登记日期。请填发现或来文的日期，如 2026-11-20。")
        return day


def _source(cell: ReturnedCell) -> str:
    if not cell.text:
        raise ValueError("没有填问题来源。请从下拉列表选一个。")
    code = _SOURCES.get(plain_words(cell.text))
    if code is None:
        raise ValueError(f"“{brief(cell.text)}”不是问题来源。请选：{'、'.join(SOURCE_WORDS.values())}。")
    return code


def _similar(text: str, names: Sequence[str]) -> str:
    found = get_close_matches(text, names, n=1)
    return f"是否为“{found[0]}”？" if found else ""
