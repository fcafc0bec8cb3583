"""Writes sheets with title, notes, heading, rows, print set-up and drop-downs, all laid out in one way."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_range

from analysis.exchange import style
from analysis.exchange.cells import clean_text, cut_to_cell, reads_as_formula, wrapped_line_count
from analysis.exchange.files import SHARED_MODE, write_atomically
from analysis.exchange.sheets import Book, Kind, Marked, Sheet, SheetColumn, SheetRow, Value
from analysis.exchange.style import Filler

_A4, _A3 = 9, 8
_A4_LANDSCAPE_IN_INCHES = 11.69
_SMALLEST_PRINT = 8
"""In points: a table that A4 would print smaller than this is set up for A3."""
_MARGINS_IN_INCHES = {"left": 0.25, "right": 0.25, "top": 0.4, "bottom": 0.55}
_WIDTH_OF_PLAIN_TITLE = 150
"""Wider sheets are printed smaller, so their titles are set larger."""
_HIGHEST_ROW_IN_POINTS = 409
_CHOICES_SHEET = "选项"
_LONGEST_INLINE_CHOICES = 255
"""A longer list of choices is dropped by Excel; it is put on a hidden sheet instead."""
_EARLIEST_DATE, _LATEST_DATE = date(2000, 1, 1), date(2099, 12, 31)
_NUMBER_FORMATS = {
    Kind.COUNT: "#,##0",
    Kind.SCORE: "0.00",
    Kind.DATE: "yyyy-mm-dd",
    Kind.TIME: "yyyy-mm-dd hh:mm",
}
_LEFT_OPEN = {"autofilter": True, "format_columns": True, "format_rows": True}
"""What a protected sheet still allows: to filter, and to make room."""
_TEXT_FORMAT = "@"
"""For cells that people fill in: a long number stays the text that was typed."""


def write_book(path: Path, book: Book, mode: int = SHARED_MODE) -> Path:
    """Write the workbook at `path` in one step and return `path`; equal input gives equal bytes."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
        created = datetime.combine(book.created_on, time())
        workbook.set_properties({"title": book.title, "company": book.office, "created": created})
        writer = _BookWriter(workbook)
        for sheet in book.sheets:
            _SheetWriter(writer, sheet).write()
        writer.write_choices()
    return write_atomically(path, buffer.getvalue(), mode)


def _require_written(code: int | None) -> None:
    """Turn the negative codes by which xlsxwriter says that it left something out into an error."""
    if code not in (None, 0):
        raise ValueError(f"xlsxwriter left a cell or a drop-down out (code {code})")


