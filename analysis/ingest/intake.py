"""One raw file to canonical candidates, rejects and counts."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from analysis.config import Ingest
from analysis.contracts import COMPLAINTS, QUARANTINE, ColumnType, empty_frame
from analysis.ingest.canonical import CANDIDATE_COLUMNS, Reject, SheetIntake, canonicalise
from analysis.ingest.dates import DateRules
from analysis.ingest.discover import RawFile
from analysis.ingest.grid import FileInfo
from analysis.ingest.layout import Rules
from analysis.ingest.reasons import ReadFault, quarantine_id, reason
from analysis.ingest.sandbox import Reading, open_reading
from analysis.ingest.sources import Sources

_LATER = {"status", "resolved_file_id", "run_id"}
REJECT_COLUMNS = [c for c in QUARANTINE.column_names if c not in _LATER]
"""Columns of the rejects: the quarantine's, less those that the ledger adds."""

_LOCAL_ZONE = ZoneInfo("Asia/Shanghai")
_MEGABYTE = 1 << 20
_FORMAT_SUFFIXES = {
    "xlsx": {".xlsx"},
    "xls": {".xls"},
    "html": {".xls"},
    "json": {".json", ".jsonl"},
    "delimited": {".csv", ".tsv"},
}
_FORMAT_NAMES = {
    "xlsx": "xlsx 工作簿",
    "xls": "xls 工作簿",
    "html": "网页表格",
    "json": "JSON",
    "delimited": "分隔文本",
}


@dataclass(frozen=True)
class Intake:
    """What a file holds.

    candidates: columns of CANDIDATE_COLUMNS, one per data row that passes the contract; not masked yet.
    rejects: columns of REJECT_COLUMNS, one per bad value, row, sheet or file.
    row_count: data rows of the recognised sheets: the candidates and the distinct rejected rows.
    skipped_count: totals, footers and repeated headers.
    notes: what an operator should know, in Chinese.
    is_readable: at least one sheet was recognised.
    """

    candidates: pd.DataFrame
    rejects: pd.DataFrame
    row_count: int
    skipped_count: int
    notes: tuple[str, ...]
    is_readable: bool


def read_intake(
    raw_file: RawFile, sources: Sources, limits: Ingest, as_of: dt.date, zone: ZoneInfo = _LOCAL_ZONE
) -> Intake:
    """Read a file in a sandbox and judge each of its rows.

    Args:
        raw_file: from `discover`.
        sources: what headings mean.
        limits: settings of the section [ingest].
        as_of: day of the run; what lies later than the tolerance after it and after today is quarantined.
        zone: zone of the site, into which times with an offset are turned.
    """
    try:
        _check(raw_file, limits)
        with open_reading(raw_file.path, limits) as reading:
            if reading.file_id != raw_file.file_id:
                raise ReadFault("changed_while_reading")
            rules = Rules(
                raw_file.file_kind,
                raw_file.file_name,
                sources,
                _date_rules(limits, as_of, zone),
                limits.max_text_characters,
            )
            return _intake(raw_file, reading, rules)
    except ReadFault as fault:
        why = reason(fault.code, detail=fault.detail)
        reject = Reject(None, None, None, None, "整个文件", fault.code, why)
        return Intake(_candidate_frame([]), _reject_frame([reject], raw_file), 0, 0, (), is_readable=False)


def _check(raw_file: RawFile, limits: Ingest) -> None:
    if raw_file.problem == "unsupported_suffix":
        raise ReadFault(raw_file.problem, raw_file.path.suffix.lower() or "没有扩展名的")
    if raw_file.problem:
        raise ReadFault(raw_file.problem)
    if raw_file.byte_count > limits.max_file_mb * _MEGABYTE:
        raise ReadFault("too_large", str(raw_file.byte_count // _MEGABYTE))


def _date_rules(limits: Ingest, as_of: dt.date, zone: ZoneInfo) -> DateRules:
    first_day = dt.date(limits.earliest_year, 1, 1)
    last_day = max(as_of, dt.datetime.now(zone).date())  # a run for an earlier day still reads what came since
    day_after = last_day + dt.timedelta(days=limits.future_tolerance_days + 1)
    earliest, latest = (dt.datetime.combine(day, dt.time()) for day in (first_day, day_after))
    return DateRules(earliest, latest, zone)


def _intake(raw_file: RawFile, reading: Reading, rules: Rules) -> Intake:
    sheets = [canonicalise(sheet, rules) for sheet in reading.sheets]
    rejects = [reject for sheet in sheets for reject in sheet.rejects]
    is_readable = any(sheet.is_recognised for sheet in sheets)
    if not sheets or (not is_readable and not rejects):
        why = reason("no_table")
        rejects = [Reject(None, None, None, None, "整个文件", "no_table", why)]
    return Intake(
        candidates=_candidate_frame([row for sheet in sheets for row in sheet.candidates]),
        rejects=_reject_frame(rejects, raw_file),
        row_count=sum(sheet.row_count for sheet in sheets),
        skipped_count=sum(len(sheet.skipped_rows) for sheet in sheets),
        notes=(*_file_notes(raw_file, reading.info), *_sheet_notes(sheets)),
        is_readable=is_readable,
    )


def _file_notes(raw_file: RawFile, info: FileInfo) -> Iterator[str]:
    suffix = raw_file.path.suffix.lower()
    if suffix not in _FORMAT_SUFFIXES[info.format]:
        yield f"扩展名是 {suffix}，内容是{_FORMAT_NAMES[info.format]}，已按内容读取。"
    if info.has_external_links:
        yield "含有指向其他工作簿的链接，没有打开，取其存储的结果。"


def _sheet_notes(sheets: Iterable[SheetIntake]) -> Iterator[str]:
    for sheet in sheets:
        yield from sheet.notes


def _candidate_frame(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    types = {c.name: c.type for c in COMPLAINTS.columns}
    columns = zip(*rows, strict=True) if rows else ([] for _ in CANDIDATE_COLUMNS)
    return pd.DataFrame(
        {
            name: pd.Series(list(values), dtype=_pandas_type(types.get(name, ColumnType.TEXT)))
            for name, values in zip(CANDIDATE_COLUMNS, columns, strict=True)
        }
    )


def _pandas_type(column_type: ColumnType) -> str:
    return {
        ColumnType.TIMESTAMP: "datetime64[us]",
        ColumnType.BOOLEAN: "boolean",
        ColumnType.INTEGER: "Int64",
    }.get(column_type, "object")


def _reject_frame(rejects: list[Reject], raw_file: RawFile) -> pd.DataFrame:
    frame = empty_frame(QUARANTINE)[REJECT_COLUMNS]
    if not rejects:
        return frame
    rows = [
        {
            "quarantine_id": quarantine_id(raw_file.file_id, r.sheet_name, r.row_number, r.column_name),
            "file_id": raw_file.file_id,
            "file_name": raw_file.file_name,
            **r._asdict(),
        }
        for r in rejects
    ]
    return pd.DataFrame(rows, columns=REJECT_COLUMNS, dtype="object").astype(frame.dtypes.to_dict())
