"""The 复核表's way out and back: the review queue as a workbook, and a filled-in one into the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.codebook.scheme import load_scheme
from analysis.config import load_settings
from analysis.errors import UsageError
from analysis.exchange.returned_sheet import CellFault
from analysis.exchange.review_return import ReturnedReviews, ReviewWorkbookError, read_review_workbook, review_form
from analysis.exchange.review_workbook import write_review_workbook
from analysis.ingest.sources import load_sources
from analysis.ledger.review_checks import REVIEW_INPUT, InvalidReviewsError, RowFault
from analysis.pipeline.night import today
from analysis.pipeline.returned_files import SUFFIX, read_returned_file
from analysis.pipeline.reviewing import check_reviews, record_reviews, review_queue
from analysis.site import SitePaths


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
    scheme = load_scheme(paths.codebook)
    file = read_returned_file(paths, workbook, review_form(scheme))
    returned = read_review_workbook(file.sheets, scheme, file.day_reader(today(load_settings(paths.settings))))
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
