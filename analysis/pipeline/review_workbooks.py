"""The 复核表's way out and back: the review queue as a workbook, and a filled-in one into the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from analysis.codebook.scheme import load_scheme
from analysis.config import Settings, load_settings
from analysis.errors import UsageError
from analysis.exchange.review_return import (
    CellFault,
    ReturnedCell,
    ReturnedReviews,
    ReturnedSheet,
    ReviewWorkbookError,
    read_review_workbook,
)
from analysis.exchange.review_workbook import write_review_workbook
from analysis.ingest.dates import DateRules, day_value
from analysis.ingest.grid import Cell, Sheet
from analysis.ingest.reasons import ReadFault, ValueFault, reason
from analysis.ingest.sandbox import open_reading
from analysis.ingest.sources import load_sources
from analysis.ingest.values import text_value, unforced
from analysis.ledger.review_checks import REVIEW_INPUT, InvalidReviewsError, RowFault
from analysis.pipeline.night import today
from analysis.pipeline.reviewing import check_reviews, record_reviews, review_queue
from analysis.site import SitePaths

SUFFIX = ".xlsx"
_SUFFIXES = {SUFFIX, ".xls"}
"""Older office programs save a returned workbook as .xls; its cells say the same."""
_FORMULA = "这一格是公式，以后打开结果可能会变。请改为直接填写的值（复制后“选择性粘贴—数值”）。"


@dataclass(frozen=True)
class ExportedQueue:
    """How many complaints of the queue were written, how many it has, and how many leads were left out."""

    written: int
    waiting: int
    leads_left_out: int


def export_queue(
    paths: SitePaths, output: Path, limit: int | None = None, *, with_leads: bool = False
) -> ExportedQueue:
    """Write the most valuable of the review queue as a 复核表 readable by its owner alone.

    Args:
        paths: the site.
        output: where to write it; an existing file is left alone, as a reviewer may have filled it in.
        limit: at most so many complaints.
        with_leads: also those that may hold a lead of a restricted category; few may see them.

    Raises:
        UsageError: nothing was run yet, the name does not end in .xlsx, its folder does not exist, or the file does.
    """
    if output.suffix.lower() != SUFFIX:
        raise UsageError(f"{output} 不是 {SUFFIX} 文件名。请把文件名写成 复核表{SUFFIX} 的样子。")
    if not output.parent.is_dir():
        raise UsageError(f"没有目录 {output.parent}。请先建立该目录。")
    if output.exists():
        raise UsageError(f"{output} 已经存在，里面可能有填好的复核意见。请换一个文件名。")
    settings = load_settings(paths.settings)
    queue = review_queue(paths)
    shown = queue if with_leads else queue[~queue["has_lead"]]
    names = {source.source_code: source.name for source in load_sources(paths.codebook).source}
    chosen = shown.head(len(shown) if limit is None else limit)
    write_review_workbook(output, chosen, load_scheme(paths.codebook), names, settings.site.office, today(settings))
    return ExportedQueue(len(chosen), len(queue), len(queue) - len(shown))


@dataclass(frozen=True)
class ImportedReviews:
    """What became of a workbook's rows; `complaints` are judged again in the next run, `unread` was not looked at."""

    recorded: int
    unchanged: int
    skipped: int
    complaints: int
    unread: tuple[str, ...]


def import_reviews(paths: SitePaths, workbook: Path) -> ImportedReviews:
    """Read a filled-in 复核表, check every cell, and record all of its reviews, or none.

    Raises:
        ReviewWorkbookError: some cells cannot stand; `faults` lists them, nothing was recorded.
        UsageError: the file is not there, unreadable, or no 复核表; there is no ledger yet.
        BusyError: a run is going on.
    """
    if not workbook.is_file():
        raise UsageError(f"没有文件 {workbook}。请核对路径。")
    if workbook.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{workbook} 不是工作簿。请提交由 hotline review export 导出并填好的 {SUFFIX} 文件。")
    returned = _read(paths, workbook)
    reviews = _as_table(returned, workbook)
    if returned.faults:
        raise ReviewWorkbookError([*returned.faults, *_told(check_reviews(paths, reviews), returned)])
    try:
        counts = record_reviews(paths, reviews)
    except InvalidReviewsError as error:
        raise ReviewWorkbookError(_told(error.faults, returned)) from error
    unread = tuple(returned.unread)
    return ImportedReviews(
        counts["recorded"], counts["unchanged"], returned.skipped_count, counts["complaints"], unread
    )


def _as_table(returned: ReturnedReviews, workbook: Path) -> pd.DataFrame:
    records = [dict(row) | {"source": "workbook", "source_file": workbook.name} for row in returned.reviews]
    return pd.DataFrame(records, columns=list(REVIEW_INPUT), dtype=object)


def _told(faults: Iterable[RowFault], returned: ReturnedReviews) -> list[CellFault]:
    """Return faults that the ledger found with the cells in which they stand."""
    return [returned.fault(f.source_row or 0, f.column, f.complaint_id, f"{f.reason}。") for f in faults]


def _read(paths: SitePaths, workbook: Path) -> ReturnedReviews:
    settings, scheme = load_settings(paths.settings), load_scheme(paths.codebook)
    blanks = load_sources(paths.codebook).blanks
    is_1904 = False
    try:
        with open_reading(workbook, settings.ingest) as reading:
            sheets = []
            for sheet in reading.sheets:
                is_1904 = is_1904 or sheet.info.is_1904
                sheets.append(_returned(sheet, blanks))
    except ReadFault as fault:
        raise UsageError(f"{workbook} 读不出来：{reason(fault.code, detail=fault.detail)}") from fault
    return read_review_workbook(sheets, scheme, partial(_day, rules=_date_rules(settings, is_1904=is_1904)))


def _date_rules(settings: Settings, *, is_1904: bool) -> DateRules:
    tomorrow = today(settings) + timedelta(days=1)
    earliest = datetime(settings.ingest.earliest_year, 1, 1)  # noqa: DTZ001 - local time, as in the file
    latest = datetime(tomorrow.year, tomorrow.month, tomorrow.day)  # noqa: DTZ001 - local time, as in the file
    return DateRules(earliest, latest, ZoneInfo(settings.site.timezone), is_1904)


def _day(cell: ReturnedCell, rules: DateRules) -> date | None:
    try:
        return day_value(cell.raw, rules, frozenset())
    except ValueFault as fault:
        raise ValueError(_plain(fault)) from fault


def _returned(sheet: Sheet, blanks: frozenset[str]) -> ReturnedSheet:
    formulas = {(row, column) for row, column in sheet.info.formulas}
    if sheet.info.formula_count > len(sheet.info.formulas):
        count = sheet.info.formula_count
        raise UsageError(f"工作表“{sheet.info.name}”里有 {count} 个公式，不是导出的复核表原样。请删去公式后重新导入。")
    rows = {
        row.number: [_cell(raw, blanks, is_formula=(row.number - 1, p) in formulas) for p, raw in enumerate(row.cells)]
        for row in sheet.rows
    }
    return ReturnedSheet(sheet.info.name, rows, sheet.info.merges)


def _cell(raw: Cell, blanks: frozenset[str], *, is_formula: bool) -> ReturnedCell:
    if is_formula:
        return ReturnedCell(trouble=_FORMULA)
    try:
        text = unforced(text_value(raw)) or ""
    except ValueFault as fault:
        return ReturnedCell(trouble=_plain(fault))
    return ReturnedCell() if text.casefold() in blanks else ReturnedCell(text, raw=raw)


def _plain(fault: ValueFault) -> str:
    return reason(fault.code, "这一格", fault.detail)
