"""Leads back to raw rows: native headings and cells as the file has them."""

from collections.abc import Collection
from pathlib import Path

from analysis.config import Ingest
from analysis.errors import UsageError
from analysis.ingest.discover import find_file
from analysis.ingest.grid import Cell, Row, Sheet
from analysis.ingest.headings import SEARCH_ROWS, Header, find_source, map_headings
from analysis.ingest.layout import header_of
from analysis.ingest.reasons import ReadFault, plain, reason
from analysis.ingest.sandbox import open_reading
from analysis.ingest.sources import Sources


class RawRowsGoneError(UsageError):
    """Rows cannot be had any more: their file is gone, changed or unreadable, or has no such row."""


WHOLE_ROW = "整行"
"""Heading of a row whose cells cannot be told."""


def read_raw_rows(
    raw_directory: Path,
    file_name: str,
    sheet_name: str | None,
    row_numbers: Collection[int],
    *,
    sources: Sources,
    limits: Ingest,
    file_id: str | None = None,
    path: Path | None = None,
) -> dict[int, dict[str, str]]:
    """Return rows of a file by their numbers: cell text by native heading, in the order of the columns.

    The file is read once, in the sandbox. Columns without a heading are called «第 3 列»; a heading that stands
    twice gets its column in brackets. The platform comes first, where the row itself does not name it, so that a
    mended row can be handed in from anywhere. What comes back is not masked: for the eyes of the operator only.

    Args:
        raw_directory: the raw directory that `file_name` is relative to.
        file_name: as in the ledger.
        sheet_name: as in the ledger; empty or None for text files.
        row_numbers: as in the ledger.
        sources: what headings mean.
        limits: settings of the section [ingest].
        file_id: fingerprint of the file that is meant, if it must not be another.
        path: where the file lies now, if it was renamed since.

    Raises:
        RawRowsGoneError: the file is gone, unreadable or changed, or has no such sheet or row.
    """
    path = path or find_file(raw_directory, file_name)
    if path is None:
        raise RawRowsGoneError(f"原始目录里已没有文件“{plain(file_name, 80)}”。请把它放回原处后重试。")
    try:
        with open_reading(path, limits) as reading:
            if file_id is not None and reading.file_id != file_id:
                raise RawRowsGoneError(f"文件“{plain(file_name, 80)}”的内容已不是当时读入的。请放回原来的文件后重试。")
            sheet = next((s for s in reading.sheets if s.info.name == (sheet_name or "")), None)
            found = _rows(sheet, set(row_numbers), file_name, sources) if sheet else {}
    except ReadFault as fault:
        why = reason(fault.code, detail=fault.detail)
        raise RawRowsGoneError(f"文件“{plain(file_name, 80)}”读不出来：{why}") from fault
    missing = sorted(set(row_numbers) - set(found))
    if missing:
        raise RawRowsGoneError(
            f"文件“{plain(file_name, 80)}”工作表“{plain(sheet_name or '')}”里没有第 {missing[0]} 行。"
        )
    return found


def read_raw_row(
    raw_directory: Path,
    file_name: str,
    sheet_name: str | None,
    row_number: int,
    *,
    sources: Sources,
    limits: Ingest,
    file_id: str | None = None,
) -> dict[str, str]:
    """Return one row of a file; see `read_raw_rows`."""
    rows = read_raw_rows(
        raw_directory, file_name, sheet_name, [row_number], sources=sources, limits=limits, file_id=file_id
    )
    return rows[row_number]


def _rows(sheet: Sheet, wanted: set[int], file_name: str, sources: Sources) -> dict[int, dict[str, str]]:
    top: list[Row] = []
    found: dict[int, Row] = {}
    for row in sheet.rows:
        if len(top) < SEARCH_ROWS:
            top.append(row)
        if row.number in wanted:
            found[row.number] = row
    header = header_of(sheet.info, top, sources)
    names = _unique([h[0] if h else "" for h in header.headings]) if header else []
    platform = _platform(sheet.info.name, header, file_name, sources) if header else {}
    return {
        n: platform | ({WHOLE_ROW: _shown(r.cells[0])} if r.fault else _named(names, r.cells)) for n, r in found.items()
    }


def _platform(sheet_name: str, header: Header, file_name: str, sources: Sources) -> dict[str, str]:
    source, _ = find_source(file_name.partition("/")[0], file_name, sheet_name, header, sources)
    if source is None or "source_code" in map_headings(header, source, sources).columns:
        return {}
    return {sources.headings["source_code"][0]: source.name}


def _unique(headings: list[str]) -> list[str]:
    repeated = {h for h in headings if headings.count(h) > 1}
    return [f"{h}（第 {i} 列）" if h in repeated and h else h for i, h in enumerate(headings, start=1)]


def _named(names: list[str], cells: list[Cell]) -> dict[str, str]:
    row = {}
    for position in range(max(len(names), len(cells))):
        name = names[position] if position < len(names) else ""
        cell = cells[position] if position < len(cells) else None
        if name or cell is not None:
            row[name or f"第 {position + 1} 列"] = _shown(cell)
    return row


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, list):
        return cell[1].replace("T", " ")
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    return format(cell, ".15g") if isinstance(cell, float) else str(cell)
