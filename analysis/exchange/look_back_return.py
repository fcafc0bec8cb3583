"""A filled-in 回头看核查表 read back: what was found at each problem, or why that cannot be told."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.codebook.look_back import LookBackBook
from analysis.contracts import LOOK_BACK_RESULTS
from analysis.exchange.cells import plain_words
from analysis.exchange.look_back_workbook import (
    BOOK_NAME,
    FINDINGS,
    IDENTITY_FIELDS,
    RESULT_FIELDS,
    SEALED_FIELDS,
    look_back_form,
    method_field,
    row_identity,
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
from analysis.exchange.seal import Seal
from analysis.exchange.sheets import Kind

_RESULTS = {plain_words(word): result for result, word in LOOK_BACK_RESULTS.items()}
_FINDINGS = {plain_words(word): word for word in FINDINGS}
_KINDS = {"consolidated": "looked_back", "relapsed": "look_back_failed"}


class LookBackWorkbookError(RefusedWorkbookError):
    """Some cells of a 回头看核查表 cannot stand, so that nothing was recorded."""

    def __init__(self, faults: Sequence[CellFault]) -> None:
        super().__init__(BOOK_NAME, "请逐处改正后重新导入；还没有查的，清空该行的灰色栏即可略过。", faults)


@dataclass(frozen=True)
class Finding:
    """What was found at one problem: table and row, sample, problem and version, step, facts by column of PROBLEMS."""

    table: ReturnedTable
    row: int
    sample_id: str
    problem_id: str
    version: int
    kind: str
    facts: Mapping[str, Any]

    def fault(self, reason: str) -> CellFault:
        """Return a fault found later, of the conclusion (Chinese)."""
        return self.table.fault(self.row, "result", self.problem_id, reason)

    def source(self, file_name: str) -> str:
        """Return where it was said: file and cell."""
        return f"{file_name} {self.table.address(self.row, 'result')}"


@dataclass(frozen=True)
class ReturnedFindings:
    """What a workbook says; `skipped_count` rows were not looked at yet, `unread` was not read."""

    findings: Sequence[Finding]
    skipped_count: int
    faults: Sequence[CellFault]
    unread: Sequence[str]


@dataclass(frozen=True)
class LookBackReading:
    """By what a workbook is read: ways of looking, site, what checks the rows, days up to today, limits of texts."""

    book: LookBackBook
    site_code: str
    seal: Seal
    read_day: ReadDay
    longest_text: int
    longest_name: int


def read_look_back_workbook(sheets: Sequence[ReturnedSheet], reading: LookBackReading) -> ReturnedFindings:
    """Read the one sheet that is a 回头看核查表, and check each cell; rows without a finding are passed over.

    Raises:
        UsageError: none or several of the sheets are one, or columns are missing or doubled.
    """
    table = find_table(sheets, look_back_form(reading.book))
    filled = (*(method_field(m.code) for m in reading.book.method), "result", "told")
    faults = list(table.merge_faults())
    findings: list[Finding] = []
    skipped = 0
    for number in table.row_numbers():
        cells = table.cells(number)
        if not any(cells[name] for name in filled):
            skipped += bool(cells["row_id"] or cells["problem_id"])
            continue
        found = list(_seal_faults(table, number, cells, reading))
        if not found:
            finding, found = _read(table, number, cells, reading)
            findings += [finding] * (not found)
        faults += found
    faults += _doubled(findings)
    return ReturnedFindings(findings, skipped, faults, table.unread(sheets))


def _doubled(findings: Sequence[Finding]) -> Iterator[CellFault]:
    first: dict[str, Finding] = {}
    for finding in findings:
        other = first.setdefault(finding.problem_id, finding)
        if other is not finding:
            yield finding.fault(f"这个问题在第 {other.row} 行已经有结论。请删去一个。")


def _seal_faults(
    table: ReturnedTable, number: int, cells: Mapping[str, ReturnedCell], reading: LookBackReading
) -> Iterator[CellFault]:
    """Yield what in a row was changed that nobody may change."""
    problem_id = cells["row_id"].text or cells["problem_id"].text
    identity = row_identity({name: cells[name].literal for name in IDENTITY_FIELDS}, reading.site_code)
    columns = look_back_form(reading.book).by_field
    shown = {}
    for name in SEALED_FIELDS:
        shown[name] = cells[name].literal
        if columns[name].kind is Kind.DATE and cells[name].text and not cells[name].trouble:
            try:
                shown[name] = str(reading.read_day(cells[name]) or "")
            except ValueError:
                shown[name] = cells[name].literal
    changed = reading.seal.changed(cells["seal"].literal, identity, shown)
    if changed is None or not cells["version"].literal.isdigit():
        yield table.fault(
            number, "row_id", problem_id, "这一行的隐藏栏与内容对不上，可能错了行或不是本站导出的。请用导出的原表填写。"
        )
        return
    for name in changed:
        yield table.fault(number, name, problem_id, "锁定的栏被改动了。请照导出的原样恢复这一格，只填灰色栏。")


def _read(
    table: ReturnedTable, number: int, cells: Mapping[str, ReturnedCell], reading: LookBackReading
) -> tuple[Finding, list[CellFault]]:
    problem_id, faults = cells["row_id"].text, []
    methods = {method_field(m.code): m.name for m in reading.book.method}
    readers: dict[str, Callable[[ReturnedCell], Any]] = {
        **dict.fromkeys(methods, _finding),
        "people": lambda cell: _of_length(cell, reading.longest_name),
        "looked_back_on": reading.read_day,
        "result": _result,
        "told": lambda cell: _of_length(cell, reading.longest_text),
    }
    values: dict[str, Any] = {}
    for name in (*methods, *RESULT_FIELDS):
        try:
            if cells[name].trouble:
                raise ValueError(cells[name].trouble)
            values[name] = readers[name](cells[name]) if cells[name].text else None
        except ValueError as error:
            faults.append(table.fault(number, name, problem_id, str(error)))
    used = {methods[name]: values.get(name) for name in methods if cells[name]}
    missing = {
        next(iter(methods)): "至少要用一种回头看方式。请在用过的方式栏选“符合”或“不符合”。" if not used else "",
        "people": "没有填参加人。" if not cells["people"] else "",
        "looked_back_on": "没有填回头看日期。" if not cells["looked_back_on"] else "",
        "result": "没有选结论。请选“巩固”或“反弹”，或清空这一行的灰色栏。" if not cells["result"] else "",
        "told": "结论是“反弹”的必须写明情况。" if values.get("result") == "relapsed" and not cells["told"] else "",
    }
    faults += [table.fault(number, name, problem_id, reason) for name, reason in missing.items() if reason]
    facts = {
        "look_back_methods": "、".join(f"{name}（{found}）" for name, found in used.items()),
        "look_back_people": values.get("people"),
        "looked_back_on": values.get("looked_back_on"),
    } | ({"status_reason": values["told"]} if values.get("told") else {})
    kind = _KINDS.get(values.get("result") or "", "")
    version = int(cells["version"].literal)
    return Finding(table, number, cells["sample_id"].literal, problem_id, version, kind, facts), faults


def _finding(cell: ReturnedCell) -> str:
    word = _FINDINGS.get(plain_words(cell.text))
    if word is None:
        raise ValueError(f"“{brief(cell.text)}”不能用在这一栏。请选“符合”或“不符合”，没有用这种方式的留空。")
    return word


def _result(cell: ReturnedCell) -> str:
    result = _RESULTS.get(plain_words(cell.text))
    if result is None:
        raise ValueError(f"“{brief(cell.text)}”不是结论。请选“巩固”或“反弹”。")
    return result


def _of_length(cell: ReturnedCell, longest: int) -> str:
    words = " ".join(cell.text.split())
    if len(words) > longest:
        raise ValueError(f"有 {len(words)} 个字，最多 {longest} 个。请写得简短些。")
    return words
