"""Draws the words that set categories apart, and how they come and go."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from analysis.figures.canvas import (
    AnyFigure,
    Caption,
    close_axes,
    close_figure,
    line_look,
    month_ticks,
    nothing,
    open_axes,
    open_figure,
    shades,
    suppression_remark,
)
from analysis.figures.catalogue import title_of
from analysis.figures.style import load_style

_SHOWN = 8
_MOST_NUMBERS = 26


def draw_distinctive_words(
    frame: pd.DataFrame, figure: AnyFigure | None = None, *, source: str = "", form: str = "page"
) -> AnyFigure:
    """Draw the result of `distinctive_words`: a panel a category, dots of log odds with their intervals."""
    names = list(dict.fromkeys(frame["category_name"]))
    columns = load_style().form[form].panel_columns
    rows = math.ceil(max(len(names), 1) / columns)
    figure, chosen = open_figure(figure, form, rows * (_SHOWN * 0.9 + 3))
    if not names:
        nothing(figure.add_subplot(), "没有一个词够多人用，或者只有一个类别")
    else:
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        shown = frame[frame["rank"] <= _SHOWN]
        far = float(np.ceil(shown["log_odds"].max() + 1))
        for position, (ax, name) in enumerate(zip(panels, names, strict=False)):
            _dots(ax, shown[shown["category_name"] == name][::-1], position, far, chosen.small)
        for ax in panels[len(names) :]:
            ax.set_axis_off()
        for ax in panels[max(len(names) - columns, 0) : len(names)]:
            ax.set_xlabel("对数几率之差")
    people = frame.drop_duplicates("category_name")["category_complainant_count"].sum() if names else 0
    sample = f"n = {int(people)} 人次（各类别的反映人相加）；词旁是该类别里用它的人数，每人只计一次。"
    remarks = (
        "横轴 0 是与其他类别一样常用；横线是 95% 区间；空心的点区间含 0，可能只是偶然。",
        "算法：对数几率，信息性 Dirichlet 先验（Monroe 等 2008）。",
    )
    return close_figure(figure, Caption(title_of("distinctive_words"), sample, remarks, source), chosen)


def _dots(ax: Axes, rows: pd.DataFrame, position: int, far: float, size: float) -> None:
    colours = load_style().colours
    look = line_look(position % 3)
    odds, low, high = (rows[c].to_numpy(dtype=float) for c in ("log_odds", "low", "high"))
    places = np.arange(len(rows))
    ax.hlines(places, np.maximum(low, -1), np.minimum(high, far + 1), color=colours.quiet, linewidth=0.9)
    for place, x, is_sure in zip(places, odds, low > 0, strict=True):
        face = look["color"] if is_sure else "white"
        ax.plot(x, place, **look | {"markerfacecolor": face, "linestyle": ""})
    labels = [f"{w}  {n}人" for w, n in zip(rows["word"], rows["complainant_count"], strict=True)]
    ax.set_yticks(places, labels)
    ax.tick_params(axis="y", length=0, labelsize=size)
    ax.axvline(0, color=colours.quiet, linewidth=0.6)
    ax.set_xlim(-1, far + 1)
    ax.set_ylim(-0.6, _SHOWN - 0.4)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    ax.grid(visible=True, axis="x")
    ax.set_title(
        f"{rows['category_name'].iloc[0]}\n{int(rows['category_complainant_count'].iloc[0])} 人", fontsize=size
    )


def draw_words_by_month(frame: pd.DataFrame, ax: Axes | None = None, *, source: str = "", form: str = "page") -> Axes:
    """Draw the result of `words_by_month`: a row a word, a cell a month, the darker the more complaints have it."""
    words = list(dict.fromkeys(zip(frame["category_name"], frame["word"], strict=True)))
    months = list(dict.fromkeys(frame["month"]))
    ax, chosen = open_axes(ax, form, 1.25 * max(len(words) + 1, 5) + 1)
    complaints = frame.drop_duplicates("month")["month_complaint_count"].sum() if months else 0
    if not words or not frame["share"].astype("float64").fillna(0).any():
        nothing(ax, "各月的件数都很少，不显示" if words else "没有可以跟踪的用词")
        return close_axes(
            ax, Caption(title_of("words_by_month"), f"n = {int(complaints)} 件有受理时间的诉求。", (), source), chosen
        )
    _strips(ax, frame, words, months, chosen.small)
    remarks = ["颜色是当月台账诉求里含该词的比例；斜线是当月没有诉求。"]
    if len(months) <= _MOST_NUMBERS:
        remarks.append("格里的数字是含该词的件数，最上一行是当月诉求件数；件数少的月份比例起伏大，不足为凭。")
    sample = f"n = {int(complaints)} 件有受理时间的诉求。"
    caption = Caption(title_of("words_by_month"), sample, (*remarks, *suppression_remark(frame)), source)
    return close_axes(ax, caption, chosen)


def _strips(ax: Axes, frame: pd.DataFrame, words: list[tuple[str, str]], months: list[str], size: float) -> None:
    colours = load_style().colours
    rows = frame.set_index(["category_name", "word", "month"])
    share = rows["share"].astype("float64").unstack()[months].reindex(words).to_numpy()  # noqa: PD010
    counts = rows["complaint_count"].astype("float64").unstack()[months].reindex(words).to_numpy()  # noqa: PD010
    totals = frame.drop_duplicates("month").set_index("month")["month_complaint_count"]
    top = float(np.nanmax(share)) if np.isfinite(share).any() else 1.0
    image = ax.imshow(share, cmap=shades(), vmin=0, vmax=max(top, 0.01), aspect="auto", interpolation="nearest")
    for column, month in enumerate(months):
        if not totals[month]:
            ax.add_patch(
                Rectangle((column - 0.5, -0.5), 1, len(words), fill=False, hatch="////", lw=0, ec=colours.grid)
            )
    if len(months) <= _MOST_NUMBERS:
        for column, month in enumerate(months):
            ax.text(column, -1, f"{int(totals[month])}", ha="center", va="center", fontsize=size * 0.85)
            for row in range(len(words)):
                value = counts[row, column]
                said = load_style().marks.suppressed if np.isnan(value) else f"{value:.0f}" if value else ""
                is_dark = np.isfinite(share[row, column]) and share[row, column] > colours.dark_from * top
                ax.text(
                    column,
                    row,
                    said,
                    ha="center",
                    va="center",
                    fontsize=size * 0.85,
                    color=colours.low if is_dark else colours.ink,
                )
    _word_names(ax, words, len(months), size)
    month_ticks(ax, months)
    ax.set_xlim(-0.5, len(months) - 0.5)
    ax.set_xlabel("受理月份")
    bar = ax.figure.colorbar(image, ax=ax, pad=0.01, fraction=0.03, aspect=30)
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1))
    bar.outline.set_visible(False)
    bar.ax.set_ylabel("含该词的比例")


def _word_names(ax: Axes, words: list[tuple[str, str]], month_count: int, size: float) -> None:
    colours = load_style().colours
    has_numbers = month_count <= _MOST_NUMBERS
    labels = [w if i and words[i - 1][0] == c else f"{c}　{w}" for i, (c, w) in enumerate(words)]
    ax.set_yticks(
        [*([-1] if has_numbers else []), *range(len(words))], [*(["当月件数"] if has_numbers else []), *labels]
    )
    ax.tick_params(axis="y", length=0, labelsize=size)
    for row in range(1, len(words)):
        if words[row][0] != words[row - 1][0]:
            ax.axhline(row - 0.5, color=colours.quiet, linewidth=0.8)
    ax.set_ylim(len(words) - 0.5, -1.5 if has_numbers else -0.5)
    ax.spines[:].set_visible(False)
