"""A workbook of ours that comes back filled in: its one sheet found again, each cell told, or why it cannot be."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from analysis.errors import UsageError
from analysis.exchange.cells import plain_words
from analysis.exchange.sheets import SheetColumn
from analysis.line import one_line

_SEARCHED_ROWS = 30
"""The heading stands below title and notes; people may put a few lines more above."""
_SHOWN = 40

ReadDay = Callable[["ReturnedCell"], date | None]
"""Returns what day a cell means, None for none; raises ValueError, in Chinese, where it cannot be told."""


@dataclass(frozen=True)
class ReturnedCell:
    """One cell as read.

    Attributes:
        text: what it says; numbers as their digits, days in ISO form, "" where it says «nothing» («—», «无»).
        trouble: why it cannot be read (Chinese, to be put after its address); "" where it can.
        raw: the cell as its reader gave it, for `ReadDay`: a number and the same digits as text differ.
        literal: what stands there, words for «nothing» as well.
    """

    text: str = ""
    trouble: str = ""
    raw: Any = None
    literal: str = ""

    def __bool__(self) -> bool:
        return bool(self.text or self.trouble)


@dataclass(frozen=True)
class ReturnedSheet:
    """One sheet: cells by row number (from 1), and merged ranges (first row, first column, last …) counted from 0."""

    name: str
    rows: Mapping[int, Sequence[ReturnedCell]]
    merges: Sequence[Sequence[int]] = ()


@dataclass(frozen=True)
class Form:
    """What we know of a workbook that we sent out.

    Attributes:
        name: what users call it.
        origin: what to hand in instead of a file that is none («由 … 导出的复核表»).
        item: what a row is about («诉求»).
        columns: those of its sheet.
        needed: fields without which nothing can be read.
        shared: fields whose cell holds for each row that it was merged over.
        own_sheets: names of its other sheets, which are not meant to be read.
        has_several: several of its sheets are filled in, so that faults say in which they stand.
    """

    name: str
    origin: str
    item: str
    columns: Sequence[SheetColumn]
    needed: Sequence[str]
    shared: Sequence[str] = ()
    own_sheets: Sequence[str] = ()
    has_several: bool = False

    @cached_property
    def by_field(self) -> Mapping[str, SheetColumn]:
        """Return the columns by their fields."""
        return {column.field: column for column in self.columns}


@dataclass(frozen=True)
class CellFault:
    """What is wrong with one cell, where it stands, and how to mend it.

    Attributes:
        row: its row in the sheet, from 1.
        address: such as N12; "" for the row as a whole.
        heading: of its column.
        item: what the row is about («诉求»).
        item_id: which one; "" where that cannot be told.
        reason: what is wrong and how to mend it (Chinese, a whole sentence).
        sheet: in which sheet, where the workbook has several; "" where it has one.
    """

    row: int
    address: str
    heading: str
    item: str
    item_id: str
    reason: str
    sheet: str = ""

    def __str__(self) -> str:
        about = f"{self.item} {brief(self.item_id)}，" if self.item_id else ""
        place = f"工作表“{brief(self.sheet)}”" if self.sheet else ""
        return f"{place}第 {self.row} 行 {self.address}（{about}{self.heading}）：{self.reason}"


class RefusedWorkbookError(UsageError):
    """Some cells cannot stand, so that nothing was recorded; `faults` lists them in the order of their rows."""

    def __init__(self, name: str, advice: str, faults: Sequence[CellFault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.sheet, fault.row)))
        rows = len({(fault.sheet, fault.row) for fault in self.faults})
        super().__init__(f"{name}有 {rows} 行要改（{len(self.faults)} 处），一行也没有记入。{advice}")


def find_table(sheets: Sequence[ReturnedSheet], form: Form) -> "ReturnedTable":
    """Return the one sheet that has the headings of a form, wherever they and it were moved.

    Raises:
        UsageError: none or several of the sheets have them, or needed columns are missing or doubled.
    """
    found = find_tables(sheets, form)
    if len(found) > 1:
        names = "、".join(f"“{brief(table.sheet_name)}”" for table in found)
        raise UsageError(f"有几张工作表都是{form.name}：{names}。请只留填好的一张，删去其余的。")
    return found[0]


def find_tables(sheets: Sequence[ReturnedSheet], form: Form) -> "list[ReturnedTable]":
    """Return all sheets that have the headings of a form, at least one.

    Raises:
        UsageError: none of the sheets has them, or needed columns are missing or doubled.
    """
    wanted = {plain_words(c.heading) for c in form.columns}
    found = []
    for sheet in sheets:
        top = sorted(sheet.rows)[:_SEARCHED_ROWS]
        known = {number: len(wanted & {plain_words(c.text) for c in sheet.rows[number]}) for number in top}
        best = max(known, key=lambda number: known[number], default=0)
        if best and known[best] > len(wanted) // 2:
            found.append((sheet, best))
    if not found:
        raise UsageError(f"这不是{form.origin}：没有一张工作表有它的栏头。请核对文件。")
    return [ReturnedTable(sheet, header, _positions(sheet.rows[header], header, form), form) for sheet, header in found]


def _positions(header: Sequence[ReturnedCell], row: int, form: Form) -> dict[str, int]:
    """Return where each column stands now; they may have been put into another order."""
    headings = [plain_words(cell.text) for cell in header]
    positions, missing = {}, []
    for column in form.columns:
        plain = plain_words(column.heading)
        if headings.count(plain) > 1:
            raise UsageError(
                f"{form.name}第 {row} 行有两栏都叫“{column.heading}”，不知道以哪栏为准。请删去多出的一栏。"
            )
        if plain in headings:
            positions[column.field] = headings.index(plain)
        elif column.field in form.needed:
            missing.append(column.heading)
    if missing:
        raise UsageError(
            f"{form.name}第 {row} 行缺少栏目：{'、'.join(missing)}。请在原来导出的{form.name}里填写，不要删改栏头。"
        )
    return positions


class ReturnedTable:
    """The part of a sheet below its heading, by the fields of the columns."""

    def __init__(self, sheet: ReturnedSheet, header: int, positions: Mapping[str, int], form: Form) -> None:
        self._sheet = sheet
        self._header = header
        self._positions = positions
        self._form = form

    @property
    def sheet_name(self) -> str:
        """The name that the sheet has now."""
        return self._sheet.name

    def row_numbers(self) -> list[int]:
        """Return the rows below the heading that hold anything."""
        below = [number for number in self._sheet.rows if number > self._header]
        return sorted({*below, *(row for row, _ in self._inherited)})

    def cells(self, number: int) -> dict[str, ReturnedCell]:
        """Return the cells of a row by field; a column that is not there is left out."""
        cells = {name: self._cell(number, position) for name, position in self._positions.items()}
        return cells | {n: self._inherited[number, n] for n in self._form.shared if (number, n) in self._inherited}

    @cached_property
    def _inherited(self) -> dict[tuple[int, str], ReturnedCell]:
        """Return what a cell merged over several rows says, for its rows but the first."""
        found: dict[tuple[int, str], ReturnedCell] = {}
        for first_row, first_column, last_row, last_column in self._sheet.merges:
            names = [n for n in self._form.shared if self._positions.get(n) == first_column == last_column]
            for name in names:
                cell = self._cell(first_row + 1, first_column)
                found |= {(row, name): cell for row in range(max(first_row + 2, self._header + 1), last_row + 2)}
        return found

    def _cell(self, number: int, position: int) -> ReturnedCell:
        row = self._sheet.rows.get(number, ())
        return row[position] if position < len(row) else ReturnedCell()

    def merge_faults(self, rows: Container[int] | None = None) -> Iterator[CellFault]:
        """Yield the merged cells that hold something and leave open for which rows or columns.

        Args:
            rows: only merged cells that touch one of these; all below the heading if not given.
        """
        by_position = {self._positions[name]: name for name in self._form.needed}
        for first_row, first_column, last_row, last_column in self._sheet.merges:
            covered = [by_position[p] for p in range(first_column, last_column + 1) if p in by_position]
            is_shared = first_column == last_column and covered and covered[0] in self._form.shared
            is_below = last_row + 1 > self._header
            is_below &= rows is None or any(row in rows for row in range(first_row + 1, last_row + 2))
            if covered and is_below and not is_shared and self._cell(first_row + 1, first_column):
                reason = "几格合并成了一格，看不出各行各栏填的是什么。请取消合并后逐格填写。"
                yield self.fault(first_row + 1, covered[0], "", reason)

    def address(self, row: int, name: str) -> str:
        """Return where the cell of a field stands in a row, such as N12; "" where it has no column."""
        return f"{xl_col_to_name(self._positions[name])}{row}" if name in self._positions else ""

    def fault(self, row: int, name: str, item_id: str, reason: str) -> CellFault:
        """Return a fault of the cell of a field; of the row as a whole where no single cell holds it.

        Args:
            row: its row in the sheet.
            name: the field.
            item_id: what the row is about.
            reason: what is wrong (Chinese).
        """
        address = self.address(row, name)
        heading = self._form.by_field[name].heading if address else "整行"
        sheet = self.sheet_name if self._form.has_several else ""
        return CellFault(row, address, heading, self._form.item, item_id, reason, sheet)

    def unread(self, sheets: Sequence[ReturnedSheet]) -> list[str]:
        """Return what is not read: headings of other columns, and names of other sheets (Chinese)."""
        return [*self.unread_columns(), *unread_sheets(sheets, [self], self._form)]

    def unread_columns(self) -> list[str]:
        """Return the headings of other columns (Chinese)."""
        known = set(self._positions.values())
        header = self._sheet.rows[self._header]
        return [f"“{brief(c.text)}”栏" for p, c in enumerate(header) if c.text and p not in known]


def unread_sheets(sheets: Sequence[ReturnedSheet], tables: Sequence[ReturnedTable], form: Form) -> list[str]:
    """Return the names of the sheets that hold more than a line of text and are none of the tables (Chinese)."""
    has_headings = {sheet.name: any(len(row) > 1 for row in sheet.rows.values()) for sheet in sheets}
    expected = {*(table.sheet_name for table in tables), *form.own_sheets}
    return [f"工作表“{brief(name)}”" for name, has in has_headings.items() if has and name not in expected]


def brief(text: str) -> str:
    """Return what a cell says fit for one line of a message."""
    line = " ".join(one_line(text).split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
