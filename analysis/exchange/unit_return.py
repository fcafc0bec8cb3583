"""A filled-in 整改台账 read back: which problems its rows are about, and what the unit says about each."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from analysis.contracts import FILED_COLUMNS, PROBLEMS, PROGRESS_WORDS, ColumnType
from analysis.errors import UsageError
from analysis.exchange.cells import clean_text, plain_words
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
from analysis.exchange.seal import Seal
from analysis.exchange.sheets import Kind
from analysis.exchange.unit_columns import (
    APPLICATION_FIELDS,
    APPLICATIONS,
    EDITABLE_FIELDS,
    IDENTITY_FIELDS,
    RELEASED_FIELD,
    SEALED_FIELDS,
    UNIT_FORM,
)
from analysis.exchange.unit_workbook import seal_identity

NAME_FIELDS = ("supporting_unit", "leader", "handler")
"""What a unit fills in with names of its own people and of other units."""
_PROGRESS = {plain_words(word): word for word in PROGRESS_WORDS}
_KINDS = {plain_words(word): kind for kind, word in APPLICATIONS.items()}
_REASON_OF = {
    "closure_requested": "status_reason",
    "extension_requested": "extension_reason",
    "objection_raised": "status_reason",
    "closure_withdrawn": "status_reason",
}
"""Which column of a problem the reason of an application goes to."""
_LOCKED = "锁定的栏被改动了，整份不能记入。请照原来收到的台账恢复这一格，只填黄色栏。"
_STRANGE_ROW = "这一行的行标识、校验码等隐藏栏与内容对不上，可能错了行、拼接过或手工添的。请在原来收到的台账里填写。"


class UnitWorkbookError(RefusedWorkbookError):
    """Some cells of a 整改台账 cannot stand, so that nothing was recorded."""

    def __init__(self, faults: Sequence[CellFault]) -> None:
        super().__init__("整改台账", "请逐处改正后重新导入；暂时改不了的，恢复这一格原来的内容即可。", faults)


@dataclass(frozen=True)
class ReturnedEntry:
    """What a unit says about one problem.

    Attributes:
        row: where it stands in the sheet, from 1.
        problem_id: the problem.
        unit_id: whose ledger it is.
        export_id: which version of it.
        filed: by each of FILED_COLUMNS a text, a day, or None for an empty cell.
        application: the step that the unit asks for; "" for none.
        carried: what the application says itself, by column of PROBLEMS.
    """

    row: int
    problem_id: str
    unit_id: str
    export_id: str
    filed: Mapping[str, Any]
    application: str = ""
    carried: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ReturnedLedger:
    """What a workbook says: its rows, those that stood there twice, what is wrong, and what was not read."""

    entries: Sequence[ReturnedEntry]
    repeated_count: int
    faults: Sequence[CellFault]
    unread: Sequence[str]
    table: ReturnedTable


@dataclass(frozen=True)
class UnitReading:
    """By what a workbook is read.

    Attributes:
        site_code: the site that sent it out.
        seal: checks the rows.
        past_day: reads days up to today.
        coming_day: reads days to come as well.
        longest_text: characters that a text may have.
        longest_name: characters that a name may have.
    """

    site_code: str
    seal: Seal
    past_day: ReadDay
    coming_day: ReadDay
    longest_text: int
    longest_name: int


def read_unit_workbook(sheets: Sequence[ReturnedSheet], reading: UnitReading) -> ReturnedLedger:
    """Read the one sheet that is a 整改台账, and check each cell for itself.

    Rows without row id and without the number of a problem (a line for signatures) are told as not read.

    Args:
        sheets: all sheets of the workbook, hidden ones as well.
        reading: by what to read it.

    Raises:
        UsageError: none or several of the sheets are a 整改台账, columns of it are missing or doubled, it holds no
            problem, or none of its rows was sent out by this site.
    """
    table = find_table(sheets, UNIT_FORM)
    rows = {number: table.cells(number) for number in table.row_numbers()}
    own = {number: cells for number, cells in rows.items() if cells["row_id"] or cells["problem_id"]}
    if not own:
        raise UsageError("整改台账里没有一行问题。请在原来收到的台账里填写。")
    reader = _RowReader(table, reading)
    faults = list(table.merge_faults(own))
    strange = {number: reader.seal_faults(number, cells) for number, cells in own.items()}
    if all(_is_strange(found) for found in strange.values()):
        raise UsageError(
            f"这不是本站（{reading.site_code}）发出的整改台账，或者隐藏栏被改动了：没有一行的校验码对得上。"
            "请核对是不是别处的台账，并在原来收到的台账里填写。"
        )
    entries = []
    for number, cells in own.items():
        entry, found = reader.read(number, cells)
        faults += [*strange[number], *found]
        entries.append(entry)
    faults += _foreign_rows(entries, table)
    kept, repeated = _without_repeated(entries)
    counts = Counter(entry.problem_id for entry in kept)
    faults += [
        table.fault(e.row, "problem_id", e.problem_id, "这个问题有几行，填的不一样，不知道以哪行为准。请只留一行。")
        for e in kept
        if counts[e.problem_id] > 1
    ]
    notes = [f"第 {number} 行（没有问题编号）" for number, c in rows.items() if number not in own and any(c.values())]
    return ReturnedLedger(kept, repeated, faults, (*table.unread(sheets), *notes), table)


def _is_strange(faults: Sequence[CellFault]) -> bool:
    return any(fault.reason == _STRANGE_ROW for fault in faults)


def _foreign_rows(entries: Sequence[ReturnedEntry], table: ReturnedTable) -> Iterator[CellFault]:
    """Yield the rows that are of another unit than most."""
    counts = Counter(entry.unit_id for entry in entries)
    main = counts.most_common(1)[0][0]
    for entry in entries:
        if entry.unit_id != main:
            reason = f"这一行属于另一单位（{brief(entry.unit_id)}）的台账。请移出，各单位的台账分别导入。"
            yield table.fault(entry.row, "problem_id", entry.problem_id, reason)


def _without_repeated(entries: Sequence[ReturnedEntry]) -> tuple[list[ReturnedEntry], int]:
    """Return the rows without those that say the same about the same problem again, and how many these are."""
    kept: dict[tuple[Any, ...], ReturnedEntry] = {}
    for e in entries:
        kept.setdefault((e.problem_id, *e.filed.values(), e.application, *e.carried.values()), e)
    return list(kept.values()), len(entries) - len(kept)


def tidy_text(text: str) -> str:
    """Return a text as it is recorded: plain line breaks, no white space at the ends of its lines."""
    return "\n".join(line.rstrip() for line in clean_text(text).strip().split("\n"))


@dataclass(frozen=True)
class _RowReader:
    """Tells what the cells of one row say."""

    table: ReturnedTable
    reading: UnitReading

    def seal_faults(self, number: int, cells: Mapping[str, ReturnedCell]) -> list[CellFault]:
        """Return what in a row was changed that nobody may change."""
        problem_id = cells["row_id"].text or cells["problem_id"].text
        cells = {RELEASED_FIELD: ReturnedCell()} | dict(cells)  # a ledger without released texts has no such column
        has_released = self.reading.seal.cell_count(cells["seal"].literal) > len(SEALED_FIELDS)
        sealed = (*SEALED_FIELDS, RELEASED_FIELD) if has_released else SEALED_FIELDS
        troubles = [name for name in (*IDENTITY_FIELDS, "seal", *sealed) if cells[name].trouble]
        if troubles:
            return [self.table.fault(number, n, problem_id, f"{cells[n].trouble}{_LOCKED}") for n in troubles]
        identity = seal_identity({name: cells[name].literal for name in IDENTITY_FIELDS}, self.reading.site_code)
        shown = {name: self._shown(name, cells[name]) for name in sealed}
        changed = self.reading.seal.changed(cells["seal"].literal, identity, shown)
        if changed is None:
            return [self.table.fault(number, "row_id", problem_id, _STRANGE_ROW)]
        changed += [RELEASED_FIELD] * (not has_released and bool(cells[RELEASED_FIELD]))
        return [self.table.fault(number, name, problem_id, _LOCKED) for name in changed]

    def _shown(self, name: str, cell: ReturnedCell) -> str:
        if UNIT_FORM.by_field[name].kind is not Kind.DATE or not cell.text:
            return cell.literal
        try:
            return str(self.reading.coming_day(cell) or "")
        except ValueError:
            return cell.literal

    def read(self, number: int, cells: Mapping[str, ReturnedCell]) -> tuple[ReturnedEntry, list[CellFault]]:
        """Return what a row says, and which of the cells that the unit fills in cannot stand."""
        faults: list[CellFault] = []
        problem_id = cells["row_id"].text
        values: dict[str, Any] = {}
        for name in EDITABLE_FIELDS:
            try:
                values[name] = self._value(name, cells[name])
            except ValueError as error:
                values[name] = None
                faults.append(self.table.fault(number, name, problem_id, str(error)))
        kind = values["application"] or ""
        faults += [
            self.table.fault(number, name, problem_id, reason)
            for name, reason in _application_faults(kind, values)
            if not any(cells[n].trouble for n in APPLICATION_FIELDS)
        ]
        return (
            ReturnedEntry(
                number,
                problem_id,
                cells["unit_id"].text,
                cells["export_id"].text,
                {name: values[name] for name in FILED_COLUMNS},
                kind,
                _carried(kind, values),
            ),
            faults,
        )

    def _value(self, name: str, cell: ReturnedCell) -> Any:
        if cell.trouble:
            raise ValueError(cell.trouble)
        return self._readers[name](cell) if cell.text else None

    @cached_property
    def _readers(self) -> dict[str, Callable[[ReturnedCell], Any]]:
        readers: dict[str, Callable[[ReturnedCell], Any]] = dict.fromkeys(EDITABLE_FIELDS, self._text)
        readers |= dict.fromkeys(NAME_FIELDS, self._name)
        readers |= {n: self.reading.past_day for n in FILED_COLUMNS if PROBLEMS[n].type is ColumnType.DATE}
        return readers | {
            "progress": _progress,
            "application": _application,
            "extension_due_on": self.reading.coming_day,
        }

    def _text(self, cell: ReturnedCell) -> str:
        return _of_length(cell, self.reading.longest_text)

    def _name(self, cell: ReturnedCell) -> str:
        return _of_length(cell, self.reading.longest_name)


def _of_length(cell: ReturnedCell, longest: int) -> str:
    text = tidy_text(cell.text)
    if len(text) > longest:
        raise ValueError(f"有 {len(text)} 字，超过 {longest} 字。请写得简短些，详细内容作为佐证材料另附。")
    return text


def _progress(cell: ReturnedCell) -> str:
    word = _PROGRESS.get(plain_words(cell.text))
    if word is None:
        raise ValueError(f"“{brief(cell.text)}”不是整改进展的写法。请从下拉列表选：{'、'.join(PROGRESS_WORDS)}。")
    return word


def _application(cell: ReturnedCell) -> str:
    kind = _KINDS.get(plain_words(cell.text))
    if kind is None:
        raise ValueError(
            f"“{brief(cell.text)}”不在申请事项之列。请从下拉列表选：{'、'.join(APPLICATIONS.values())}；销号由监督单位定。"
        )
    return kind


def _application_faults(kind: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what in the three cells of an application does not go together."""
    reason, until = values["application_reason"], values["extension_due_on"]
    if not kind:
        if reason or until:
            yield "application", "写了申请理由或申请延期至，却没有选申请事项。请选一项，或清空这几格。"
        return
    word = APPLICATIONS[kind]
    if not reason and kind != "closure_requested":
        yield "application_reason", f"“{word}”要写明申请理由。"
    if kind == "extension_requested" and not until:
        yield "extension_due_on", f"“{word}”要写明申请延期至哪一天。"
    if kind != "extension_requested" and until:
        yield "extension_due_on", f"“{word}”不用写申请延期至。请清空这一格，或改选“申请延期”。"


def _carried(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    if not kind:
        return {}
    until: dict[str, date | None] = {"extension_due_on": values["extension_due_on"]}
    reason = values["application_reason"]
    carried = {_REASON_OF[kind]: reason} if reason else {}
    return carried | (until if kind == "extension_requested" else {})
