"""Figures of how well a model judges."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.canvas import Caption, close_axes, line_look, nothing, open_axes, shades
from analysis.figures.catalogue import title_of
from analysis.figures.style import Form, load_style

_SQUARE_LINES = 13
_CELL_LINES = 2.6
_NEAR_FLOOR = 0.1
"""Share below which a number stands above its dot, not on the axis."""
_NO_LABELS = "没有标注，无从检验"


def draw_reliability(
    reliability: pd.DataFrame, ax: Axes | None = None, *, source: str = "", form: str = "page"
) -> Axes:
    """Draw what scores mean: the share in scope of the complaints of each bin of scores.

    reliability: mean_score, share_in_scope, count, and perhaps low and high, one row a bin. The nearer to the diagonal,
    the more a score can be read as a probability; the figures beside the dots are numbers of complaints.
    """
    ax, chosen = _opened(ax, form, "平均纳入分", "实际纳入的比例")
    colours = load_style().colours
    if reliability.empty:
        nothing(ax, _NO_LABELS)
    else:
        ax.plot([0, 1], [0, 1], ":", color=colours.quiet, label="完全可信")
        x, share = (reliability[c].to_numpy(dtype=float) for c in ("mean_score", "share_in_scope"))
        if "low" in reliability:
            low, high = (reliability[c].to_numpy(dtype=float) for c in ("low", "high"))
            ax.vlines(x, low, high, color=colours.series[2], linewidth=1.2, label="95% 区间（Wilson）")
        ax.plot(x, share, label="模型", **line_look(0))
        for score, value, count in zip(x, share, reliability["count"], strict=True):
            shift, align = ((5, 3), "bottom") if value < _NEAR_FLOOR else ((5, -3), "top")
            ax.annotate(
                f"{count}", (score, value), textcoords="offset points", xytext=shift, va=align, fontsize=chosen.small
            )
        _unit_square(ax)
        ax.legend(loc="upper left")
    sample = f"n = {int(reliability['count'].sum())} 件有标注的诉求；点旁的数字是各段的件数。"
    return close_axes(ax, Caption(title_of("reliability"), sample, (), source), chosen)


def draw_precision_recall(
    curve: pd.DataFrame,
    threshold: float | None = None,
    ax: Axes | None = None,
    *,
    source: str = "",
    form: str = "page",
) -> Axes:
    """Draw precision against recall of scope over all thresholds.

    curve: threshold, recall, precision, from strict to lax; perhaps is_current, the intervals and counts of
    `precision_against_recall`. threshold: the model's own, marked on the curve where is_current is not given.
    """
    ax, chosen = _opened(ax, form, "召回率（该纳入的找出多少）", "精确率（纳入的有多少不错）")
    sample = ""
    if "label_count" in curve:
        counts = (int(curve[c].max()) if len(curve) else 0 for c in ("label_count", "in_scope_count"))
        sample = "n = {} 件有标注的诉求，其中 {} 件应纳入。".format(*counts)
    remarks: tuple[str, ...] = ()
    if curve.empty:
        nothing(ax, f"{_NO_LABELS}，或标注里没有应纳入的")
    else:
        ax.plot(curve["recall"], curve["precision"], color=load_style().colours.series[0], label="各个门槛")
        at = _current(curve, threshold)
        if at is not None:
            remarks = _mark(ax, at, threshold)
        _unit_square(ax)
        ax.legend(loc="lower left")
    return close_axes(ax, Caption(title_of("precision_recall"), sample, remarks, source), chosen)


def _current(curve: pd.DataFrame, threshold: float | None) -> "pd.Series[Any] | None":
    if "is_current" in curve:
        found = curve[curve["is_current"].astype(bool)]
        return found.iloc[0] if len(found) else None
    taken = curve[curve["threshold"] >= threshold] if threshold is not None else curve[:0]
    return taken.iloc[-1].copy() if len(taken) else None


def _mark(ax: Axes, at: "pd.Series[Any]", threshold: float | None) -> tuple[str, ...]:
    """Mark the threshold in use, with both intervals where they are known; return them in words."""
    colour = load_style().colours.series[1]
    x, y = float(str(at["recall"])), float(str(at["precision"]))
    label = "现在的门槛" if threshold is None else f"现在的门槛 {threshold:.2f}"
    ax.plot(x, y, "s", color=colour, markersize=6, label=label, zorder=3)
    if "precision_low" not in at:
        return ()
    ends = {c: float(str(at[c])) for c in ("precision_low", "precision_high", "recall_low", "recall_high")}
    errors = [
        [[x - ends["recall_low"]], [ends["recall_high"] - x]],
        [[y - ends["precision_low"]], [ends["precision_high"] - y]],
    ]
    ax.errorbar(x, y, xerr=errors[0], yerr=errors[1], color=colour, capsize=3, linewidth=1)
    precision = f"精确率 {y:.2f}［{ends['precision_low']:.2f}，{ends['precision_high']:.2f}］"
    recall = f"召回率 {x:.2f}［{ends['recall_low']:.2f}，{ends['recall_high']:.2f}］"
    return (f"现在的门槛：{precision}，{recall}（95% 区间，Wilson）。",)


def draw_abstention(abstention: pd.DataFrame, ax: Axes | None = None, *, source: str = "", form: str = "page") -> Axes:
    """Draw what is gained by leaving the most doubtful complaints to a human.

    abstention: abstained, scope_f1, accuracy, and perhaps label_count, one row a share left to a human.
    """
    ax, chosen = _opened(ax, form, "交人工复核的比例（从最没有把握的起）", "其余部分的准确程度")
    if abstention.empty:
        nothing(ax, _NO_LABELS)
    else:
        for position, (column, label) in enumerate((("scope_f1", "纳入 F1"), ("accuracy", "判对的比例"))):
            ax.plot(abstention["abstained"], abstention[column], label=label, **line_look(position))
        _unit_square(ax)
        ax.legend(loc="lower left")
    sample = ""
    if "label_count" in abstention:
        sample = f"n = {int(abstention['label_count'].max()) if len(abstention) else 0} 件有标注的诉求。"
    return close_axes(ax, Caption(title_of("abstention"), sample, (), source), chosen)


def draw_confusion(confusion: pd.DataFrame, ax: Axes | None = None, *, source: str = "", form: str = "page") -> Axes:
    """Draw how often complaints of each category (row) were said to be of each (column), as shares of the row."""
    ax, chosen = open_axes(ax, form, _CELL_LINES * len(confusion) + 2)
    ax.set_xlabel("判为")
    ax.set_ylabel("应为")
    counts = confusion.to_numpy()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap=shades(), vmin=0, vmax=1, aspect="auto")
    names, colours = list(confusion.columns), load_style().colours
    ax.set_xticks(range(len(names)), names, rotation=25, ha="right")
    ax.set_yticks(range(len(names)), names)
    for (row, column), count in np.ndenumerate(counts):
        colour = colours.low if shares[row, column] > colours.dark_from else colours.ink
        ax.text(column, row, f"{count}", ha="center", va="center", color=colour)
    sample = f"n = {int(counts.sum())} 对应为与判为；颜色是占该行的比例。"
    return close_axes(ax, Caption("类别混淆：应为（行）与判为（列）的件数", sample, (), source), chosen)


def draw_figures(
    figures: Mapping[str, Mapping[str, float]],
    names: Mapping[str, str],
    ax: Axes | None = None,
    *,
    source: str = "",
    form: str = "page",
) -> Axes:
    """Draw figures with their 95 % intervals, one below the other, as they stand in a model's card.

    figures: by name, value and perhaps low and high. names: what to call them; others are left out.
    """
    shown: Sequence[str] = [name for name in names if name in figures][::-1]
    ax, chosen = open_axes(ax, form, 1.3 * len(shown) + 1)
    colours = load_style().colours
    for row, name in enumerate(shown):
        figure = figures[name]
        ax.plot(
            [figure.get("low", figure["value"]), figure.get("high", figure["value"])], [row, row], color=colours.quiet
        )
        ax.plot(figure["value"], row, "o", color=colours.series[0])
        ax.annotate(
            f"{figure['value']:.2f}",
            (figure["value"], row),
            textcoords="offset points",
            xytext=(0, 4),
            ha="center",
            fontsize=chosen.small,
        )
    ax.set_yticks(range(len(shown)), [names[name] for name in shown])
    ax.set_xlim(0, 1)
    ax.set_ylim(-0.6, len(shown) - 0.1)
    ax.set_xlabel("0 到 1；校准误差越小越好，其余越大越好")
    ax.grid(visible=True, axis="x")
    return close_axes(ax, Caption("分数与 95% 区间", "", (), source), chosen)


def _opened(ax: Axes | None, form: str, x_label: str, y_label: str) -> tuple[Axes, Form]:
    ax, chosen = open_axes(ax, form, _SQUARE_LINES)
    ax.set_xlabel(x_label)
    ax.set_ylabel(y_label)
    ax.grid(visible=True)
    return ax, chosen


def _unit_square(ax: Axes) -> None:
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
