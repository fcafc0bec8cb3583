"""Draws how much few people and few matters weigh."""

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
    nothing,
    open_figure,
    percent,
    suppression_remark,
    whole_numbers,
)
from analysis.figures.catalogue import title_of
from analysis.figures.style import load_style
from analysis.summary.repeats import KEYS


def draw_repeats(
    frame: pd.DataFrame, figure: AnyFigure | None = None, *, source: str = "", form: str = "page"
) -> AnyFigure:
    """Draw the result of `repeat_concentration`: the three counts by how often, and the curves of concentration."""
    figure, chosen = open_figure(figure, form, 18)
    everything = frame[frame["by"] == next(iter(KEYS))]
    counts = everything[list(REACH)].astype("float64").sum()
    if not counts["complaint_count"]:
        nothing(figure.add_subplot(), "台账里没有诉求" if not frame["is_suppressed"].any() else "数量都很少，不显示")
    else:
        panels = figure.subplot_mosaic([["反映人", "曲线"], ["事项", "曲线"]], width_ratios=(1.7, 1))
        for by, unit in (("反映人", "每人反映几次"), ("事项", "每个事项有几件")):
            _bars(panels[by], frame[frame["by"] == by], unit, chosen.small)
        legend_above(panels["反映人"])
        _curves(panels["曲线"], frame, chosen.small)
    counts["matter_count"] = frame.loc[frame["by"] == "事项", "matter_count"].astype("float64").sum()
    words = " / ".join(f"{int(n)} {unit}" for n, unit in zip(counts, "件人项", strict=True))
    sample = f"n = {'至少 ' if frame['is_suppressed'].any() else ''}{words}。"
    remarks = ("没有电话、账号或姓名的诉求每件按一人计，所以重复只会少算。",)
    caption = Caption(title_of("repeats"), sample, (*remarks, *suppression_remark(frame)), source)
    return close_figure(figure, caption, chosen)


def _bars(ax: Axes, rows: pd.DataFrame, label: str, size: float) -> None:
    rows = rows[::-1]
    positions = np.arange(len(rows))
    most = 0.0
    for series, (column, name) in enumerate(zip(REACH, REACH_LABELS, strict=True)):
        values = rows[column].astype("float64").to_numpy()
        places = positions + (series - 1) * 0.27
        ax.bar(places, np.nan_to_num(values), width=0.25, label=name, **bar_look((0, 2, 4)[series]))
        for place, value in zip(places, values, strict=True):
            words = load_style().marks.suppressed if np.isnan(value) else f"{int(value)}"
            ax.text(place, float(np.nan_to_num(value)), words, ha="center", va="bottom", fontsize=size * 0.8)
        most = max(most, float(np.nanmax(values, initial=0)))
    ax.set_xticks(positions, rows["times"])
    ax.set_xlabel(label)
    ax.set_ylabel("件、人、项")
    ax.set_ylim(0, max(most, 1) * 1.12)
    whole_numbers(ax)


def _curves(ax: Axes, frame: pd.DataFrame, size: float) -> None:
    colours = load_style().colours
    if frame["is_suppressed"].astype(bool).any():
        nothing(ax, "有的数量很少，\n曲线不画")
        return
    ax.plot([0, 1], [0, 1], color=colours.quiet, linewidth=0.8, linestyle=":", label="人人、事事一样多")
    for series, by in enumerate(KEYS):
        rows = frame[(frame["by"] == by) & frame["unit_share"].notna()]
        points = rows[["unit_share", "complaint_share"]].astype("float64").drop_duplicates()
        x, y = ([0.0, *points[c]] for c in points)
        ax.plot(x, y, label=f"按{by}", **line_look(series))
    ax.set_xlim(0, 1.02)
    ax.set_ylim(0, 1.02)
    ax.set_xlabel("最多的人、事项占全部的比例")
    ax.set_ylabel("他们的诉求占全部诉求的比例")
    percent(ax)
    percent(ax, "x")
    ax.legend(loc="lower right", fontsize=size)
