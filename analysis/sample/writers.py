"""Writers of the file formats that platforms export."""

import csv
import html
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import xlsxwriter

Row = list[str | float | None]
Writer = Callable[[Path, Sequence[str], Sequence[Row]], None]

_CREATED = datetime(2023, 7, 4)  # noqa: DTZ001  # fixed, so that the files come out the same each time


@dataclass(frozen=True)
class DelimitedText:
    """Writes delimited text in an encoding."""

    encoding: str
    delimiter: str = ","

    def __call__(self, path: Path, headings: Sequence[str], rows: Sequence[Row]) -> None:
        """Write the file."""
        with path.open("w", encoding=self.encoding, newline="") as handle:
            writer = csv.writer(handle, delimiter=self.delimiter)
            writer.writerow(headings)
            writer.writerows(rows)


@dataclass(frozen=True)
class Workbook:
    """Writes a workbook: with a title row, a row of heading groups (name, span), a totals row, a hidden sheet."""

    title: str = ""
    groups: tuple[tuple[str, int], ...] = ()
    total: str = ""
    hidden: str = ""

    def __call__(self, path: Path, headings: Sequence[str], rows: Sequence[Row]) -> None:
        """Write the file."""
        with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            book.set_properties({"created": _CREATED})
            page = book.add_worksheet("工单明细")
            lines: list[Row] = [list(headings), *rows]
            if self.total:
                lines.append([self.total, float(len(rows))])
            top = self._write_top(page, len(headings))
            for number, line in enumerate(lines, top):
                for column, value in enumerate(line):
                    if isinstance(value, str):
                        page.write_string(number, column, value)
                    elif value is not None:
                        page.write_number(number, column, value)
            if self.hidden:
                extra = book.add_worksheet("Sheet2")
                extra.write_string(0, 0, self.hidden)
                extra.hide()

    def _write_top(self, page: xlsxwriter.worksheet.Worksheet, width: int) -> int:
        """Write what stands above the headings; return the row the headings go to."""
        top = 0
        if self.title:
            page.merge_range(0, 0, 0, width - 1, self.title)
            top += 1
        if self.groups:
            column = 0
            for name, span in self.groups:
                page.merge_range(top, column, top, column + span - 1, name)
                column += span
            top += 1
        return top


def write_html_xls(path: Path, headings: Sequence[str], rows: Sequence[Row]) -> None:
    """Write an HTML table under the name .xls, as many platforms do."""
    head = "".join(f"<th>{html.escape(h)}</th>" for h in headings)
    cells = ["".join(f"<td>{html.escape(str(v or ''))}</td>" for v in row) for row in rows]
    table = "\n".join(f"<tr>{c}</tr>" for c in (head, *cells))
    page = f'<html><head><meta charset="utf-8"></head><body><table border="1">{table}</table></body></html>'
    path.write_text(page, encoding="utf-8")


def write_json(path: Path, headings: Sequence[str], rows: Sequence[Row]) -> None:
    """Write a list of records."""
    records = [dict(zip(headings, row, strict=True)) for row in rows]
    path.write_text(json.dumps(records, ensure_ascii=False, indent=1), encoding="utf-8")


def write_jsonl(path: Path, headings: Sequence[str], rows: Sequence[Row]) -> None:
    """Write one record a line."""
    lines = [json.dumps(dict(zip(headings, row, strict=True)), ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
