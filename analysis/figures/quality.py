"""Figures of how well a model judges."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from analysis.figures.chinese import use_chinese_font

_BLUE, _ORANGE, _GREY = "#2a5d9f", "#c8702a", "#9aa3ad"
_CELL = 0.9
"""Inches of a cell of the confusion matrix."""
_DARK = 0.5
"""Share of a row from which a cell is too dark for black figures."""


def draw_reliability(reliability: pd.DataFrame, axes: Axes | None = None) -> Axes:
    """Draw what scores mean: the share in scope of the complaints of each bin of scores.

    reliability: mean_score, share_in_scope, count, one row a bin. The nearer to the diagonal, the more a score can be
    read as a probability; the figures beside the dots are numbers of complaints.
    """
    axes = _prepared(axes, "得分是否可信：各段得分里实际纳入的比例", "平均纳入分", "实际纳入的比例")
    axes.plot([0, 1], [0, 1], "--", color=_GREY, label="完全可信")
    axes.plot(reliability["mean_score"], reliability["share_in_scope"], "o-", color=_BLUE, label="模型")
    for score, share, count in reliability[["mean_score", "share_in_scope", "count"]].itertuples(index=False):
        axes.annotate(f"{count}", (score, share), textcoords="offset points", xytext=(7, -11), fontsize=8, color=_GREY)
    _unit_square(axes)
    axes.legend(loc="upper left")
    return axes


def draw_precision_recall(curve: pd.DataFrame, threshold: float | None = None, axes: Axes | None = None) -> Axes:
    """Draw precision against recall of scope over all thresholds.

    curve: threshold, recall, precision, from strict to lax. threshold: the model's own, marked on the curve.
    """
    axes = _prepared(axes, "纳入判断：精确率与召回率", "召回率（该纳入的找出多少）", "精确率（纳入的有多少不错）")
    axes.plot(curve["recall"], curve["precision"], color=_BLUE, label="各个门槛")
    if threshold is not None and (curve["threshold"] >= threshold).any():
        at = curve[curve["threshold"] >= threshold].iloc[-1]
        axes.plot(at["recall"], at["precision"], "o", color=_ORANGE, label=f"现在的门槛 {threshold:.2f}")
    _unit_square(axes)
    axes.legend(loc="lower left")
    return axes


def draw_abstention(abstention: pd.DataFrame, axes: Axes | None = None) -> Axes:
    """Draw what is gained by leaving the most doubtful complaints to a human.

    abstention: abstained, scope_f1, accuracy, one row a share left to a human.
    """
    axes = _prepared(axes, "交人工复核多少，其余判得多准", "交人工复核的比例（从最没有把握的起）", "其余部分的准确程度")
    axes.plot(abstention["abstained"], abstention["scope_f1"], "o-", color=_BLUE, markersize=4, label="纳入 F1")
    axes.plot(abstention["abstained"], abstention["accuracy"], "s-", color=_ORANGE, markersize=4, label="判对的比例")
    _unit_square(axes)
    axes.legend(loc="lower left")
    return axes


def draw_confusion(confusion: pd.DataFrame, axes: Axes | None = None) -> Axes:
    """Draw how often complaints of each category (row) were said to be of each (column), as shares of the row."""
    if axes is None:
        use_chinese_font()
        size = _CELL * len(confusion)
        _, axes = plt.subplots(figsize=(size + 2, size + 1.2), layout="constrained")
    axes = _prepared(axes, "类别混淆：应为（行）与判为（列）的件数", "判为", "应为")
    axes.grid(visible=False)
    counts = confusion.to_numpy()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    names = list(confusion.columns)
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set_yticks(range(len(names)), names)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > _DARK else "black"
        axes.text(column, row, f"{count}", ha="center", va="center", color=colour)
    return axes


def draw_figures(
    figures: Mapping[str, Mapping[str, float]], names: Mapping[str, str], axes: Axes | None = None
) -> Axes:
    """Draw figures with their 95 % intervals, one below the other, as they stand in a model's card.

    figures: by name, value and perhaps low and high. names: what to call them; others are left out.
    """
    axes = _prepared(axes, "分数与 95 % 区间", "", "")
    shown: Sequence[str] = [name for name in names if name in figures][::-1]
    for row, name in enumerate(shown):
        figure = figures[name]
        axes.plot([figure.get("low", figure["value"]), figure.get("high", figure["value"])], [row, row], color=_GREY)
        axes.plot(figure["value"], row, "o", color=_BLUE)
    axes.set_yticks(range(len(shown)), [names[name] for name in shown])
    axes.set_xlim(0, 1)
    return axes


def _prepared(axes: Axes | None, title: str, x_label: str, y_label: str) -> Axes:
    use_chinese_font()
    if axes is None:
        _, axes = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
    axes.set_title(title)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.grid(visible=True, alpha=0.3)
    return axes


def _unit_square(axes: Axes) -> None:
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
