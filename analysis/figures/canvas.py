"""What all figures share: opening a canvas of the right size, what stands above and under it, months, missing data."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure, SubFigure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator, PercentFormatter

from analysis.exchange.cells import display_width
from analysis.figures.style import Form, load_style, use_style

AnyFigure = Figure | SubFigure
REACH_LABELS = ("诉求（件）", "反映人（人）", "事项（项）")
_FRAME_LINES = 6.5
"""Lines that title, axis and footer take."""
_MOST_TICKS = 10
_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_LONGEST_NAME = 26
_MISSING = "无数据"


@dataclass(frozen=True)
class Caption:
    """What stands around a figure.

    Attributes:
        title: above it.
        sample: the sample size, told in words with n.
        remarks: further sentences under it.
        source: where it comes from; empty where the caller did not tell.
    """

    title: str
    sample: str
    remarks: Sequence[str] = field(default=())
    source: str = ""


def open_axes(ax: Axes | None, form: str, lines: float) -> tuple[Axes, Form]:
    """Return the axes to draw on, new ones for so many lines where none are given, and the form."""
    chosen = use_style(form)
    if ax is None:
        figure = plt.figure(figsize=_size(chosen, lines), layout="constrained")
        ax = figure.add_subplot()
    for text in ax.findobj(Text):  # made before the font was known, where the caller made the axes
        assert isinstance(text, Text)
        text.set_fontfamily(rcParams["font.family"])
    return ax, chosen


def open_figure(figure: AnyFigure | None, form: str, lines: float) -> tuple[AnyFigure, Form]:
    """Return the figure to draw on, a new one for so many lines where none is given, and the form."""
    chosen = use_style(form)
    return figure or plt.figure(figsize=_size(chosen, lines), layout="constrained"), chosen


def _size(form: Form, lines: float) -> tuple[float, float]:
    return form.width, min(form.tallest, (lines + _FRAME_LINES) * form.line)


def rows_that_fit(form: str, lines_per_row: float = 1.0) -> int:
    """Return how many rows of a figure fit its form."""
    chosen = load_style().form[form]
    return max(3, int((chosen.tallest / chosen.line - _FRAME_LINES) / lines_per_row))


def close_axes(ax: Axes, caption: Caption, form: Form) -> Axes:
    """Write the caption: around the whole figure where the axes stand alone in it, else above and under them."""
    parent = ax.figure
    if [a for a in parent.axes if a is not ax and a.get_label() != "<colorbar>"]:
        ax.set_title(caption.title)
        ax.set_xlabel("\n".join([ax.get_xlabel(), *_footer(caption, _characters(ax.bbox.width / parent.dpi, form))]))
        return ax
    close_figure(parent, caption, form)
    return ax


def close_figure(figure: AnyFigure, caption: Caption, form: Form) -> AnyFigure:
    """Write the caption around the figure."""
    width = figure.bbox.width / figure.dpi
    figure.suptitle("\n".join(_wrapped(caption.title, _characters(width, form) * 0.7)), x=0.01, ha="left")
    footer = "\n".join(_footer(caption, _characters(width, form)))
    colour = load_style().colours.quiet
    figure.supxlabel(footer, x=0.01, ha="left", fontsize=form.small, color=colour, linespacing=1.45)
    return figure


def _characters(width: float, form: Form) -> float:
    """Return how many halves of a Chinese character a line of so many inches holds."""
    return 2 * (width - 0.15) * 72 / form.small


def _footer(caption: Caption, width: float) -> list[str]:
    parts = [caption.sample, *caption.remarks, caption.source]
    return [line for part in parts if part for line in _wrapped(part, width)]


_NOT_AT_START = "，。；：、）”！？%～］"
_NOT_AT_END = "（“［"


def _wrapped(text: str, width: float) -> list[str]:
    """Break a text into lines of so many halves of a Chinese character; numbers and Latin words stay whole."""
    lines = [""]
    for token in _tokens(text):
        if display_width(lines[-1] + token) > width and lines[-1]:
            lines.append("")
        lines[-1] += token
    return lines


def _tokens(text: str) -> Iterable[str]:
    token = ""
    for character in text:
        joins = token and (
            character in _NOT_AT_START
            or token[-1] in _NOT_AT_END
            or (character.isascii() and token[-1].isascii() and character != " ")
        )
        if token and not joins:
            yield token
            token = ""
        token += character
    if token:
        yield token


def shortened(name: str, width: int = _LONGEST_NAME) -> str:
    """Return a name on one line of 0.62 of the width, else on two halves of it; of a longer one the two ends."""
    if display_width(name) <= width * 0.62:
        return name
    lines = _wrapped(name, min(width / 2, display_width(name) / 2) + 1)
    if len(lines) <= 2:
        return "\n".join(lines)
    tail = ""
    while display_width(name[-len(tail) - 1 :]) <= width / 2 - 1:
        tail = name[-len(tail) - 1 :]
    return f"{lines[0]}\n…{tail}"


def told_apart(names: Sequence[str]) -> list[str]:
    """Return names shortened; where two would read alike, all begin with their number in the table behind."""
    short = [shortened(n) for n in names]
    return short if len(set(short)) == len(set(names)) else [f"{i}. {s}" for i, s in enumerate(short, 1)]


def nothing(ax: Axes, why: str) -> None:
    """Say in the axes that there is nothing to draw, and why."""
    ax.set_axis_off()
    ax.set_gid(why)
    ax.text(0.5, 0.5, f"{_MISSING}：{why}", transform=ax.transAxes, ha="center", va="center", wrap=True)


def why_nothing(figure: Figure) -> str:
    """Return why a figure shows nothing in any of its axes; "" where it shows something."""
    reasons = [ax.get_gid() for ax in figure.axes]
    return "；".join(dict.fromkeys(filter(None, reasons))) if all(reasons) else ""


def shades() -> LinearSegmentedColormap:
    """Return the colours of heat maps, from nothing to much."""
    colours = load_style().colours
    return LinearSegmentedColormap.from_list("hotline", [colours.low, colours.high])


def bar_look(position: int) -> dict[str, Any]:
    """Return colour, hatch and edge of the bars of a series."""
    style = load_style()
    count = len(style.colours.series)
    return {
        "facecolor": style.colours.series[position % count],
        "hatch": style.marks.hatches[position % count],
        "edgecolor": style.colours.low if position % count < 3 else style.colours.quiet,
        "linewidth": 0.4,
    }


def line_look(position: int) -> dict[str, Any]:
    """Return colour, marker and dashes of the line of a series."""
    style = load_style()
    colours = style.colours.series
    return {
        "color": colours[position % len(colours)],
        "marker": style.marks.markers[position % len(colours)],
        "linestyle": ("-", "--", ":", "-.", "-")[position % 5],
    }


def legend_above(ax: Axes, columns: int = 5) -> None:
    """Put the legend between title and axes, where it hides nothing."""
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, borderaxespad=0.3, handlelength=1.8)


def whole_numbers(ax: Axes, axis: Literal["x", "y"] = "y") -> None:
    """Let an axis count from 0 in whole numbers, with lines to read by."""
    one = getattr(ax, f"{axis}axis")
    one.set_major_locator(MaxNLocator(nbins=6, integer=True))
    ax.grid(visible=True, axis=axis)


def percent(ax: Axes, axis: Literal["x", "y"] = "y") -> None:
    """Let an axis tell shares in percent, with lines to read by."""
    getattr(ax, f"{axis}axis").set_major_formatter(PercentFormatter(1, decimals=0))
    ax.grid(visible=True, axis=axis)


def month_ticks(ax: Axes, months: Sequence[str]) -> None:
    """Label an axis of months at positions 0, 1, … with as many of them as can be read."""
    step = next((s for s in _STEPS if len(months) / s <= _MOST_TICKS), _STEPS[-1])
    numbers = [int(m[:4]) * 12 + int(m[5:]) - 1 for m in months]
    shown = [i for i, number in enumerate(numbers) if number % step == 0] or [0]
    ax.set_xticks(shown, [months[i][:4] + "年" if step >= 12 else months[i] for i in shown])
    ax.set_xlim(-0.6, len(months) - 0.4)


def words_beside(ax: Axes, x: float, y: float, words: str, size: float) -> None:
    """Write words to the right of the end of a bar, on a ground that hides the lines of the axis."""
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    ax.annotate(words, (x, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=size, bbox=ground)


def room_for_words(ax: Axes, most: float, factor: float) -> None:
    """Let a horizontal axis end beyond its longest bar, for the words beside the bars; the marks end with the bars."""
    ax.set_xlim(0, most * factor)
    ticks = [t for t in ax.xaxis.get_major_locator().tick_values(0, most) if 0 <= t <= most * 1.1]
    ax.set_xticks(ticks)


def reach_words(row: "pd.Series[Any]") -> str:
    """Return the three counts of a row as they stand beside its bar."""
    counts = [row[c] for c in ("complaint_count", "complainant_count", "matter_count")]
    if any(pd.isna(c) for c in counts):
        return load_style().marks.suppressed
    return "{} 件 / {} 人 / {} 项".format(*(int(str(c)) for c in counts))


def suppression_remark(frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the sentence that explains what is left out, where anything is."""
    if "is_suppressed" in frame and frame["is_suppressed"].astype(bool).any():
        return (f"{load_style().marks.suppressed} 表示数量很少，或与很少的相减可得，不显示。",)
    return ()


def as_png(figure: Figure, dpi: int) -> bytes:
    """Return a figure as a PNG, the same bytes each time, and close it."""
    try:
        content = io.BytesIO()
        figure.savefig(content, format="png", dpi=dpi, metadata={"Software": None})
        return content.getvalue()
    finally:
        plt.close(figure)
