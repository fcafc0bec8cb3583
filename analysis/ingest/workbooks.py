"""Workbooks (.xlsx and .xls) to rows of raw cells."""

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from analysis.ingest.grid import Cell, Row, Sheet, SheetInfo, Tag
from analysis.ingest.guard import open_workbook_zip
from analysis.ingest.reasons import ReadFault
from analysis.ingest.xls_facts import xls_facts
from analysis.ingest.xlsx_facts import SheetFacts, WorkbookFacts, with_distinct_names, xlsx_facts


def workbook_facts(data: bytes, kind: str, max_unpacked_mb: int) -> WorkbookFacts:
    """Check a workbook («zip» or «ole») and gather what its reader does not tell.

    Raises:
        ReadFault: the file cannot or must not be opened.
    """
    if kind == "ole":
        return xls_facts(data)
    with open_workbook_zip(data, max_unpacked_mb) as archive:
        return xlsx_facts(archive)


def read_workbook(data: bytes, facts: WorkbookFacts, max_rows: int) -> Iterator[Sheet]:
    """Yield the worksheets of a workbook; formula cells give their stored results.

    The workbook is opened from memory, because the reader trusts a path's suffix. Sheets of one name are numbered.

    Raises:
        ReadFault: damaged, encrypted, or more rows than allowed.
    """
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            if len(set(workbook.sheet_names)) < len(workbook.sheet_names):
                yield from read_workbook(with_distinct_names(data), facts, max_rows)
                return
            for sheet in workbook.sheets_metadata:
                if sheet.typ == SheetTypeEnum.WorkSheet:
                    content = workbook.get_sheet_by_name(sheet.name)
                    of_sheet = facts.sheets.get(sheet.name, SheetFacts())
                    info = SheetInfo(
                        sheet.name,
                        is_hidden=sheet.visible != SheetVisibleEnum.Visible,
                        is_1904=facts.is_1904,
                        formula_count=of_sheet.formula_count,
                        formulas=of_sheet.formulas,
                        merges=[[*first, *last] for first, last in content.merged_cell_ranges or []],
                    )
                    yield Sheet(info, _rows(content.to_python(skip_empty_area=False), of_sheet, max_rows))
    except PasswordError as error:
        raise ReadFault("encrypted") from error
    except CalamineError as error:
        raise ReadFault("damaged_workbook") from error


def _rows(values: list[list[Any]], facts: SheetFacts, max_rows: int) -> list[Row]:
    grid: list[list[Cell]] = [[_cell(v) for v in row] for row in values]
    for (row, column), tagged in facts.cells.items():
        grid.extend([] for _ in range(row + 1 - len(grid)))
        grid[row].extend(None for _ in range(column + 1 - len(grid[row])))
        grid[row][column] = tagged
    rows = []
    for number, cells in enumerate(grid, start=1):
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            rows.append(Row(number, cells))
    if len(rows) > max_rows:
        raise ReadFault("too_many_rows", str(max_rows))
    return rows


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dt.date):
        return [Tag.DATE, value.isoformat()]
    if isinstance(value, dt.time | dt.timedelta):
        return [Tag.TIME, str(value)]
    return int(value)
