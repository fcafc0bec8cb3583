"""隔离修改表: rows that were not accepted, with their own values, for the operator to mend and hand in again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.exchange.cells import clean_text, display_width
from analysis.exchange.files import PRIVATE_MODE
from analysis.exchange.ledger_view import as_text
from analysis.exchange.sheet_writer import write_book
from analysis.exchange.sheets import Book, Kind, Sheet, SheetColumn, SheetRow, Value
from analysis.exchange.style import Filler
from analysis.line import one_line

WARNING = "本表含个人信息：只限值班员修改后重交，不得转发；重交成功后请立即删除。"
_HOW_TO = "在黄底格里改好原值，保存后放回原始目录的同一子目录，下次运行会自动重收。前六列和栏头请勿改动。"
_ELSEWHERE = "不能在此修改"
_LONGEST_SHEET_NAME = 31
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\'\x00-\x1f]")
_NARROWEST, _WIDEST = 10.0, 48.0

_ADDRESS = (
    SheetColumn("quarantine_id", "隔离编号", 15, Kind.SHORT),
    SheetColumn("file_name", "文件", 22, Kind.SHORT),
    SheetColumn("sheet_name", "工作表", 10, Kind.SHORT),
    SheetColumn("row_number", "行号", 7, Kind.SHORT),
    SheetColumn("column_name", "字段", 12, Kind.SHORT),
    SheetColumn("reason", "原因", 40),
)
_ID_HEADING = _ADDRESS[0].heading


@dataclass(frozen=True)
class RawRow:
    """One row as it stands in its file: headings in their order, and the values under them as text."""

    file_id: str
    sheet_name: str
    row_number: int
    headings: tuple[str, ...]
    values: tuple[str, ...]


def write_quarantine_workbook(
    path: Path, quarantine: pd.DataFrame, raw_rows: Sequence[RawRow], office: str, as_of: date
) -> Path:
    """Write the open quarantine with the raw values, readable by its owner alone, and return the path.

    Rows with the same headings share a sheet that can be read again as an ordinary export: one row of headings,
    the address and reason in the first columns, then the source's own columns. Cells with a reason are marked.
    What cannot be mended here (unreadable files, rows whose file is gone) stands on a sheet of its own.

    A row of a workbook that was handed in before, and is still wrong, stands in for the row it was to mend: it carries
    the ids of both, its own first, and that row is not written a second time.

    Args:
        path: where to write it.
        quarantine: the contract's table; resolved entries are left out.
        raw_rows: the rows of their files; entries without one are listed without values.
        office: who issues it.
        as_of: day of the export.
    """
    open_entries = quarantine[quarantine["status"] == "open"]
    raw_by_address = {(r.file_id, r.sheet_name, r.row_number): r for r in raw_rows}
    followed_up = {number for r in raw_rows for number in _earlier_ids(r)}
    groups: dict[tuple[str, ...], list[SheetRow]] = {}
    elsewhere: list[SheetRow] = []
    for address, entries in open_entries.assign(
        sheet=open_entries["sheet_name"].map(as_text), row=open_entries["row_number"].fillna(0)
    ).groupby(["file_id", "sheet", "row"], sort=False):
        raw = raw_by_address.get(_address(address))
        if raw is None:
            elsewhere += [SheetRow(_entry_values(entry)) for entry in entries.to_dict("records")]
        elif not followed_up.issuperset(entries["quarantine_id"]):
            own = _without_earlier_address(raw)
            headings = _unique_headings(own)
            groups.setdefault(headings, []).append(_mendable_row(entries, headings, own, _earlier_ids(raw)))
    sheets = [_mendable_sheet(number, headings, rows) for number, (headings, rows) in enumerate(groups.items(), 1)]
    if elsewhere or not sheets:
        sheets.append(_elsewhere_sheet(elsewhere))
    return write_book(path, Book("隔离修改表", office, as_of, sheets), PRIVATE_MODE)


def _address(key: Any) -> tuple[str, str, int]:
    file_id, sheet_name, row_number = key
    return str(file_id), str(sheet_name), int(row_number)


def _earlier_ids(raw: RawRow) -> list[str]:
    """Return the entries that a row handed in again was to mend, as its own cell names them."""
    return " ".join(v for h, v in zip(raw.headings, raw.values, strict=False) if h == _ID_HEADING).split()


def _without_earlier_address(raw: RawRow) -> RawRow:
    """Return a row handed in again as its platform wrote it, without the columns that an earlier export put first."""
    if _ID_HEADING not in raw.headings:
        return raw
    ours = {_apart(c.heading) if _apart(c.heading) in raw.headings else c.heading for c in _ADDRESS}
    kept = [(h, v) for h, v in zip_longest(raw.headings, raw.values, fillvalue="") if h not in ours]
    return replace(raw, headings=tuple(h for h, _ in kept), values=tuple(v for _, v in kept))


def _unique_headings(raw: RawRow) -> tuple[str, ...]:
    """Return the headings with names for values that stand under none, and repeated ones numbered."""
    unique: dict[str, None] = {}
    for position, (heading, _) in enumerate(zip_longest(raw.headings, raw.values, fillvalue=""), 1):
        name = clean_text(heading).strip() or f"无栏头第{position}列"
        copies = sum(known == name or known.startswith(f"{name}（重名") for known in unique)
        unique[f"{name}（重名{copies + 1}）" if copies else name] = None
    return tuple(unique)


def _entry_values(entry: dict[Any, Any]) -> dict[str, Value]:
    return {column.field: as_text(entry[column.field]) for column in _ADDRESS}


def _mendable_row(entries: pd.DataFrame, headings: tuple[str, ...], raw: RawRow, earlier: list[str]) -> SheetRow:
    """Return one row for all that is wrong with one raw row, so that it is handed in again only once."""
    records = entries.to_dict("records")
    values = _entry_values(records[0])
    values["quarantine_id"] = "\n".join([*(as_text(r["quarantine_id"]) for r in records), *earlier])
    values["column_name"] = "\n".join(
        filter(None, (as_text(r["heading"]) or as_text(r["column_name"]) for r in records))
    )
    values["reason"] = "\n".join(as_text(r["reason"]) for r in records)
    cells = zip_longest(headings, raw.values, fillvalue="")
    values |= {_value_field(position): value for position, (_, value) in enumerate(cells)}
    wrong = {as_text(r["heading"]) for r in records}
    positions = [position for position, heading in enumerate(headings) if heading in wrong]
    return SheetRow(values, flagged=frozenset(map(_value_field, positions)))


def _apart(heading: str) -> str:
    """Return the heading of an address column where the source has a column of this name."""
    return f"{heading}（隔离）"


def _value_field(position: int) -> str:
    return f"value {position}"


def _mendable_sheet(number: int, headings: tuple[str, ...], rows: list[SheetRow]) -> Sheet:
    files = {str(row.values["file_name"]): None for row in rows}
    stem = Path(next(iter(files))).stem
    name = _NOT_IN_SHEET_NAMES.sub("_", one_line(clean_text(f"{number}-{stem}")))[:_LONGEST_SHEET_NAME].rstrip()
    address = tuple(
        SheetColumn(c.field, _apart(c.heading) if c.heading in headings else c.heading, c.width, c.kind)
        for c in _ADDRESS
    )
    columns = []
    for position, heading in enumerate(headings):
        field = _value_field(position)
        texts = [heading, *(str(row.values.get(field, "")) for row in rows)]
        width = min(max(display_width(text) for text in texts) + 3, _WIDEST)
        columns.append(SheetColumn(field, heading, max(width, _NARROWEST), Kind.TEXT, Filler.UNIT))
    return Sheet(
        name=name,
        title="隔离修改表",
        subtitle=f"共 {len(rows)} 行，出自 {len(files)} 个文件",
        warning=WARNING,
        notes=(_HOW_TO,),
        columns=(*address, *columns),
        rows=rows,
        frozen_columns=1,
    )


def _elsewhere_sheet(rows: list[SheetRow]) -> Sheet:
    return Sheet(
        name=_ELSEWHERE,
        title="不能在此修改的文件和行",
        subtitle="无法读取的文件，或原文件已不在原始目录的行：请按原因处理原文件后重新放入原始目录",
        columns=_ADDRESS,
        rows=rows,
        when_empty="（没有待处理的隔离）",
    )
