"""Reads and writes the one-table files of the commands classify, group and mask."""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

import pandas as pd

from analysis.config import Ingest
from analysis.contracts import COMPLAINTS
from analysis.errors import UsageError
from analysis.exchange.cells import CELL_LIMIT, display_width, fits_in_cell, reads_as_formula
from analysis.ingest.dates import DateRules, date_value
from analysis.ingest.grid import Row, Sheet
from analysis.ingest.reasons import ReadFault, ValueFault, reason
from analysis.ingest.sandbox import open_reading
from analysis.ingest.values import text_value

STANDARD = Path("-")
"""The name that stands for standard input or output."""

_MEGABYTE = 1 << 20
_WIDEST = 50
"""Units of the widest column of a workbook; longer text is read in the cell."""
_SHEET, _SHEET_ROWS = "Sheet1", 1_048_576
_STATEMENT = ("complaint_id", "title", "text")
_RECEIVED = "received_at"


def read_table(path: Path, limits: Ingest) -> pd.DataFrame:
    """Read a table of text from a file, or as CSV from standard input, in the limited child process.

    Returns:
        One column per heading of the first row, in the order of the file; text, an empty cell is "".

    Raises:
        UsageError: the file cannot be read, a heading is missing or doubled, or a row has too many or too few cells.
    """
    return read_numbered_table(path, limits)[0]


def read_numbered_table(path: Path, limits: Ingest) -> tuple[pd.DataFrame, list[int]]:
    """Read a table like `read_table`; return it, and the number of each of its rows in the file, from 1.

    Raises:
        UsageError: see `read_table`.
    """
    suffix = ".csv" if path == STANDARD else path.suffix.lower()
    try:
        with _opened(path, limits) as file, open_reading(file, limits, suffix) as reading:
            return _first_table(reading.sheets, path)
    except ReadFault as fault:
        raise UsageError(f"无法读取 {path}：{reason(fault.code, detail=fault.detail)}") from fault


@contextmanager
def _opened(path: Path, limits: Ingest) -> Iterator[BinaryIO]:
    """Open a file, or a nameless copy of a stream, of which nothing remains if this process is killed."""
    most = limits.max_file_mb * _MEGABYTE
    with nullcontext(sys.stdin.buffer) if path == STANDARD else _open(path) as source:
        if path != STANDARD and path.is_file():
            yield _limited(source, most)
            return
        with tempfile.TemporaryFile() as copy:
            while copy.tell() <= most and (part := source.read(_MEGABYTE)):
                copy.write(part)
            yield _limited(copy, most)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ReadFault("no_access") from error


