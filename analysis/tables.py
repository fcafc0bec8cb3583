"""Reads and writes the one-table files of the commands classify, group and mask."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from analysis.config import Ingest
from analysis.contracts import COMPLAINTS
from analysis.errors import UsageError
from analysis.ingest.grid import Row, Sheet
from analysis.ingest.reasons import ReadFault, ValueFault, reason
from analysis.ingest.sandbox import open_reading
from analysis.ingest.values import text_value

STANDARD = Path("-")
"""The name that stands for standard input or output."""

_STATEMENT = ("complaint_id", "title", "text")


def read_table(path: Path, limits: Ingest) -> pd.DataFrame:
    """Read a table of text from a file, or as CSV from standard input, in the limited child process.

    Returns:
        One column per heading of the first row, in the order of the file; text, an empty cell is "".

    Raises:
        UsageError: the file cannot be read, a heading is missing or doubled, or a row has too many or too few cells.
    """
    with _as_file(path) as file:
        try:
            with open_reading(file, limits) as reading:
                return _first_table(reading.sheets, path)
        except ReadFault as fault:
            raise UsageError(f"无法读取 {path}：{reason(fault.code, detail=fault.detail)}") from fault


@contextmanager
def _as_file(path: Path) -> Iterator[Path]:
    if path != STANDARD:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "stdin.csv"
        copy.write_bytes(sys.stdin.buffer.read())
        yield copy


def _first_table(sheets: Iterator[Sheet], path: Path) -> pd.DataFrame:
    for sheet in sheets:
        rows = iter(sheet.rows)
        first = next(rows, None) if sheet.info.header is None else Row(0, list(sheet.info.header))
        if first is None or sheet.info.is_hidden:
            continue
        headings = _headings(first, path)
        cells = [_cells(row, len(headings), path) for row in rows]
        return pd.DataFrame(cells, columns=headings, dtype=object)
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
    table = read_table(path, limits)
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


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV (UTF-8) to a file or standard output, or as a workbook where the name ends in .xlsx.

    A file appears under its name only when it is complete.

    Raises:
        UsageError: the folder does not exist.
    """
    if path == STANDARD:
        table.to_csv(sys.stdout, index=False, lineterminator="\n")
        return
    if not path.parent.is_dir():
        raise UsageError(f"没有目录 {path.parent}。请先建立该目录。")
    building = path.with_name(f".{path.name}.{os.getpid()}.building")
    try:
        if path.suffix.lower() == ".xlsx":
            options = {"strings_to_formulas": False, "strings_to_urls": False}
            with pd.ExcelWriter(building, engine="xlsxwriter", engine_kwargs={"options": options}) as writer:
                table.to_excel(writer, index=False)
        else:
            table.to_csv(building, index=False, lineterminator="\n", encoding="utf-8")
        building.replace(path)
    finally:
        building.unlink(missing_ok=True)
