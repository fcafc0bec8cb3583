"""A table laid out to be read in a notebook: no index, long texts wrapped, figures aligned, offline."""

from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Any

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from analysis.exchange.cells import display_width

_WIDEST = 48
"""The widest that a column becomes (a Chinese character is two); longer texts are broken into lines."""
_LONG = 18
"""Up to this width nothing is broken."""
_TABLE = "border-collapse:collapse;font-size:13px;line-height:1.5"
_CELL = "padding:3px 10px;border-bottom:1px solid #d5dae0;vertical-align:top"


@dataclass(frozen=True)
class Listing:
    """A table for people; shown when it is the last thing in a cell.

    Attributes:
        title: stands above it.
        frame: its rows, with Chinese headings.
        nothing: what is said in its place where there are none.
        total: how many rows there are in all, where only the first are shown.
    """

    title: str
    frame: pd.DataFrame
    nothing: str = "没有。"
    total: int = 0

    def first(self, heading: str) -> str | None:
        """Return the value of a column in the first row; None where there are no rows."""
        return None if self.frame.empty else str(self.frame[heading].iloc[0])

    @property
    def _heading(self) -> str:
        shown = len(self.frame)
        return f"{self.title}（前 {shown} 行，共 {self.total} 行）" if self.total > shown else self.title

    def __repr__(self) -> str:
        said = self.nothing if self.frame.empty else self.frame.map(_words).to_string(index=False)
        return f"{self._heading}\n{said}"

    def _repr_html_(self) -> str:
        if self.frame.empty:
            return f"<p><b>{escape(self._heading)}</b>：{escape(self.nothing)}</p>"
        styles = {name: _style(self.frame[name]) for name in self.frame.columns}
        head = "".join(f'<th style="{style}">{escape(str(name))}</th>' for name, style in styles.items())
        rows = "".join(
            "<tr>" + "".join(_cell(value, style) for value, style in zip(row, styles.values(), strict=True)) + "</tr>"
            for row in self.frame.itertuples(index=False, name=None)
        )
        return (
            f'<div style="overflow-x:auto"><p><b>{escape(self._heading)}</b></p>'
            f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        )


def _cell(value: Any, style: str) -> str:
    return f'<td style="{style}">{escape(_words(value))}</td>'


def _style(values: "pd.Series[Any]") -> str:
    if is_numeric_dtype(values) and not is_bool_dtype(values):
        return f"{_CELL};text-align:right;white-space:nowrap"
    widest = max([*map(display_width, map(_words, values)), display_width(str(values.name))])
    width = f"min-width:{min(widest, _WIDEST) // 3}em" if widest > _LONG else "white-space:nowrap"
    return f"{_CELL};text-align:left;{width}"


def _words(value: Any) -> str:
    """Return a value as people write it.

    >>> _words(None), _words(pd.Timestamp("2026-11-20")), _words(0.123456), _words(True)
    ('', '2026-11-20', '0.12', '是')
    """
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:.2f}" if isinstance(value, float) else str(value)