def _limited(file: BinaryIO, most: int) -> BinaryIO:
    size = file.seek(0, os.SEEK_END)
    if size > most:
        raise ReadFault("too_large", str(-(-size // _MEGABYTE)))
    return file


def _first_table(sheets: Iterator[Sheet], path: Path) -> tuple[pd.DataFrame, list[int]]:
    for sheet in sheets:
        rows = iter(sheet.rows)
        first = next(rows, None) if sheet.info.header is None else Row(0, list(sheet.info.header))
        if first is None or sheet.info.is_hidden:
            continue
        headings = _headings(first, path)
        cells = [(_cells(row, len(headings), path), row.number) for row in rows]
        table = pd.DataFrame([c for c, _ in cells], columns=headings, dtype=object)
        return table, [number for _, number in cells]
    raise UsageError(f"{path} 里没有数据。请检查文件。")


def _headings(row: Row, path: Path) -> list[str]:
    headings = [_text(row, column, path) for column in range(len(row.cells))]
    while headings and not headings[-1]:
        headings.pop()
    for column, heading in enumerate(headings, 1):
        if not heading:
            raise UsageError(f"{path} 第 {row.number} 行第 {column} 列没有列名。请补上列名后重试。")
        if headings.count(heading) > 1:
            raise UsageError(f"{path} 有两列都叫“{heading}”。请改名后重试。")
    return headings


def _cells(row: Row, width: int, path: Path) -> list[str]:
    if row.fault is not None:
        raise UsageError(f"{path} 第 {row.number} 行读不出来：{reason(row.fault)}")
    cells = [_text(row, column, path) for column in range(len(row.cells))]
    if any(cells[width:]):
        raise UsageError(f"{path} 第 {row.number} 行的单元格比列名多。请检查该行的逗号和引号。")
    return (cells + [""] * width)[:width]


def _text(row: Row, column: int, path: Path) -> str:
    try:
        return text_value(row.cells[column]) or ""
    except ValueFault as fault:
        what = reason(fault.code, f"第 {column + 1} 列", fault.detail)
        raise UsageError(f"{path} 第 {row.number} 行：{what}") from fault


def read_complaints(path: Path, limits: Ingest) -> pd.DataFrame:
    """Read complaints: columns complaint_id, title and text (or their Chinese headings); other columns are left out.

    Raises:
        UsageError: see `read_table`; or a column is missing, an id is empty or doubled.
    """
    return _checked_complaints(read_table(path, limits), path)


def _checked_complaints(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    names = {COMPLAINTS[name].heading: name for name in _STATEMENT}
    table = table.rename(columns={h: n for h, n in names.items() if n not in table.columns})
    missing = [name for name in _STATEMENT if name not in table.columns]
    if missing:
        raise UsageError(f"{path} 缺少列 {'、'.join(missing)}。需要 complaint_id、title、text 三列。")
    ids = table["complaint_id"]
    if (ids == "").any():
        raise UsageError(f"{path} 第 {(ids == '').to_numpy().argmax() + 1} 件诉求没有 complaint_id。请补上后重试。")
    if ids.duplicated().any():
        raise UsageError(f"{path} 里 complaint_id 有重复：{ids[ids.duplicated()].iloc[0]}。请改正后重试。")
    return table[list(_STATEMENT)]


def read_dated_complaints(path: Path, limits: Ingest, zone: ZoneInfo) -> pd.DataFrame:
    """Read complaints like `read_complaints`, with received_at (or its Chinese heading) where there is such a column.

    Raises:
        UsageError: see `read_complaints`; or a time cannot be read.
    """
    table = read_table(path, limits).rename(columns={COMPLAINTS[_RECEIVED].heading: _RECEIVED})
    complaints = _checked_complaints(table, path)
    if _RECEIVED not in table.columns:
        return complaints
    # Any year will do to put complaints in order; times are local.
    times, rules = [], DateRules(datetime.min, datetime.max, zone)  # noqa: DTZ901
    for number, cell in enumerate(table[_RECEIVED], 1):
        try:
            times.append(date_value(cell, rules, frozenset()) if cell.strip() else None)
        except ValueFault as fault:
            what = reason(fault.code, "received_at", fault.detail)
            raise UsageError(f"{path} 第 {number} 件诉求：{what}") from fault
    return complaints.assign(received_at=pd.Series(times, dtype="datetime64[us]"))


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV (UTF-8) to a file or standard output, or as a workbook where the name ends in .xlsx.

    A file appears under its name only when it is complete. In a workbook, text that reads as a formula stays text
    when it is entered again.

    Raises:
        UsageError: the folder does not exist, the target is no ordinary file, or a workbook cannot hold the table.
    """
    write_tables({_SHEET: table}, path)


def write_tables(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write tables to the sheets of a workbook where the name ends in .xlsx, else the last one as CSV.

    Raises:
        UsageError: see `write_table`.
    """
    table = list(tables.values())[-1]
    if path == STANDARD:
        table.to_csv(sys.stdout, index=False, lineterminator="\n")
        return
    path = path.resolve()
    if path == Path(os.devnull):
        table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")
        return
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} 已经存在，而且不是普通文件。请换一个文件名；要写到标准输出请用 -。")
    if not path.parent.is_dir():
        raise UsageError(f"没有目录 {path.parent}。请先建立该目录。")
    building = path.with_name(f".{path.name}.{os.getpid()}.building")
    try:
        if path.suffix.lower() == ".xlsx":
            _write_workbook(tables, building, path)
        else:
            table.to_csv(building, index=False, lineterminator="\n", encoding="utf-8")
        building.replace(path)
    finally:
        building.unlink(missing_ok=True)


def _write_workbook(tables: Mapping[str, pd.DataFrame], building: Path, path: Path) -> None:
    for table in tables.values():
        if len(table) >= _SHEET_ROWS:
            raise UsageError(f"{path} 放不下 {len(table)} 行。请改用 .csv。")
        for row, column, text in _texts(table):
            if not fits_in_cell(text):
                place = f"第 {row + 1} 行“{table.columns[column]}”一列"
                raise UsageError(f"{path} {place}的文字超过 {CELL_LIMIT} 字，工作簿放不下。请改用 .csv。")
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with pd.ExcelWriter(building, engine="xlsxwriter", engine_kwargs={"options": options}) as writer:
        quoted = writer.book.add_format({"quote_prefix": True})
        for name, table in tables.items():
            table.to_excel(writer, index=False, sheet_name=name)
            for column, width in enumerate(_widths(table)):
                writer.sheets[name].set_column(column, column, width)
            writer.sheets[name].freeze_panes(1, 0)
            for row, column, text in _texts(table):
                if reads_as_formula(text):
                    writer.sheets[name].write_string(row, column, text, quoted)


def _widths(table: pd.DataFrame) -> Iterator[float]:
    """Yield the width that each column's cells need, within bounds."""
    for name in table.columns:
        longest = max(display_width(str(cell)[:_WIDEST]) for cell in [name, *table[name]])
        yield min(longest, _WIDEST) + 2


def _texts(table: pd.DataFrame) -> Iterator[tuple[int, int, str]]:
    """Yield the cells of a sheet that are text, headings included, with their place."""
    rows: list[Iterable[object]] = [table.columns, *table.itertuples(index=False)]
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, str):
                yield r, c, value
