"""Figures of quality: drawn from tables, in Chinese, on a machine without any Chinese font."""

import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib import rcParams
from matplotlib.axes import Axes

from analysis.classify.evaluate import FIGURE_NAMES
from analysis.figures import quality

RELIABILITY = pd.DataFrame({"mean_score": [0.1, 0.9], "share_in_scope": [0.05, 0.8], "count": [90, 10]})
CURVE = pd.DataFrame({"threshold": [0.9, 0.5, 0.1], "recall": [0.2, 0.7, 1.0], "precision": [1.0, 0.8, 0.3]})
ABSTENTION = pd.DataFrame(
    {"abstained": [0.0, 0.5], "coverage": [1.0, 0.5], "scope_f1": [0.7, 0.9], "accuracy": [0.8, 1.0]}
)
NAMES = ["逐利执法", "执法粗暴", "不纳入"]
CONFUSION = pd.DataFrame(np.array([[3, 1, 0], [0, 5, 2], [0, 0, 9]]), index=NAMES, columns=NAMES)
FIGURES = {"scope_f1": {"value": 0.8, "low": 0.7, "high": 0.9}, "unit_accuracy": {"value": 0.5}}

DRAWN = {
    "reliability": lambda axes: quality.draw_reliability(RELIABILITY, axes),
    "precision_recall": lambda axes: quality.draw_precision_recall(CURVE, 0.5, axes),
    "abstention": lambda axes: quality.draw_abstention(ABSTENTION, axes),
    "confusion": lambda axes: quality.draw_confusion(CONFUSION, axes),
    "figures": lambda axes: quality.draw_figures(FIGURES, FIGURE_NAMES, axes),
}


@pytest.fixture(autouse=True)
def _no_display() -> None:
    plt.switch_backend("Agg")
    yield
    plt.close("all")


@pytest.mark.parametrize("name", DRAWN)
def test_every_character_has_a_glyph(name: str) -> None:
    """Matplotlib warns of every character that no font of its list can draw."""
    with rcParams_untouched(), warnings.catch_warnings():
        warnings.simplefilter("error")
        axes = DRAWN[name](None)
        axes.figure.canvas.draw()
    assert any("\u4e00" <= c <= "\u9fff" for c in axes.figure.get_suptitle())


def rcParams_untouched() -> object:  # noqa: N802 - a context like matplotlib's own
    return plt.rc_context({"font.family": ["sans-serif"], "font.sans-serif": ["DejaVu Sans"]})


def test_given_axes_are_drawn_on_and_returned() -> None:
    _, axes = plt.subplots()
    for draw in DRAWN.values():
        assert draw(axes) is axes


def line_data(axes: Axes, label: str) -> list[list[float]]:
    line = next(line for line in axes.lines if line.get_label() == label)
    return [list(map(float, line.get_xdata())), list(map(float, line.get_ydata()))]


def test_what_is_drawn_is_what_the_tables_say() -> None:
    assert line_data(quality.draw_reliability(RELIABILITY), "模型") == [[0.1, 0.9], [0.05, 0.8]]
    curve = quality.draw_precision_recall(CURVE, 0.4)
    assert line_data(curve, "现在的门槛 0.40") == [[0.7], [0.8]]
    assert line_data(quality.draw_abstention(ABSTENTION), "纳入 F1") == [[0.0, 0.5], [0.7, 0.9]]
    counts = [t.get_text() for t in quality.draw_confusion(CONFUSION).texts]
    assert counts == ["3", "1", "0", "0", "5", "2", "0", "0", "9"]
    shown = [t.get_text() for t in quality.draw_figures(FIGURES, FIGURE_NAMES).get_yticklabels()]
    assert shown == [FIGURE_NAMES["unit_accuracy"], FIGURE_NAMES["scope_f1"]]


def test_empty_tables_are_drawn_without_fuss() -> None:
    quality.draw_reliability(RELIABILITY[:0])
    quality.draw_precision_recall(CURVE[:0], 0.5)
    quality.draw_confusion(CONFUSION * 0)
    assert rcParams["font.family"][0] == "Noto Sans SC"
