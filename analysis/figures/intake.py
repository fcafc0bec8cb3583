"""Draws what came in: by channel and month, in three counts, and the share in scope."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.exchange.ledger_view import REACH
from analysis.figures.canvas import (
    REACH_LABELS,
    AnyFigure,
    Caption,
    bar_look,
    close_figure,
    legend_above,
    line_look,
    month_ticks,
    nothing,
    open_figure,
    percent,
    suppression_remark,
    whole_numbers,
)
from analysis.figures.catalogue import title_of
from analysis.figures.style import load_style
from analysis.summary.months import UNDATED

_SHOWN_CHANNELS = 4
_MOST_MARKERS = 40
_ROOM_FOR_INTERVALS = 3.0
"""Times the highest share; a month with next to nothing in it has an interval that would flatten all others."""


def draw_intake(
    frame: pd.DataFrame, figure: AnyFigure | None = None, *, source: str = "", form: str = "page"
) -> AnyFigure:
    """Draw the result of `intake_by_month`: channels stacked, three counts, share in scope."""
    figure, chosen = open_figure(figure, form, 22)
    dated = frame[frame["month"] != UNDATED]
    months = list(dict.fromkeys(dated["month"]))
    totals = frame[frame["is_total"].astype(bool)]
    remarks: list[str] = []
    if not months:
        nothing(figure.add_subplot(), "没有带受理时间的诉求")
    else:
        above, middle, below = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2, 2))
        rows = dated[dated["is_total"].astype(bool)]
        _channels(above, dated[~dated["is_total"].astype(bool)], rows, months)
        _counts(middle, rows)
        _share(below, rows)
        month_ticks(below, months)
        remarks += _unfinished((above, middle, below), rows)
        if (rows["high"].astype("float64") > below.get_ylim()[1]).any():
            remarks.append("带子伸出图外的月份，件数少，比例说明不了什么。")
    undated = totals.loc[totals["month"] == UNDATED, "complaint_count"].dropna().sum()
    remarks += [f"另有 {int(undated)} 件没有受理时间，不在图上。"] * bool(undated)
    least = "至少 " if totals["is_suppressed"].any() else " "
    sums = totals[["complaint_count", "judged_count", "in_scope_count", "review_count"]].astype("Int64").sum()
    sample = (
        f"n = {sums['complaint_count']} 件诉求；已判断 {sums['judged_count']} 件，"
        f"纳入{least}{sums['in_scope_count']} 件，待人工复核{least}{sums['review_count']} 件（不算纳入）。"
    )
    caption = Caption(title_of("intake"), sample, (*remarks, *suppression_remark(frame)), source)
    return close_figure(figure, caption, chosen)


def _channels(ax: Axes, rows: pd.DataFrame, totals: pd.DataFrame, months: list[str]) -> None:
    """Stack the channels; what is left out of them, but not of the month, stands on top as a part of its own."""
    names = list(dict.fromkeys(rows["channel"]))
    table = rows.pivot_table(index="month", columns="channel", values="complaint_count", aggfunc="sum").astype(
        "float64"
    )
    table = table.reindex(index=months, columns=names).fillna(0)
    shown = names[:_SHOWN_CHANNELS] if len(names) > _SHOWN_CHANNELS + 1 else names
    parts = [(name, table[name]) for name in shown]
    if len(shown) < len(names):
        parts.append((f"其他 {len(names) - len(shown)} 个渠道", table[names[len(shown) :]].sum(axis=1)))
    hidden = totals["complaint_count"].astype("float64").fillna(0).to_numpy() - table.sum(axis=1).to_numpy()
    if hidden.any():
        parts = [
            *parts[:_SHOWN_CHANNELS],
            ("不分渠道", pd.Series(hidden + sum(v.to_numpy() for _, v in parts[_SHOWN_CHANNELS:]))),
        ]
    parts = [(name, values) for name, values in parts if values.any()]
    bottom = np.zeros(len(months))
    for position, (name, values) in enumerate(parts):
        heights = values.to_numpy()
        look = bar_look(position) if len(months) <= _MOST_MARKERS else bar_look(position) | {"linewidth": 0}
        width = 0.85 if len(months) <= _MOST_MARKERS else 1.0
        ax.bar(range(len(months)), heights, bottom=bottom, width=width, label=name, **look)
        bottom = bottom + heights
    ax.set_ylabel("诉求（件）")
    ax.set_ylim(0, max(float(bottom.max()), 1) * 1.06)
    whole_numbers(ax)
    legend_above(ax, 3)


def _counts(ax: Axes, rows: pd.DataFrame) -> None:
    for position, (column, label) in enumerate(zip(REACH, REACH_LABELS, strict=True)):
        values = rows[column].astype("float64").to_numpy()
        look = line_look(position)
        if len(rows) > _MOST_MARKERS:
            look["marker"] = ""
        ax.plot(range(len(rows)), values, label=label, **look)
    ax.set_ylabel("件、人、项")
    ax.set_ylim(bottom=0)
    whole_numbers(ax)
    legend_above(ax)


def _share(ax: Axes, rows: pd.DataFrame) -> None:
    share, low, high = (rows[c].astype("float64").to_numpy() for c in ("share", "low", "high"))
    colours = load_style().colours
    positions = np.arange(len(rows))
    ax.fill_between(
        positions,
        low,
        high,
        color=colours.series[4],
        edgecolor=colours.quiet,
        linewidth=0.4,
        label="95% 区间（Wilson）",
    )
    if len(rows) == 1:
        ax.errorbar(positions, share, [share - low, high - share], color=colours.series[2], capsize=3)
    marker = "o" if len(rows) <= _MOST_MARKERS else ""
    ax.plot(positions, share, color=colours.series[0], marker=marker, label="纳入的比例")
    ax.set_ylabel("纳入的比例")
    top = (
        min(float(np.nanmax(high)) * 1.1, float(np.nanmax(share)) * _ROOM_FOR_INTERVALS)
        if np.isfinite(share).any()
        else 1
    )
    ax.set_ylim(0, min(1.02, max(0.05, top)))
    percent(ax)
    legend_above(ax)


def _unfinished(panels: tuple[Axes, ...], rows: pd.DataFrame) -> list[str]:
    """Shade the months that are not over, and say so: what is still coming looks like a decline."""
    positions = [i for i, is_over in enumerate(rows["is_over"]) if not is_over]
    for ax in panels:
        for position in positions:
            span = ax.axvspan(position - 0.5, position + 0.5, facecolor="none", linewidth=0)
            span.set(hatch="..", edgecolor=load_style().colours.grid)
    return [f"打点的月份（{rows['month'].iloc[positions[0]]} 起）尚未结束，数量还会增加。"] if positions else []