@dataclass
class _BookWriter:
    workbook: Any
    formats: dict[tuple[tuple[str, Any], ...], Any] = field(default_factory=dict)
    long_choices: list[tuple[str, ...]] = field(default_factory=list)

    def format(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            base = {"font_name": style.BODY_FONT, "font_size": style.BODY_SIZE, "valign": "vcenter", "text_wrap": True}
            self.formats[key] = self.workbook.add_format(base | properties)
        return self.formats[key]

    def choices_source(self, choices: tuple[str, ...]) -> list[str] | str:
        """Return the choices themselves, or the range of the hidden sheet that will hold them."""
        if len(",".join(choices)) <= _LONGEST_INLINE_CHOICES and not any("," in c for c in choices):
            return list(choices)
        if choices not in self.long_choices:
            self.long_choices.append(choices)
        column = xl_col_to_name(self.long_choices.index(choices))
        return f"='{_CHOICES_SHEET}'!${column}$1:${column}${len(choices)}"

    def write_choices(self) -> None:
        if not self.long_choices:
            return
        sheet = self.workbook.add_worksheet(_CHOICES_SHEET)
        for column, choices in enumerate(self.long_choices):
            for row, choice in enumerate(choices):
                _require_written(sheet.write_string(row, column, clean_text(choice)))
        sheet.hide()


class _SheetWriter:
    """Writes one sheet from top to bottom; `self.row` is the next free row."""

    def __init__(self, book: _BookWriter, sheet: Sheet) -> None:
        self.book = book
        self.sheet = sheet
        self.target = book.workbook.add_worksheet(sheet.name)
        self.row = 0
        self.cells: dict[tuple[Any, ...], tuple[dict[str, Any], Any]] = {}
        self.last_column = sum(not column.is_hidden for column in sheet.columns) - 1
        self.printed = [column for column in sheet.columns if column.is_printed and not column.is_hidden]

    def write(self) -> None:
        for index, column in enumerate(self.sheet.columns):
            self.target.set_column(index, index, column.width, None, {"hidden": column.is_hidden})
        self._write_title()
        first_heading = self.row
        self._write_bands()
        self._write_headings()
        first_row = self.row
        for row in self.sheet.rows:
            self._write_row(row)
        if self.sheet.rows:
            self._add_validations(first_row)
        else:
            self._write_line(self.sheet.when_empty, align="center", border=1, border_color=style.BORDER_COLOUR)
        self._set_up_page(first_heading, first_row)

    def _write_title(self) -> None:
        enlargement = max(1.0, sum(c.width for c in self.printed) / _WIDTH_OF_PLAIN_TITLE)
        size = round(style.TITLE_SIZE * enlargement)
        self._write_line(self.sheet.title, font_name=style.HEADING_FONT, font_size=size, align="center")
        self._write_line(self.sheet.subtitle, align="center")
        if self.sheet.warning:
            self._write_line(self.sheet.warning, bold=True, font_color=style.WARNING_COLOUR)
        for note in self.sheet.notes:
            self._write_line(note, align="left")
        if self.sheet.has_tone_legend:
            self._write_tone_legend()

    def _write_line(self, text: str, **properties: Any) -> None:
        """Write a line over the full width of the table as it is printed."""
        text = clean_text(text)
        cell = self.book.format(**properties)
        self._merge(self.row, 0, len(self.printed) - 1, text, cell)
        size = properties.get("font_size", style.BODY_SIZE)
        units = sum(_units(column.width, size) for column in self.printed)
        self._set_height(wrapped_line_count(text, units), size)

    def _merge(self, row: int, first: int, last: int, text: str, cell: Any) -> None:
        if first == last:
            _require_written(self.target.write_string(row, first, text, cell))
        else:
            _require_written(self.target.merge_range(row, first, row, last, "", cell))
            _require_written(self.target.write_string(row, first, text, cell))

    def _write_tone_legend(self) -> None:
        """Say in words and show in colour what the marks in the table mean."""
        pieces: list[Any] = [self._font(), "图例："]
        words = self._font()
        for tone, fill in style.TONE_FILL.items():
            pieces += [self._font(font_color=fill, font_size=14), "■", words, f" {tone}　"]
        pieces += [words, "（序号和时限着色，“时限状态”写明天数）"]
        cell = self.book.format(align="left")
        self._merge(self.row, 0, len(self.printed) - 1, "", cell)
        _require_written(self.target.write_rich_string(self.row, 0, *pieces, cell))
        self._set_height(1, 14)

    def _write_bands(self) -> None:
        if not any(column.band for column in self.sheet.columns):
            return
        cell = self.book.format(
            font_name=style.HEADING_FONT, align="center", border=1, border_color=style.BORDER_COLOUR, bg_color="#D6DCE4"
        )
        first = 0
        for index, column in enumerate(self.sheet.columns[: self.last_column + 1]):
            is_last = index == self.last_column
            if is_last or self.sheet.columns[index + 1].band != column.band:
                self._merge(self.row, first, index, column.band, cell)
                first = index + 1
        self._set_height(1, style.HEADING_SIZE)

    def _write_headings(self) -> None:
        lines = 1
        for index, column in enumerate(self.sheet.columns):
            cell = self.book.format(
                font_name=style.HEADING_FONT,
                font_size=style.HEADING_SIZE,
                font_color=style.HEADING_COLOUR[column.filler],
                bg_color=style.HEADING_FILL[column.filler],
                align="center",
                border=1,
                border_color=style.BORDER_COLOUR,
            )
            heading = clean_text(column.heading)
            _require_written(self.target.write_string(self.row, index, heading, cell))
            lines = max(lines, wrapped_line_count(heading, _units(column.width, style.HEADING_SIZE)))
        self._set_height(lines + 1, style.HEADING_SIZE)  # the filter's buttons cover the last line

    def _write_row(self, row: SheetRow) -> None:
        lines = 1
        for index, column in enumerate(self.sheet.columns):
            value = row.values.get(column.field)
            shown = self._write_value(index, value, *self._cell(index, column, row, value))
            if not column.is_hidden:
                lines = max(lines, wrapped_line_count(shown, _units(column.width, style.BODY_SIZE)))
        self._set_height(lines, style.BODY_SIZE)

    def _cell(self, index: int, column: SheetColumn, row: SheetRow, value: Value) -> tuple[dict[str, Any], Any]:
        """Return the properties and the format of a cell; the cells of a column share a few."""
        is_formula = isinstance(value, str) and reads_as_formula(value)
        kind = index, row.tone, row.is_total, column.field in row.flagged, is_formula
        if kind not in self.cells:
            properties = self._cell_properties(column, row, is_formula=is_formula)
            self.cells[kind] = properties, self.book.format(**properties)
        return self.cells[kind]

    def _cell_properties(self, column: SheetColumn, row: SheetRow, *, is_formula: bool) -> dict[str, Any]:
        properties: dict[str, Any] = {
            "align": "left" if column.kind is Kind.TEXT else "center",
            "border": 1,
            "border_color": style.BORDER_COLOUR,
        }
        if column.kind in _NUMBER_FORMATS:
            properties["num_format"] = _NUMBER_FORMATS[column.kind]
        if column.kind in (Kind.DATE, Kind.TIME):
            properties |= {"text_wrap": False, "shrink": True}  # too narrow a cell would show ####
        elif column.filler is not Filler.SYSTEM:
            properties["num_format"] = _TEXT_FORMAT
        if column.filler in style.CELL_FILL:
            properties["bg_color"] = style.CELL_FILL[column.filler]
        if self.sheet.is_protected and column.filler is not Filler.SYSTEM:
            properties["locked"] = False
        if row.is_total:
            properties |= {"bold": True, "bg_color": style.TOTAL_FILL}
        if column.has_tone and row.tone in style.TONE_FILL:
            properties |= {"bold": True, "bg_color": style.TONE_FILL[row.tone]}
        if column.field in row.flagged:
            properties["bg_color"] = style.FLAGGED_FILL
        if is_formula:
            properties["quote_prefix"] = True
        return properties

    def _write_value(self, index: int, value: Value, properties: dict[str, Any], cell: Any) -> str:
        """Write one cell, never as a formula, and return what it shows."""
        if value is None or value == "":
            _require_written(self.target.write_blank(self.row, index, None, cell))
            return ""
        if isinstance(value, Marked):
            return self._write_marked(index, value, properties, cell)
        if isinstance(value, str):
            text = cut_to_cell(clean_text(value))
            _require_written(self.target.write_string(self.row, index, text, cell))
            return text
        if isinstance(value, date):
            _require_written(self.target.write_datetime(self.row, index, value, cell))
            return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else f"{value:%Y-%m-%d}"
        _require_written(self.target.write_number(self.row, index, value, cell))
        return str(value)

    def _write_marked(self, index: int, value: Marked, properties: dict[str, Any], cell: Any) -> str:
        """Write a text whose marked part is bold and red; a rich text needs at least two parts."""
        pieces = (value.text[: value.start], value.text[value.start : value.end], value.text[value.end :])
        before, marked, after = map(clean_text, pieces)
        emphasis = {"bold": True, "font_color": style.WARNING_COLOUR}
        if not marked or not before + after:
            emphasised = properties | (emphasis if marked else {})
            return self._write_value(index, before + marked + after, emphasised, self.book.format(**emphasised))
        plain = self._font()
        fragments = [*([plain, before] if before else []), self._font(**emphasis), marked]
        fragments += [plain, after] if after else []
        _require_written(self.target.write_rich_string(self.row, index, *fragments, cell))
        return before + marked + after

    def _font(self, **properties: Any) -> Any:
        """Return the format of a part of a rich text; a part without one falls back to a foreign font."""
        return self.book.format(valign="", text_wrap=False, **properties)

    def _set_height(self, lines: int, font_size: float) -> None:
        """Give the row just written room for its lines (WPS and LibreOffice do not grow it) and move on."""
        points = min(lines * font_size * style.LINE_HEIGHT + 5, _HIGHEST_ROW_IN_POINTS)
        self.target.set_row(self.row, points)
        self.row += 1

    def _add_validations(self, first_row: int) -> None:
        for index, column in enumerate(self.sheet.columns):
            if column.filler is Filler.SYSTEM:
                continue
            for choices, spans in self._choices_of(column).items():
                rule = self._validation(replace(column, choices=choices))
                if rule:
                    places = [(first_row + first, index, first_row + last, index) for first, last in spans]
                    others = {"other_cells": [list(place) for place in places[1:]]} if places[1:] else {}
                    _require_written(self.target.data_validation(*places[0], rule | others))

    def _choices_of(self, column: SheetColumn) -> dict[tuple[str, ...], list[tuple[int, int]]]:
        """Return by list of choices the rows (first, last) that have it, counted from the first row of the table."""
        found: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        for number, row in enumerate(self.sheet.rows):
            spans = found.setdefault(row.choices.get(column.field, column.choices), [])
            if spans and spans[-1][1] == number - 1:
                spans[-1] = (spans[-1][0], number)
            else:
                spans.append((number, number))
        return found

    def _validation(self, column: SheetColumn) -> dict[str, Any]:
        if column.choices:
            return {
                "validate": "list",
                "source": self.book.choices_source(column.choices),
                "error_type": "information" if column.has_free_text else "stop",
                "error_title": "不在选项内" if not column.has_free_text else "请核对",
                "error_message": "请从下拉列表中选择。"
                if not column.has_free_text
                else "所填内容不在下拉列表中，确认无误可保留。",
            }
        if column.kind is Kind.DATE:
            return {
                "validate": "date",
                "criteria": "between",
                "minimum": _EARLIEST_DATE,
                "maximum": _LATEST_DATE,
                "input_title": "日期",
                "input_message": "年-月-日，如 2026-11-20",
                "error_title": "日期有误",
                "error_message": "请按“年-月-日”填写，如 2026-11-20。",
            }
        return {}

    def _set_up_page(self, first_heading: int, first_row: int) -> None:
        sheet = self.target
        last_row = self.row - 1
        sheet.freeze_panes(first_row, self.sheet.frozen_columns)
        # Hidden columns are filtered and sorted with the others.
        sheet.autofilter(first_row - 1, 0, last_row, len(self.sheet.columns) - 1)
        if self.sheet.is_protected:
            sheet.protect("", _LEFT_OPEN)
        sheet.repeat_rows(first_heading, first_row - 1)
        if self.sheet.frozen_columns:  # for who prints a wide sheet on two pages of A4
            sheet.repeat_columns(0, self.sheet.frozen_columns - 1)
        sheet.print_area(0, 0, last_row, len(self.printed) - 1)
        if not self.sheet.is_portrait:
            sheet.set_landscape()
        sheet.set_paper(_A4 if self.sheet.is_portrait else _paper(column.width for column in self.printed))
        sheet.set_margins(**_MARGINS_IN_INCHES)
        sheet.fit_to_pages(1, 0)
        sheet.center_horizontally()
        sheet.set_footer("&C第 &P 页 共 &N 页")
        sheet.hide_gridlines(2)
        whole = xl_range(0, 0, last_row, self.last_column)
        sheet.ignore_errors({"number_stored_as_text": whole})


def _paper(widths: Iterable[float]) -> int:
    """Return the paper on which a landscape sheet of columns so wide can still be read when it is one page wide."""
    inches = sum(width * 7 + 5 for width in widths) / 96
    room = _A4_LANDSCAPE_IN_INCHES - _MARGINS_IN_INCHES["left"] - _MARGINS_IN_INCHES["right"]
    return _A4 if style.BODY_SIZE * room / inches >= _SMALLEST_PRINT else _A3


def _units(width: float, font_size: float) -> float:
    """Return how many halves of a Chinese character of `font_size` points fit into a column of `width`."""
    pixels = width * 7 - 3  # what is left of a column of Excel's default font between its inner margins
    return pixels / (font_size * 96 / 72 / 2)
