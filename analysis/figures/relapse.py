"""Draws what came in about closed problems before and after their closing."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.figures.canvas import (
    Caption,
    close_axes,
    nothing,
    open_axes,
    rows_that_fit,
    shortened,
    suppression_remark,
)
from analysis.figures.catalogue import title_of
from analysis.figures.style import load_style

_LEAST, _MOST = 0.02, 50.0
_MARKS = (0.02, 0.1, 0.5, 1, 2, 10, 50)
_ROW_LINES = 1.5


def draw_before_and_after(frame: pd.DataFrame, ax: Axes | None = None, *, source: str = "", form: str = "page") -> Axes:
    """Draw the result of `before_and_after_closing`: the ratio of rates of each problem with its interval."""
    is_total = frame["is_total"].astype(bool)
    own, total = frame[~is_total], frame[is_total]
    shown = pd.concat([own.head(rows_that_fit(form, _ROW_LINES) - 2), total])[::-1].reset_index(drop=True)
    ax, chosen = open_axes(ax, form, _ROW_LINES * max(len(shown), 4) + 1)
    remarks = [
        "右边是每月件数和诉求/人/项的计数（销号前 → 销号后）；横线是 95% 区间，箭头表示超出图的范围。",
        "空心的点区间含 1，前后没有可靠的差别。",
    ]
    if len(shown) - len(total) < len(own):
        remarks.append(
            f"只画下限最高的 {len(shown) - len(total)} 个，另有 {len(own) - len(shown) + len(total)} 个见数据表。"
        )
    if own.empty:
        nothing(ax, "还没有销过号的问题，或诉求都没有受理时间")
        remarks = []
    else:
        _forest(ax, shown, chosen.small)
    counts = _counts(total.iloc[0]) if len(total) else "0/0/0 → 0/0/0"
    sample = f"n = {len(own)} 个销过号的问题；诉求/人/项相加 {counts}。"
    caption = Caption(title_of("before_and_after"), sample, (*remarks, *suppression_remark(frame)), source)
    return close_axes(ax, caption, chosen)


def _counts(row: "pd.Series[Any]") -> str:
    told = []
    for when in ("before", "after"):
        values = [row[f"{c}_{when}"] for c in ("complaint_count", "complainant_count", "matter_count")]
        told.append(
            load_style().marks.suppressed if any(map(pd.isna, values)) else "/".join(str(int(str(v))) for v in values)
        )
    return " → ".join(told)


def _forest(ax: Axes, rows: pd.DataFrame, size: float) -> None:
    colours = load_style().colours
    ax.set_xscale("log")
    ax.set_xlim(_LEAST, _MOST)
    for position, row in rows.iterrows():
        place = int(str(position))
        colour = colours.series[1] if row["is_total"] else colours.series[0]
        if pd.notna(row["low"]):
            _interval(ax, place, float(row["low"]), float(row["high"]), colour)
        if pd.notna(row["ratio"]) and row["ratio"] > 0:
            is_sure = row["low"] > 1 or row["high"] < 1
            x = float(np.clip(row["ratio"], _LEAST, _MOST))
            ax.plot(
                x, place, "D" if row["is_total"] else "o", color=colour, markerfacecolor=colour if is_sure else "white"
            )
        rates = "" if pd.isna(row["rate_before"]) else f"{row['rate_before']:.1f} → {row['rate_after']:.1f}　"
        words = f"{rates}{_counts(row)}"
        ax.annotate(
            words,
            (1, place),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=size * 0.9,
            annotation_clip=False,
        )
    ax.axvline(1, color=colours.quiet, linewidth=0.8)
    ax.xaxis.set_major_locator(FixedLocator(_MARKS))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.grid(visible=True, axis="x")
    ax.set_yticks(range(len(rows)), [_name(row) for _, row in rows.iterrows()])
    ax.tick_params(axis="y", labelsize=size)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.set_xlabel("销号后与销号前每月件数之比（对数刻度；1＝一样多，小于 1＝变少）")


def _name(row: "pd.Series[Any]") -> str:
    if row["is_total"]:
        return str(row["problem_id"])
    return f"{row['problem_id']}\n{shortened(str(row['sub_problem_name']), 34)}"


def _interval(ax: Axes, place: int, low: float, high: float, colour: str) -> None:
    ax.hlines(place, max(low, _LEAST), min(high, _MOST), color=colour, linewidth=1.1)
    for end, is_out, marker in ((_LEAST, low < _LEAST, "<"), (_MOST, high > _MOST, ">")):
        if is_out:
            ax.plot(end, place, marker, color=colour, markersize=4, clip_on=False)
