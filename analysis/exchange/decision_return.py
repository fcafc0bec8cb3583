"""A filled-in 监督台账 read back: what is decided about which problem, or why that cannot be told."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from analysis.codebook.units import UnitRegister
from analysis.exchange.cells import plain_words
from analysis.exchange.decision_columns import (
    BOOK_NAME,
    CORRECTION,
    DECIDED_FIELDS,
    DECISION_FORM,
    DECISION_WORDS,
    FIELD_OF,
    IDENTITY_FIELDS,
    SEALED_FIELDS,
    seal_identity,
)
from analysis.exchange.returned_sheet import (
    CellFault,
    ReadDay,
    RefusedWorkbookError,
    ReturnedCell,
    ReturnedSheet,
    ReturnedTable,
    brief,
    find_tables,
    unread_sheets,
)
from analysis.exchange.seal import Seal
from analysis.exchange.sheets import Kind

_KINDS = {plain_words(word): kind for kind, word in DECISION_WORDS.items()}
_LOCKED = "锁定的栏被改动了，整份不能记入。请照导出的原样恢复这一格，只填灰色栏。"
_STRANGE_ROW = (
    "这一行的行标识、校验码等隐藏栏与内容对不上，可能错了行、拼接过或不是本站导出的。请重新导出监督台账再填。"
)
_OPTIONAL = ("accepting_unit", "extended_to")


class DecisionWorkbookError(RefusedWorkbookError):
    """Some cells of a 监督台账 cannot stand, so that nothing was recorded."""

    def __init__(self, faults: Sequence[CellFault]) -> None:
        super().__init__(BOOK_NAME, "请逐处改正后重新导入；暂时定不了的，清空该行的灰色栏即可略过。", faults)


@dataclass(frozen=True)
class ReturnedDecision:
    """One decision as the sheet says it: table and row, problem and version, step, and facts by column of PROBLEMS."""

    table: ReturnedTable
    row: int
    problem_id: str
    version: int
    kind: str
    facts: Mapping[str, Any]

    def fault(self, column: str, reason: str) -> CellFault:
        """Return a fault found later: of the cell that says a column of PROBLEMS, "" for the decision itself."""
        name = FIELD_OF.get(column, column if column == "problem_id" else "decision")
        return self.table.fault(self.row, name, self.problem_id, reason)

    def source(self, file_name: str) -> str:
        """Return where it was said: file, sheet and cell."""
        return f"{file_name} {self.table.sheet_name} {self.table.address(self.row, 'decision')}"


@dataclass(frozen=True)
class ReturnedDecisions:
    """What a workbook says; `skipped_count` rows are left undecided, `unread` was not looked at."""

    decisions: Sequence[ReturnedDecision]
    skipped_count: int
    faults: Sequence[CellFault]
    unread: Sequence[str]


@dataclass(frozen=True)
class DecisionReading:
    """By what a workbook is read.

    Attributes:
        site_code: the site that exported it.
        seal: checks the rows.
        past_day: reads days up to today.
        coming_day: reads days to come as well.
        units: the register.
        carried: by step, the columns of PROBLEMS that it must carry, and all that it can carry.
        longest_text: characters that a reason or an opinion may have.
        longest_name: characters that a name may have.
    """

    site_code: str
    seal: Seal
    past_day: ReadDay
    coming_day: ReadDay
    units: UnitRegister
    carried: Callable[[str], tuple[frozenset[str], frozenset[str]]]
    longest_text: int
    longest_name: int


def read_decision_workbook(sheets: Sequence[ReturnedSheet], reading: DecisionReading) -> ReturnedDecisions:
    """Read all sheets of a 监督台账, and check each cell for itself; rows without a decision are passed over.

    Raises:
        UsageError: none of the sheets is one, or columns are missing or doubled.
    """
    decisions: list[ReturnedDecision] = []
    faults: list[CellFault] = []
    skipped = 0
    tables = find_tables(sheets, DECISION_FORM)
    for table in tables:
        reader = _RowReader(table, reading)
        rows = {number: table.cells(number) for number in table.row_numbers()}
        own = {number: cells for number, cells in rows.items() if cells["row_id"] or _is_decided(cells)}
        faults += table.merge_faults(own)
        for number, cells in own.items():
            skipped += not _is_decided(cells)
            found = reader.seal_faults(number, cells)
            if _is_decided(cells) and not found:
                decision, found = reader.read(number, cells)
                decisions += [decision] * (not found)
            faults += found
    faults += _doubled(decisions)
    unread = [*(c for table in tables for c in table.unread_columns()), *unread_sheets(sheets, tables, DECISION_FORM)]
    return ReturnedDecisions(decisions, skipped, faults, unread)


def _is_decided(cells: Mapping[str, ReturnedCell]) -> bool:
    """Say whether a row holds anything that makes a decision; who verified many at once may stand in every row."""
    return any(cells[name] for name in DECIDED_FIELDS if name not in DECISION_FORM.shared)


def _doubled(decisions: Sequence[ReturnedDecision]) -> Iterator[CellFault]:
    first: dict[str, ReturnedDecision] = {}
    for decision in decisions:
        other = first.setdefault(decision.problem_id, decision)
        if other is not decision:
            where = f"“{other.table.sheet_name}”第 {other.row} 行"
            yield decision.fault("", f"这个问题在{where}已经有决定。一个问题一次只作一个决定，请删去一个。")


@dataclass(frozen=True)
class _RowReader:
    """Tells what the cells of one row say."""

    table: ReturnedTable
    reading: DecisionReading

    def seal_faults(self, number: int, cells: Mapping[str, ReturnedCell]) -> list[CellFault]:
        """Return what in a row was changed that nobody may change."""
        problem_id = cells["row_id"].text or cells["problem_id"].text
        troubles = [name for name in (*IDENTITY_FIELDS, "seal", *SEALED_FIELDS) if cells[name].trouble]
        if troubles:
            return [self.table.fault(number, n, problem_id, f"{_LOCKED}（{cells[n].trouble}）") for n in troubles]
        identity = seal_identity({name: cells[name].literal for name in IDENTITY_FIELDS}, self.reading.site_code)
        shown = {name: self._shown(name, cells[name]) for name in SEALED_FIELDS}
        changed = self.reading.seal.changed(cells["seal"].literal, identity, shown)
        if changed is None or not cells["version"].literal.isdigit():
            return [self.table.fault(number, "row_id", problem_id, _STRANGE_ROW)]
        return [self.table.fault(number, name, problem_id, _LOCKED) for name in changed]

    def _shown(self, name: str, cell: ReturnedCell) -> str:
        if DECISION_FORM.by_field[name].kind is not Kind.DATE or not cell.text:
            return cell.literal
        try:
            return str(self.reading.coming_day(cell) or "")
        except ValueError:
            return cell.literal

    def read(self, number: int, cells: Mapping[str, ReturnedCell]) -> tuple[ReturnedDecision, list[CellFault]]:
        """Return what a row decides, and which of its cells cannot stand."""
        problem_id, faults = cells["row_id"].text, []
        values: dict[str, Any] = {}
        for name in DECIDED_FIELDS:
            try:
                values[name] = self._value(name, cells[name])
            except ValueError as error:
                faults.append(self.table.fault(number, name, problem_id, str(error)))
        kind = values.pop("decision", None) or ""
        facts: dict[str, Any] = {}
        if kind:
            facts, found = self._facts(kind, values, {name for name in values if cells[name].text})
            faults += [self.table.fault(number, name, problem_id, reason) for name, reason in found]
        version = int(cells["version"].literal)
        return ReturnedDecision(self.table, number, problem_id, version, kind, facts), faults

    def _facts(
        self, kind: str, values: Mapping[str, Any], filled: set[str]
    ) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Return what a step carries, and which cells it lacks or has no use for."""
        word = DECISION_WORDS[kind]
        must, may = self.reading.carried(kind) if kind != CORRECTION else (frozenset({"status_reason"}),) * 2
        column_of = {FIELD_OF[column]: column for column in sorted(may) if column in FIELD_OF}
        needed = {FIELD_OF[column] for column in must if column in FIELD_OF} - set(_OPTIONAL)
        headings = {name: DECISION_FORM.by_field[name].heading for name in DECIDED_FIELDS}
        faults = [
            (name, f"“{word}”必须写明{headings[name]}。")
            for name in DECIDED_FIELDS
            if name in needed and name not in filled
        ]
        shared = set(DECISION_FORM.shared)
        faults += [
            (name, f"“{word}”用不着{headings[name]}。请清空这一格，或改选别的决定。")
            for name in DECIDED_FIELDS
            if name in filled - shared and name not in column_of
        ]
        return {column: values[name] for name, column in column_of.items() if values.get(name) is not None}, faults

    def _value(self, name: str, cell: ReturnedCell) -> Any:
        if cell.trouble:
            raise ValueError(cell.trouble)
        if not cell.text:
            if name == "decision":
                raise ValueError("填了别的却没有选决定。请从下拉列表选，或清空这一行的灰色栏。")
            return None
        return self._readers[name](cell)

    @cached_property
    def _readers(self) -> dict[str, Callable[[ReturnedCell], Any]]:
        return {
            "decision": _decision,
            "unit": self._unit,
            "receiver": self._name,
            "extended_to": self.reading.coming_day,
            "merged_into": lambda cell: plain_words(cell.text).upper(),
            "verification": self._text,
            "verified_by": self._name,
            "verified_on": self.reading.past_day,
            "accepting_unit": self._name,
            "release": self._text,
            "reason": self._text,
        }

    def _unit(self, cell: ReturnedCell) -> str:
        said = plain_words(cell.text)
        for unit in self.reading.units.unit:
            if said in {plain_words(name) for name in (unit.short_name, unit.name, *unit.aliases)}:
                return unit.unit_id
        raise ValueError(f"名录里没有“{brief(cell.text)}”。请从下拉列表选一个；要改为待定的，请选决定“责任单位待定”。")

    def _text(self, cell: ReturnedCell) -> str:
        return _of_length(cell, self.reading.longest_text)

    def _name(self, cell: ReturnedCell) -> str:
        return _of_length(cell, self.reading.longest_name)


def _decision(cell: ReturnedCell) -> str:
    kind = _KINDS.get(plain_words(cell.text))
    if kind is None:
        raise ValueError(f"“{brief(cell.text)}”不是可以作的决定。请从下拉列表选。")
    return kind


def _of_length(cell: ReturnedCell, longest: int) -> str:
    words = " ".join(cell.text.split())
    if len(words) > longest:
        raise ValueError(f"有 {len(words)} 个字，最多 {longest} 个。请写得简短些。")
    return words
