"""The numbers behind the figures of a report as a workbook, a sheet a figure."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.exchange.sheet_writer import write_book
from analysis.exchange.sheets import Book, Kind, Sheet, SheetColumn, SheetRow, Value
from analysis.report.content import Content, Picture
from analysis.summary.columns import COLUMNS

_NUMBERS = (
    SheetColumn("code", "编号", 18, Kind.SHORT),
    SheetColumn("label", "数字", 20, Kind.SHORT),
    SheetColumn("now", "本期", 22, Kind.SHORT),
    SheetColumn("before", "上期", 22, Kind.SHORT),
    SheetColumn("counts", "数的是什么", 44),
    SheetColumn("filters", "怎么筛", 44),
)
_NARROW, _WIDE = 11, 20


def write_numbers(path: Path, content: Content, office: str, day: date, hidden: str) -> Path:
    """Write the workbook and return its path.

    Args:
        path: where.
        content: the report.
        office: who issues it.
        day: the day it counts to.
        hidden: what stands for a count that is not shown.
    """
    rows = [
        SheetRow(
            {
                "code": e.code,
                "label": e.label,
                "now": e.values["本期"],
                "before": e.values["上期"],
                "counts": e.counts,
                "filters": e.filters,
            }
        )
        for e in content.numbers
    ]
    first = Sheet("主要数字", content.title, content.subtitle, _NUMBERS, rows)
    sheets = [first, *(_sheet(p, content.subtitle, hidden) for p in content.pictures)]
    return write_book(path, Book(content.title, office, day, sheets))


def _sheet(picture: Picture, subtitle: str, hidden: str) -> Sheet:
    frame, chart = picture.frame, picture.chart
    names = [str(name) for name in frame.columns]
    columns = [SheetColumn("code", "编号", _WIDE, Kind.SHORT)]
    columns += [SheetColumn(name, COLUMNS[name][0], *_form(frame[name])) for name in names]
    rows = []
    for number, row in enumerate(frame.to_dict("records"), 1):
        values: dict[str, Value] = {"code": f"{picture.code}-{number:03d}"}
        values |= {str(name): _value(value, row, hidden) for name, value in row.items()}
        rows.append(SheetRow(values, is_total=bool(row.get("is_total", False))))
    meanings = "；".join(f"{COLUMNS[n][0]}：{COLUMNS[n][1]}" for n in names)
    return Sheet(
        name=f"{picture.code.rpartition('-')[2]} {chart.title}"[:31],
        title=chart.title,
        subtitle=subtitle,
        warning=f"不能当什么看：{chart.caution}。",
        notes=(f"{chart.shows}；{picture.counts_what}。", meanings),
        columns=columns,
        rows=rows,
        frozen_columns=1,
    )


def _form(column: "pd.Series[Any]") -> tuple[float, Kind]:
    """Return width and kind of a column: whole numbers with separators, shares as they are, the rest as text."""
    if pd.api.types.is_bool_dtype(column):
        return _NARROW, Kind.SHORT
    if pd.api.types.is_integer_dtype(column):
        return _NARROW, Kind.COUNT
    return (_NARROW, Kind.SHORT) if pd.api.types.is_numeric_dtype(column) else (_WIDE, Kind.TEXT)


def _value(value: Any, row: Mapping[Any, Any], hidden: str) -> Value:
    if pd.isna(value):
        return hidden if row.get("is_suppressed", False) else ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return "无上限" if value == float("inf") else round(value, 6)
    return value if isinstance(value, date) else str(value)
