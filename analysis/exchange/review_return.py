"""A filled-in 复核表 read back: every cell to what it says, or to why it cannot be told."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from analysis.codebook.scheme import Scheme
from analysis.contracts import REVIEW_DECISIONS, UNIT_KINDS
from analysis.errors import UsageError
from analysis.exchange.review_columns import (
    CODE_FIELDS,
    FINAL_WORD,
    plain_words,
    review_columns,
    sub_problem_labels,
    sub_problem_spellings,
)

_SEARCHED_ROWS = 30
"""The heading stands below title and notes; people may put a few lines more above."""
_NOT_FINAL = {"", "否"}
_DECISIONS = {plain_words(word): decision for decision, word in REVIEW_DECISIONS.items()}
_UNITS = {plain_words(kind): kind for kind in UNIT_KINDS}
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = ("reviewer", "reviewed_on")
"""One person reviews many rows on one day, so a cell merged over several rows holds for each of them."""
_SHOWN = 40

ReadDay = Callable[["ReturnedCell"], date | None]
"""Returns what day a cell means, None for none; raises ValueError, in Chinese, where it cannot be told."""


@dataclass(frozen=True)
class ReturnedCell:
    """One cell as read.

    Attributes:
        text: what it says; numbers as their digits, days in ISO form.
        trouble: why it cannot be read (Chinese, to be put after its address); "" where it can.
        raw: the cell as its reader gave it, for `ReadDay`: a number and the same digits as text differ.
    """

    text: str = ""
    trouble: str = ""
    raw: Any = None


@dataclass(frozen=True)
class ReturnedSheet:
    """One sheet: cells by row number (from 1), and merged ranges (first row, first column, last …) counted from 0."""

    name: str
    rows: Mapping[int, Sequence[ReturnedCell]]
    merges: Sequence[Sequence[int]] = ()


@dataclass(frozen=True)
class CellFault:
    """What is wrong with one cell, where it stands, and how to mend it."""

    row: int
    address: str
    heading: str
    complaint_id: str
    reason: str

    def __str__(self) -> str:
        complaint = f"诉求 {_brief(self.complaint_id)}，" if self.complaint_id else ""
        return f"第 {self.row} 行 {self.address}（{complaint}{self.heading}）：{self.reason}"


class ReviewWorkbookError(UsageError):
    """Some cells cannot stand, so that nothing was recorded; `faults` lists them in the order of their rows."""

    def __init__(self, faults: Sequence[CellFault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.row))
        rows = len({fault.row for fault in self.faults})
        super().__init__(
            f"复核表有 {rows} 行要改（{len(self.faults)} 处），一行也没有记入。"
            "请逐处改正后重新导入；暂时改不了的，清空该行的黄色栏即可略过。"
        )


@dataclass(frozen=True)
class ReturnedReviews:
    """What a sheet says.

    Attributes:
        reviews: one record per row with a conclusion whose cells could all be told: complaint_id, text_digest,
            decision, codes (joined by ;), unit_kind, reason, reviewer, reviewed_on, is_final, source_row.
        skipped_count: rows of complaints without a conclusion.
        faults: cells that cannot be told.
        unread: headings of other columns and names of other sheets, which are not read.
    """

    reviews: Sequence[Mapping[str, Any]]
    skipped_count: int
    faults: Sequence[CellFault]
    unread: Sequence[str]
    _table: "_Table"

    def fault(self, row: int, name: str, complaint_id: str, reason: str) -> CellFault:
        """Return a fault of a review that was told, found later: in which cell it stands.

        Args:
            row: its source_row.
            name: which of its values is wrong; the row as a whole where no single cell holds it.
            complaint_id: the complaint that the review is about.
            reason: what is wrong (Chinese).
        """
        return self._table.fault(row, _CELL_OF.get(name, name), complaint_id, reason)


_CELL_OF = {"codes": CODE_FIELDS[0], "text_digest": "complaint_id"}
"""Where to look for a value that stands in no single cell, or in one that nobody sees."""


def read_review_workbook(sheets: Sequence[ReturnedSheet], scheme: Scheme, read_day: ReadDay) -> ReturnedReviews:
    """Read the one sheet that is a 复核表; what its rows mean together is not checked here.

    Rows without a conclusion and without anything that needs one are skipped, even where a reviewer signed them.

    Args:
        sheets: all sheets of the workbook, hidden ones as well.
        scheme: the sub-problems that can be chosen.
        read_day: how days are read.

    Raises:
        UsageError: none or several of the sheets are a 复核表, or columns of it are missing or doubled.
    """
    table = _find_table(sheets, scheme)
    reader = _RowReader(table, scheme, read_day)
    faults = list(table.merge_faults())
    reviews, skipped = [], 0
    for number in table.row_numbers():
        cells = table.cells(number)
        if not reader.is_concluded(cells):
            skipped += bool(cells["row_id"].text or cells["complaint_id"].text)
            continue
        review, found = reader.read(number, cells)
        faults += found
        if not found:
            reviews.append(review)
    return ReturnedReviews(reviews, skipped, faults, table.unread(sheets), table)


def _find_table(sheets: Sequence[ReturnedSheet], scheme: Scheme) -> "_Table":
    wanted = {plain_words(c.heading) for c in review_columns(scheme)}
    found = []
    for sheet in sheets:
        top = sorted(sheet.rows)[:_SEARCHED_ROWS]
        known = {number: len(wanted & {plain_words(c.text) for c in sheet.rows[number]}) for number in top}
        best = max(known, key=lambda number: known[number], default=0)
        if best and known[best] > len(wanted) // 2:
            found.append((sheet, best))
    if not found:
        raise UsageError("这不是由 hotline review export 导出的复核表：没有一张工作表有它的栏头。请核对文件。")
    if len(found) > 1:
        names = "、".join(f"“{_brief(sheet.name)}”" for sheet, _ in found)
        raise UsageError(f"有几张工作表都是复核表：{names}。请只留填好的一张，删去其余的。")
    sheet, header = found[0]
    return _Table(sheet, header, _positions(sheet.rows[header], header, scheme), scheme)


def _positions(header: Sequence[ReturnedCell], row: int, scheme: Scheme) -> dict[str, int]:
    """Return where each column stands now; they may have been put into another order."""
    headings = [plain_words(cell.text) for cell in header]
    positions, missing = {}, []
    for column in review_columns(scheme):
        plain = plain_words(column.heading)
        if headings.count(plain) > 1:
            raise UsageError(f"复核表第 {row} 行有两栏都叫“{column.heading}”，不知道以哪栏为准。请删去多出的一栏。")
        if plain in headings:
            positions[column.field] = headings.index(plain)
        elif column.field in _NEEDED:
            missing.append(column.heading)
    if missing:
        raise UsageError(f"复核表第 {row} 行缺少栏目：{'、'.join(missing)}。请在原来导出的复核表里填写，不要删改栏头。")
    return positions


_FILLED = ("decision", *CODE_FIELDS, "unit_kind", "reason", *_SIGNATURE, "is_final")
_NEEDED = ("complaint_id", *_FILLED, "row_id", "text_digest")
_CONCLUDING = tuple(name for name in _FILLED if name not in _SIGNATURE)


class _Table:
    """The part of a sheet below its heading, by the fields of the columns."""

    def __init__(self, sheet: ReturnedSheet, header: int, positions: Mapping[str, int], scheme: Scheme) -> None:
        self._sheet = sheet
        self._header = header
        self._positions = positions
        self._columns = {c.field: c for c in review_columns(scheme)}

    def row_numbers(self) -> list[int]:
        below = [number for number in self._sheet.rows if number > self._header]
        return sorted({*below, *(row for row, _ in self._inherited)})

    def cells(self, number: int) -> dict[str, ReturnedCell]:
        row = self._sheet.rows.get(number, ())
        cells = {name: row[p] if p < len(row) else ReturnedCell() for name, p in self._positions.items()}
        for name in _SIGNATURE:
            cells[name] = self._inherited.get((number, name), cells[name])
        return cells

    @cached_property
    def _inherited(self) -> dict[tuple[int, str], ReturnedCell]:
        """Return what a signature merged over several rows says, for its rows but the first."""
        found: dict[tuple[int, str], ReturnedCell] = {}
        for first_row, first_column, last_row, last_column in self._sheet.merges:
            names = [name for name in _SIGNATURE if self._positions[name] == first_column == last_column]
            for name in names:
                cell = self._cell(first_row + 1, first_column)
                found |= {(row, name): cell for row in range(max(first_row + 2, self._header + 1), last_row + 2)}
        return found

    def _cell(self, number: int, position: int) -> ReturnedCell:
        row = self._sheet.rows.get(number, ())
        return row[position] if position < len(row) else ReturnedCell()

    def merge_faults(self) -> Iterator[CellFault]:
        """Yield the merged cells that hold something and leave open for which rows or columns."""
        by_position = {self._positions[name]: name for name in _NEEDED}
        for first_row, first_column, last_row, last_column in self._sheet.merges:
            covered = [by_position[p] for p in range(first_column, last_column + 1) if p in by_position]
            is_signature = first_column == last_column and covered and covered[0] in _SIGNATURE
            is_below = last_row + 1 > self._header
            says = self._cell(first_row + 1, first_column)
            if covered and is_below and not is_signature and (says.text or says.trouble):
                reason = "几格合并成了一格，看不出各行各栏填的是什么。请取消合并后逐格填写。"
                yield self.fault(first_row + 1, covered[0], "", reason)

    def fault(self, row: int, name: str, complaint_id: str, reason: str) -> CellFault:
        if name not in self._positions:
            return CellFault(row, "", "整行", complaint_id, reason)
        address = f"{xl_col_to_name(self._positions[name])}{row}"
        return CellFault(row, address, self._columns[name].heading, complaint_id, reason)

    def unread(self, sheets: Sequence[ReturnedSheet]) -> list[str]:
        known = set(self._positions.values())
        header = self._sheet.rows[self._header]
        columns = [f"“{_brief(c.text)}”栏" for p, c in enumerate(header) if c.text and p not in known]
        has_headings = {sheet.name: any(len(row) > 1 for row in sheet.rows.values()) for sheet in sheets}
        others = [f"工作表“{_brief(name)}”" for name, has in has_headings.items() if has and name != self._sheet.name]
        return [*columns, *others]


@dataclass(frozen=True)
class _RowReader:
    """Tells what the cells of one row say."""

    table: _Table
    scheme: Scheme
    read_day: ReadDay

    @cached_property
    def _codes(self) -> dict[str, str]:
        return sub_problem_spellings(self.scheme)

    def is_concluded(self, cells: Mapping[str, ReturnedCell]) -> bool:
        """Say whether a row holds anything that makes a conclusion, or a part of one."""
        return any(cells[name].text or cells[name].trouble for name in _CONCLUDING)

    def read(self, number: int, cells: Mapping[str, ReturnedCell]) -> tuple[dict[str, Any], list[CellFault]]:
        complaint_id = cells["row_id"].text
        faults = [
            self.table.fault(number, name, complaint_id, reason)
            for name, reason in (*self._troubles(cells), *self._key_faults(cells))
        ]
        values: dict[str, Any] = {
            "complaint_id": complaint_id,
            "text_digest": cells["text_digest"].text,
            "reason": cells["reason"].text,
            "reviewer": cells["reviewer"].text,
            "source_row": number,
        }
        readers: dict[str, Callable[[ReturnedCell], Any]] = {
            "decision": self._decision,
            "unit_kind": self._unit,
            "reviewed_on": self.read_day,
            "is_final": _is_final,
            **dict.fromkeys(CODE_FIELDS, self._code),
        }
        for name, read in readers.items():
            try:
                values[name] = None if cells[name].trouble else read(cells[name])
            except ValueError as error:
                faults.append(self.table.fault(number, name, complaint_id, str(error)))
        codes = [values.pop(name, None) for name in CODE_FIELDS]
        return values | {"codes": ";".join(filter(None, codes))}, faults

    def _troubles(self, cells: Mapping[str, ReturnedCell]) -> Iterator[tuple[str, str]]:
        yield from ((name, cells[name].trouble) for name in _NEEDED if cells[name].trouble)

    def _key_faults(self, cells: Mapping[str, ReturnedCell]) -> Iterator[tuple[str, str]]:
        key, shown, digest = cells["row_id"], cells["complaint_id"], cells["text_digest"]
        if not key.text:
            yield "row_id", "这一行没有行标识，不是导出的行，看不出是哪件诉求。请在导出的行里填写，并清空这一行。"
        elif key.text != shown.text:
            yield "complaint_id", "诉求编号与这一行原来的不同，内容可能错了行。请重新导出复核表再填。"
        elif not _DIGEST.fullmatch(digest.text):
            yield "text_digest", "隐藏的文本指纹被改动了。请重新导出复核表再填。"

    @staticmethod
    def _decision(cell: ReturnedCell) -> str:
        if not cell.text:
            raise ValueError("填了别的却没有复核结论。请选纳入或不纳入，或清空这一行的黄色栏。")
        decision = _DECISIONS.get(plain_words(cell.text))
        if decision is None:
            raise ValueError(f"“{_brief(cell.text)}”不是复核结论。请从下拉列表选纳入或不纳入。")
        return decision

    def _code(self, cell: ReturnedCell) -> str | None:
        if not cell.text:
            return None
        code = self._codes.get(plain_words(cell.text))
        if code is None:
            similar = get_close_matches(cell.text, self._names, n=1)
            proposal = f"是否为“{similar[0]}”？" if similar else ""
            raise ValueError(f"没有“{_brief(cell.text)}”这个小类。{proposal}请从下拉列表选一个，一格一个。")
        return code

    @cached_property
    def _names(self) -> list[str]:
        return [*sub_problem_labels(self.scheme).values(), *(s.name for s in self.scheme.sub_problems.values())]

    @staticmethod
    def _unit(cell: ReturnedCell) -> str | None:
        if not cell.text:
            return None
        kind = _UNITS.get(plain_words(cell.text))
        if kind is None:
            raise ValueError(f"“{_brief(cell.text)}”不在单位之列。请从下拉列表选：{'、'.join(UNIT_KINDS)}。")
        return kind


def _is_final(cell: ReturnedCell) -> bool:
    word = plain_words(cell.text)
    if word in _NOT_FINAL:
        return False
    if word != FINAL_WORD:
        raise ValueError(f"“{_brief(cell.text)}”不能用在裁定栏。请选“{FINAL_WORD}”，或留空。")
    return True


def _brief(text: str) -> str:
    """Return what a cell says fit for one line of a message."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
