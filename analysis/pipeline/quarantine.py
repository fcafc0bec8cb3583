"""The quarantine's way back: listed, written out with its raw values to be mended, and handed in again."""

import shutil
from pathlib import Path

import pandas as pd

from analysis.config import load_settings
from analysis.contracts import QUARANTINE
from analysis.errors import UsageError
from analysis.exchange.quarantine_workbook import RawRow, write_quarantine_workbook
from analysis.ingest.raw_rows import read_raw_rows
from analysis.ingest.sources import load_sources
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

    The workbook holds personal data and is readable by its owner alone.

    Raises:
        UsageError: nothing was published yet, the output's folder does not exist, or a raw file is gone or changed.
    """
    if not output.parent.is_dir():
        raise UsageError(f"没有目录 {output.parent}。请先建立该目录。")
    settings, entries = load_settings(paths.settings), open_entries(paths)
    with_rows = entries[entries["row_number"].notna()]
    raw_rows = [
        row
        for (file_id, file_name, sheet_name), group in with_rows.groupby(
            ["file_id", "file_name", "sheet_name"], sort=False, dropna=False
        )
        for row in _raw_rows(paths, str(file_id), str(file_name), sheet_name, group["row_number"])
    ]
    write_quarantine_workbook(output, entries, raw_rows, settings.site.office, today(settings))
    return len(entries)


def _raw_rows(
    paths: SitePaths, file_id: str, file_name: str, sheet_name: object, row_numbers: pd.Series
) -> list[RawRow]:
    sheet = sheet_name if isinstance(sheet_name, str) else ""
    rows = read_raw_rows(
        paths.raw,
        file_name,
        sheet,
        {int(number) for number in row_numbers},
        sources=load_sources(paths.codebook),
        limits=load_settings(paths.settings).ingest,
        file_id=file_id,
    )
    return [
        RawRow(file_id, sheet, number, headings=tuple(cells), values=tuple(cells.values()))
        for number, cells in rows.items()
    ]


def resubmit_quarantine(paths: SitePaths, mended: Path) -> Path:
    """Copy a mended workbook into the raw folder, where the next run reads it; return where it lies now.

    Raises:
        UsageError: there is no such file, it is no workbook, or one of this name was handed in before.
    """
    if not mended.is_file():
        raise UsageError(f"没有文件 {mended}。请核对路径。")
    if mended.suffix.lower() != ".xlsx":
        raise UsageError(f"{mended} 不是 .xlsx 工作簿。请提交由 hotline quarantine export 导出并改好的文件。")
    target = paths.raw / RESUBMITTED / mended.name
    if target.exists():
        raise UsageError(f"{target} 已经存在。请把修改表改名后再提交。")
    target.parent.mkdir(parents=True, exist_ok=True)
    building = target.with_name(f".{target.name}.building")
    shutil.copyfile(mended, building)
    building.replace(target)
    return target
