"""Files that people send back, read in the sandbox: whichever office program saved them, cells say what they say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from analysis.config import Settings, load_settings
from analysis.errors import UsageError
from analysis.exchange.returned_sheet import Form, ReadDay, ReturnedCell, ReturnedSheet
from analysis.ingest.dates import DateRules, date_value, day_value
from analysis.ingest.grid import Cell, Sheet
from analysis.ingest.reasons import ReadFault, ValueFault, reason
from analysis.ingest.sandbox import open_reading
from analysis.ingest.sources import load_sources
from analysis.ingest.values import text_value, unforced
from analysis.site import SitePaths

SUFFIX = ".xlsx"
_SUFFIXES = {SUFFIX, ".xls", ".et"}
"""Older office programs save a returned workbook as .xls, WPS as .et, which is the same; its cells say the same."""
_HALF_A_YEAR = timedelta(days=182)
_FAR = date(2099, 12, 31)
"""The last day that the date cells of our workbooks accept."""
_FORMULA = "这一格是公式，以后打开结果可能会变。请改为直接填写的值（复制后“选择性粘贴—数值”）。"


@dataclass(frozen=True)
class ReturnedFile:
    """A workbook as it came back.

    Attributes:
        name: the file's name without its folders, for events and messages.
        file_id: SHA-256 of its bytes.
        sheets: all sheets, hidden ones as well.
        is_1904: days that are stored as numbers count from 1904.
    """

    name: str
    file_id: str
    sheets: tuple[ReturnedSheet, ...]
    is_1904: bool
    _settings: Settings

    def day_reader(self, last: date) -> ReadDay:
        """Return what reads days up to `last`; a day without its year is of the half year before then."""
        return partial(_day, rules=self._rules(last))

    def coming_day_reader(self, today: date) -> ReadDay:
        """Return what reads days to come as well as past ones; a day without its year is of the half year to come."""
        return partial(_coming_day, near=self._rules(today + _HALF_A_YEAR), far=self._rules(_FAR))

    def _rules(self, last: date) -> DateRules:
        return DateRules(
            datetime(self._settings.ingest.earliest_year, 1, 1),  # noqa: DTZ001 - local time, as in the file
            _midnight(last + timedelta(days=1)),
            ZoneInfo(self._settings.site.timezone),
            self.is_1904,
        )


def read_returned_file(paths: SitePaths, workbook: Path, form: Form) -> ReturnedFile:
    """Read a workbook that was sent out and filled in; what its cells mean is not checked here.

    Args:
        paths: the site.
        workbook: the file.
        form: what it should be; only its name and origin are used, for messages.

    Raises:
        UsageError: there is no such file, it is no workbook, or it cannot be read.
    """
    if not workbook.is_file():
        raise UsageError(f"没有文件 {workbook}。请核对路径。")
    if workbook.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{workbook} 不是工作簿。请提交{form.origin}，填好后存为 {SUFFIX} 文件。")
    settings = load_settings(paths.settings)
    blanks = load_sources(paths.codebook).blanks
    is_1904 = False
    sheets = []
    with _told(workbook), open_reading(workbook, settings.ingest) as reading:
        for sheet in reading.sheets:
            is_1904 = is_1904 or sheet.info.is_1904
            sheets.append(_returned(sheet, blanks, form))
        return ReturnedFile(workbook.name, reading.file_id, tuple(sheets), is_1904, settings)


@contextmanager
def _told(workbook: Path) -> Iterator[None]:
    try:
        yield
    except ReadFault as fault:
        raise UsageError(f"{workbook} 读不出来：{reason(fault.code, detail=fault.detail)}") from fault


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - local time, as in the file


def _day(cell: ReturnedCell, rules: DateRules) -> date | None:
    try:
        return day_value(cell.raw, rules, frozenset())
    except ValueFault as fault:
        raise ValueError(_plain(fault)) from fault


def _coming_day(cell: ReturnedCell, near: DateRules, far: DateRules) -> date | None:
    try:
        try:
            return day_value(cell.raw, near, frozenset())
        except ValueFault as fault:
            if fault.code != "future_date":
                raise
        moment = date_value(cell.raw, far, frozenset())
        return moment.date() if moment else None
    except ValueFault as fault:
        raise ValueError(_plain(fault)) from fault


def read_back(text: str, blanks: frozenset[str]) -> str:
    """Return what a cell that holds `text` says when its workbook comes back."""
    return _cell(text, blanks, is_formula=False).text


def _returned(sheet: Sheet, blanks: frozenset[str], form: Form) -> ReturnedSheet:
    formulas = {(row, column) for row, column in sheet.info.formulas}
    if sheet.info.formula_count > len(sheet.info.formulas):
        told = f"工作表“{sheet.info.name}”里有 {sheet.info.formula_count} 个公式，不是导出的{form.name}原样。"
        raise UsageError(f"{told}请删去公式后重新导入。")
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
    return ReturnedCell(literal=text) if text.casefold() in blanks else ReturnedCell(text, raw=raw, literal=text)


def _plain(fault: ValueFault) -> str:
    return reason(fault.code, "这一格", fault.detail)
