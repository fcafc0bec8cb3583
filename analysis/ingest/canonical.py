"""One raw sheet to canonical candidates and rejects: every row is taken, rejected with reasons, or skipped."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, islice
from typing import Any, NamedTuple

from analysis.contracts import COMPLAINTS, ColumnType
from analysis.ingest.dates import date_value
from analysis.ingest.grid import Cell, Row, Sheet, SheetInfo, is_blank
from analysis.ingest.headings import SEARCH_ROWS
from analysis.ingest.layout import Layout, Rules, lay_out, layout_notes
from analysis.ingest.merges import Merges
from analysis.ingest.no_data import is_no_data, is_ragged
from analysis.ingest.reasons import SheetFault, ValueFault, listing, plain, reason
from analysis.ingest.sources import CANONICAL_COLUMNS, PRIVATE_COLUMNS, Source, normalise
from analysis.ingest.values import are_truncated, flag_value, id_value, is_long_id, text_value, unforced, value_class

CANDIDATE_COLUMNS = (
    "source_code",
    "native_id",
    "id_prefix",
    *(c for c in CANONICAL_COLUMNS if c not in {"source_code", "native_id"}),
    "sheet_name",
    "row_number",
)
"""Columns of the candidates, in order."""

_LOST_CHARACTER = "\ufffd"
_DATES = {c.name for c in COMPLAINTS.columns if c.type is ColumnType.TIMESTAMP}
_FLAGS = {c.name for c in COMPLAINTS.columns if c.type is ColumnType.BOOLEAN}
_IDS = {"native_id", "quarantine_id"}
"""Columns whose merged cells are not filled: each row has its own."""
_WHOLE_ROW = "整行"


class Reject(NamedTuple):
    """One quarantine entry, less what is the same for the whole file."""

    sheet_name: str | None
    row_number: int | None
    column_name: str | None
    heading: str | None
    value_class: str
    reason_code: str
    reason: str


@dataclass
class SheetIntake:
    """What came of a sheet: candidates as tuples of CANDIDATE_COLUMNS, rejects, counts of rows, notes."""

    candidates: list[tuple[Any, ...]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    row_count: int = 0
    skipped_rows: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_recognised: bool = False


def canonicalise(sheet: Sheet, rules: Rules) -> SheetIntake:
    """Turn a sheet into candidates and rejects.

    Counts balance: `row_count` equals the candidates plus the distinct rejected rows. A sheet whose rows cannot be
    told, or a hidden one with data, is one reject without a row number, and none of its rows is counted.
    """
    info, rows = sheet.info, iter(sheet.rows)
    label = f"工作表“{plain(info.name)}”" if info.name else "数据"
    top = list(islice(rows, SEARCH_ROWS))
    if not top:
        return SheetIntake(notes=[f"{label}：是空的，略过"])
    rules = replace(rules, dates=replace(rules.dates, is_1904=info.is_1904))
    try:
        layout = lay_out(info, top, rules)
    except SheetFault as fault:
        count = len(top) + sum(1 for _ in rows)
        if info.is_hidden or fault.code == "no_complaints":
            return SheetIntake(
                notes=[f"{label}：不是诉求数据，没有读取（{count} 行{'，隐藏' if info.is_hidden else ''}）"]
            )
        return _unread(info, fault, [f"{label}：没有读取（{count} 行）"])
    if info.is_hidden:
        count = sum(row.number > layout.header.last_row for row in chain(top, rows))
        return _unread(info, SheetFault("hidden_sheet", str(count)), [f"{label}：是隐藏的，没有读取（{count} 行）"])
    reader = _RowReader(info, layout, rules)
    result = reader.read(chain(top, rows))
    result.notes = [f"{label}：{note}" for note in (*layout_notes(info, layout), *reader.notes(result))]
    return result


def _unread(info: SheetInfo, fault: SheetFault, notes: list[str]) -> SheetIntake:
    reject = Reject(info.name, None, None, None, "整张表", fault.code, reason(fault.code, detail=fault.detail))
    return SheetIntake(rejects=[reject], notes=notes)


class _Column(NamedTuple):
    """How one canonical column of a sheet is read."""

    name: str
    heading: str
    positions: tuple[int, ...]
    value: Callable[[Cell], Any]
    is_joined: bool

    def cell(self, cells: Sequence[Cell]) -> Cell:
        """Return the cell of a row that a message about this column is about."""
        return next((cells[p] for p in self.positions if p < len(cells)), None)

    def read(self, cells: Sequence[Cell]) -> Any:
        """Return the value of a row; raises ValueFault."""
        if len(self.positions) == 1:
            position = self.positions[0]
            return self.value(cells[position] if position < len(cells) else None)
        values = [self.value(cells[p]) for p in self.positions if p < len(cells)]
        present = [v for v in values if v is not None]
        if self.is_joined:
            return "/".join(present) or None
        if len(set(present)) > 1:
            raise ValueFault("conflicting_columns")
        return present[0] if present else None


def _value_reader(name: str, rules: Rules) -> Callable[[Cell], Any]:
    blanks = rules.sources.blanks
    if name in _DATES:
        return partial(date_value, rules=rules.dates, blanks=blanks)
    if name in _FLAGS:
        return partial(flag_value, spellings=rules.sources.confidentiality, blanks=blanks)
    if name == "native_id":
        return partial(id_value, blanks=blanks)
    if name in PRIVATE_COLUMNS:
        return _private
    return partial(_text, limit=rules.max_text_characters)


def _text(cell: Cell, limit: int) -> str | None:
    text = text_value(cell)
    if text is not None and len(text) > limit:
        raise ValueFault("long_text", str(limit))
    return text


def _private(cell: Cell) -> str | None:
    return unforced(text_value(cell))


def _shape(native_id: str) -> str:
    return re.sub("[A-Za-z]", "a", re.sub(r"\d", "0", native_id))


class _RowReader:
    """Reads the rows of one sheet; keeps what is open between rows (merged cells) and what is worth a note."""

    def __init__(self, info: SheetInfo, layout: Layout, rules: Rules) -> None:
        self._info = info
        self._layout = layout
        self._sources = rules.sources
        mapping = layout.mapping
        self._columns = {
            name: _Column(
                name, mapping.headings[p[0]], p, _value_reader(name, rules), name in rules.sources.joined.columns
            )
            for name, p in mapping.columns.items()
        }
        filled = frozenset(p for name, places in mapping.columns.items() if name not in _IDS for p in places)
        self._merges = Merges(info, layout.header.last_row + 1, filled)
        self._lost_character_rows: list[int] = []
        self._unnamed_rows: list[int] = []

    def read(self, rows: Iterable[Row]) -> SheetIntake:
        """Read the rows below the header."""
        result = SheetIntake(is_recognised=True)
        previous = 0
        for row in rows:
            if row.number <= self._layout.header.last_row:
                continue
            cells = self._merges.fill(row)
            if row.fault is None and all(map(is_blank, cells)):
                continue
            if row.fault is None and is_no_data(
                row.number, cells, self._info, self._layout, self._merges, self._sources
            ):
                result.skipped_rows.append(row.number)
                continue
            result.row_count += 1
            rejects = self._row_faults(row)
            if any(r.reason_code == "ragged_row" for r in rejects):
                self._reject_torn(previous, row, result)
            previous = row.number
            candidate = None if rejects else self._candidate(row.number, cells, rejects)
            if candidate is not None:
                result.candidates.append(candidate)
            result.rejects.extend(rejects)
        self._reject_truncated(result)
        result.rejects.sort(key=lambda reject: reject.row_number or 0)
        return result

    def notes(self, result: SheetIntake) -> Iterator[str]:
        """Tell what an operator should know of the rows read."""
        if result.row_count == 0:
            yield "只有表头，没有数据"
        if result.skipped_rows:
            yield f"略过合计、页脚、重复表头等：第 {listing(result.skipped_rows)} 行"
        if self._merges.filled_count:
            yield f"合并单元格已按合并范围逐行补入 {self._merges.filled_count} 处"
        if self._lost_character_rows:
            yield f"原导出里有丢失的字（�）：第 {listing(self._lost_character_rows)} 行"
        if self._unnamed_rows:
            yield f"没有列名的列里有内容，没有读取：第 {listing(self._unnamed_rows)} 行"

    def _reject_torn(self, previous: int, row: Row, result: SheetIntake) -> None:
        """Reject the row before a short one that is not a row of its own: the end of its last cell, most likely."""
        row_at, mark_at = (CANDIDATE_COLUMNS.index(n) for n in ("row_number", self._layout.anchor))
        if not result.candidates or result.candidates[-1][row_at] != previous:
            return
        is_wide = len(row.cells) > len(self._layout.header.headings)
        if not is_wide and not self._is_own_row(row.cells, result.candidates[-1][mark_at]):
            result.candidates.pop()
            result.rejects.append(self._reject(previous, None, ValueFault("torn_row"), _WHOLE_ROW))

    def _mark(self, cells: Sequence[Cell]) -> Any:
        """Return what tells that cells are a row of data: its time of receipt, or its id where no row has a time."""
        try:
            return self._columns[self._layout.anchor].read(cells)
        except ValueFault:
            return None

    def _is_own_row(self, cells: Sequence[Cell], neighbour: Any) -> bool:
        """Say whether the cells of a line are a row: it has a time, or an id with the shape of its neighbour's."""
        mark = self._mark(cells)
        if self._layout.has_time or mark is None:
            return mark is not None
        return neighbour is not None and _shape(mark) == _shape(neighbour)

    def _has_swallowed(self, cells: Sequence[Cell]) -> bool:
        """Say whether a cell of delimited text holds whole rows: a quote left open that a later one closed."""
        if not self._info.delimiter:
            return False
        width = len(self._layout.header.headings)
        lines = (line for c in cells if isinstance(c, str) and ("\n" in c or "\r" in c) for line in c.splitlines()[1:])
        rows = (line.split(self._info.delimiter) for line in lines)
        mark = self._mark(cells)
        return any(len(row) == width and self._is_own_row(row, mark) for row in rows)

    def _reject_truncated(self, result: SheetIntake) -> None:
        """Reject the rows whose long ids have lost their last digits, which only all of them together show."""
        at, row_at = (CANDIDATE_COLUMNS.index(n) for n in ("native_id", "row_number"))
        if not are_truncated(c[at] for c in result.candidates if c[at]):
            return
        cut = {c[row_at]: c[at] for c in result.candidates if c[at] and is_long_id(c[at])}
        result.candidates = [c for c in result.candidates if c[row_at] not in cut]
        fault = ValueFault("truncated_id")
        result.rejects += [self._reject(n, "native_id", fault, value_class(v, fault.code)) for n, v in cut.items()]

    def _row_faults(self, row: Row) -> list[Reject]:
        if row.fault is not None:
            return [self._reject(row.number, None, ValueFault(row.fault), _WHOLE_ROW)]
        if is_ragged(row.cells, self._info, self._layout):
            return [self._reject(row.number, None, ValueFault("ragged_row", str(len(row.cells))), _WHOLE_ROW)]
        if self._has_swallowed(row.cells):
            return [self._reject(row.number, None, ValueFault("swallowed_rows"), _WHOLE_ROW)]
        headings = self._layout.mapping.headings
        is_wide = len(row.cells) > len(headings)
        if is_wide and any(p not in headings and not is_blank(c) for p, c in enumerate(row.cells)):
            self._unnamed_rows.append(row.number)
        return []

    def _candidate(self, number: int, cells: Sequence[Cell], rejects: list[Reject]) -> tuple[Any, ...] | None:
        """Return the candidate of a row; None if something is wrong with it, which is added to `rejects`."""
        values: dict[str, Any] = {}
        for name, column in self._columns.items():
            if name != self._layout.platform_column:
                try:
                    values[name] = column.read(cells)
                except ValueFault as fault:
                    rejects.append(self._reject(number, name, fault, value_class(column.cell(cells), fault.code)))
        source = self._source(number, cells, rejects)
        if values.get("text") is None and "text" not in {r.column_name for r in rejects}:
            values["text"], values["title"] = values.get("title"), None
        rejects += self._missing(number, values, source, {r.column_name for r in rejects})
        if rejects or source is None:
            return None
        if _LOST_CHARACTER in values["text"]:
            self._lost_character_rows.append(number)
        values |= {
            "source_code": source.source_code,
            "id_prefix": source.id_prefix,
            "sheet_name": self._info.name,
            "row_number": number,
        }
        return tuple(values.get(name) for name in CANDIDATE_COLUMNS)

    def _source(self, number: int, cells: Sequence[Cell], rejects: list[Reject]) -> Source | None:
        """Return the source that the row names, else that of the sheet."""
        column = self._columns.get(self._layout.platform_column)
        cell = column.cell(cells) if column else None
        if is_blank(cell) and self._layout.source:
            return self._layout.source
        named = self._sources.platforms.get(normalise(cell)) if isinstance(cell, str) else None
        if named is None:
            fault = ValueFault("unknown_platform")
            rejects.append(self._reject(number, self._layout.platform_column, fault, value_class(cell, fault.code)))
        return named

    def _missing(
        self, number: int, values: dict[str, Any], source: Source | None, faulty: set[str | None]
    ) -> Iterator[Reject]:
        has_id = "native_id" in values or (source is not None and source.is_id_required)
        for name in (*["native_id"] * has_id, *["received_at"] * self._layout.has_time, "text"):
            if values.get(name) is None and name not in faulty:
                is_merged = name == "native_id" and self._merges.is_open(self._layout.mapping.columns.get(name, ()))
                yield self._reject(number, name, ValueFault("merged_id" if is_merged else "missing_value"), "空")

    def _reject(self, number: int, name: str | None, fault: ValueFault, kind: str) -> Reject:
        column = self._columns.get(name or "")
        heading = plain(column.heading) if column else None
        shown = heading or (COMPLAINTS[name].heading if name else "")
        return Reject(self._info.name, number, name, heading, kind, fault.code, reason(fault.code, shown, fault.detail))
