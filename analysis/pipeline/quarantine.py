"""The quarantine's way back: listed, written out with its raw values to be mended, and handed in again."""

import shutil
from functools import cached_property
from itertools import islice
from pathlib import Path

import pandas as pd

from analysis.config import load_settings
from analysis.contracts import QUARANTINE
from analysis.errors import UsageError
from analysis.exchange.files import PRIVATE_MODE
from analysis.exchange.quarantine_workbook import RawRow, write_quarantine_workbook
from analysis.ingest.discover import discover, is_skipped
from analysis.ingest.headings import SEARCH_ROWS
from analysis.ingest.raw_rows import RawRowsGoneError, read_raw_rows
from analysis.ingest.reasons import ReadFault, reason
from analysis.ingest.sandbox import open_reading
from analysis.ingest.sources import load_sources, normalise
from analysis.ledger.store import Reader
from analysis.pipeline.night import today
from analysis.site import SitePaths

RESUBMITTED = Path("tickets") / "隔离重交"
"""Where mended workbooks go; each row names its platform, so that posts may lie here too."""


def open_entries(paths: SitePaths) -> pd.DataFrame:
    """Return the open entries, columns of the contract (None where empty), in the order of files and rows."""
    with Reader.open(paths.snapshot) as reader:
        entries = reader.table(QUARANTINE)
    still_open = entries[entries["status"] == "open"]
    ordered = still_open.sort_values(["file_name", "sheet_name", "row_number"], ignore_index=True).astype(object)
    return ordered.where(ordered.notna(), None)


def export_quarantine(paths: SitePaths, output: Path) -> int:
    """Write the open entries with the values of their raw rows as a workbook to mend; return how many.

    The workbook holds personal data and is readable by its owner alone. Rows whose raw file is gone or changed are
    listed without values; a renamed file is found by its content.

    Raises:
        UsageError: nothing was published yet, or the output's folder does not exist.
    """
    if not output.parent.is_dir():
        raise UsageError(f"没有目录 {output.parent}。请先建立该目录。")
    settings, entries = load_settings(paths.settings), open_entries(paths)
    read = _RawFiles(paths).rows
    with_rows = entries[entries["row_number"].notna()]
    raw_rows = [
        row
        for (file_id, file_name, sheet_name), group in with_rows.groupby(
            ["file_id", "file_name", "sheet_name"], sort=False, dropna=False
        )
        for row in read(
            str(file_id), str(file_name), sheet_name if isinstance(sheet_name, str) else "", set(group["row_number"])
        )
    ]
    write_quarantine_workbook(output, entries, raw_rows, settings.site.office, today(settings))
    return len(entries)


class _RawFiles:
    """Reads rows of the raw files, wherever the files lie now."""

    def __init__(self, paths: SitePaths) -> None:
        self._raw = paths.raw
        self._sources = load_sources(paths.codebook)
        self._limits = load_settings(paths.settings).ingest

    @cached_property
    def _by_content(self) -> dict[str, Path]:
        return {f.file_id: f.path for f in discover(self._raw) if f.problem is None}

    def rows(self, file_id: str, file_name: str, sheet_name: str, numbers: set[int]) -> list[RawRow]:
        """Return the rows; none where their file is gone or changed."""
        try:
            found = self._read(file_id, file_name, sheet_name, numbers)
        except RawRowsGoneError:  # the entry is listed all the same, without its values
            path = self._by_content.get(file_id)
            if path is None:
                return []
            try:
                found = self._read(file_id, file_name, sheet_name, numbers, path)
            except RawRowsGoneError:
                return []
        return [
            RawRow(file_id, sheet_name, number, headings=tuple(cells), values=tuple(cells.values()))
            for number, cells in found.items()
        ]

    def _read(
        self, file_id: str, file_name: str, sheet_name: str, numbers: set[int], path: Path | None = None
    ) -> dict[int, dict[str, str]]:
        return read_raw_rows(
            self._raw,
            file_name,
            sheet_name,
            numbers,
            sources=self._sources,
            limits=self._limits,
            file_id=file_id,
            path=path,
        )


def resubmit_quarantine(paths: SitePaths, mended: Path) -> Path:
    """Copy a mended workbook into the raw folder, where the next run reads it; return where it lies now.

    Raises:
        UsageError: there is no such file, it is no workbook of `export_quarantine`, one of this name was handed in
            before, or no run would read a file of this name.
    """
    if not mended.is_file():
        raise UsageError(f"没有文件 {mended}。请核对路径。")
    if mended.suffix.lower() != ".xlsx":
        raise UsageError(f"{mended} 不是 .xlsx 工作簿。请提交由 hotline quarantine export 导出并改好的文件。")
    if is_skipped(mended.name):
        raise UsageError(f"{mended.name} 这样的文件名会被当作临时文件或说明略过。请改名后再提交。")
    _check_is_export(paths, mended)
    target = paths.raw / RESUBMITTED / mended.name
    if target.exists():
        raise UsageError(f"{target} 已经存在。请把修改表改名后再提交。")
    target.parent.mkdir(parents=True, exist_ok=True)
    building = target.with_name(f".{target.name}.building")
    building.unlink(missing_ok=True)
    building.touch(PRIVATE_MODE, exist_ok=False)
    shutil.copyfile(mended, building)
    building.replace(target)
    return target


def _check_is_export(paths: SitePaths, mended: Path) -> None:
    wanted = set(map(normalise, load_sources(paths.codebook).headings["quarantine_id"]))
    try:
        with open_reading(mended, load_settings(paths.settings).ingest) as reading:
            for sheet in reading.sheets:
                top = [cell for row in islice(sheet.rows, SEARCH_ROWS) for cell in row.cells]
                if any(isinstance(cell, str) and normalise(cell) in wanted for cell in top):
                    return
    except ReadFault as fault:
        raise UsageError(f"{mended} 读不出来：{reason(fault.code, detail=fault.detail)}") from fault
    raise UsageError(f"{mended} 里没有“隔离编号”一列，不是由 hotline quarantine export 导出的修改表。请核对文件。")
