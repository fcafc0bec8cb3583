"""Draws where problems lie: units and categories, sub-problems, places."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from analysis.figures.canvas import (
    Caption,
    bar_look,
    close_axes,
    nothing,
    open_axes,
    percent,
    reach_words,
    room_for_words,
    rows_that_fit,
    shades,
    shortened,
    suppression_remark,
    told_apart,
    whole_numbers,
    words_beside,
)
from analysis.figures.catalogue import title_of
from analysis.figures.style import load_style
from analysis.summary.shares import TOTAL
from analysis.summary.spread import UNNAMED

_CELL_LINES = 1.25
_BAR_LINES = 1.15
_MOST_PLACES = 20
_MOST_NAMES = 6


def draw_category_by_unit(frame: pd.DataFrame, ax: Axes | None = None, *, source: str = "", form: str = "page") -> Axes:
    """Draw the result of `category_by_unit`: a cell a unit and category, the darker the more complaints."""
    units = [u for u in dict.fromkeys(frame["unit_name"]) if u != TOTAL]
    shown = units[: rows_that_fit(form, _CELL_LINES) - 2]
    ax, chosen = open_axes(ax, form, _CELL_LINES * (len(shown) + 2) + 1)
    everything = frame[(frame["unit_name"] == TOTAL) & (frame["category_name"] == TOTAL)]
    problems = int(everything["problem_count"].sum())
    sample = f"n = {problems} 个问题（{_sum(everything)}）；格内依次是诉求件数、反映人数、事项数。"
    remarks = ["同一诉求涉及几个单位、几个类别的，在各格分别计数，合计只计一次。"]
    if len(shown) < len(units):
        remarks.append(f"只画诉求最多的 {len(shown)} 个单位，另有 {len(units) - len(shown)} 个见数据表。")
    if not shown:
        nothing(ax, "台账里没有问题")
    else:
        _heat(ax, frame, shown, chosen.small)
    caption = Caption(title_of("category_by_unit"), sample, (*remarks, *suppression_remark(frame)), source)
    return close_axes(ax, caption, chosen)


def _sum(rows: pd.DataFrame) -> str:
    return reach_words(rows.iloc[0]) if len(rows) else "0 件 / 0 人 / 0 项"


def _heat(ax: Axes, frame: pd.DataFrame, units: list[str], size: float) -> None:
    categories = list(dict.fromkeys(frame["category_name"]))
    rows = frame.set_index(["unit_name", "category_name"])
    names = [*units, TOTAL]
    counts = rows["complaint_count"].astype("float64").unstack().reindex(index=names, columns=categories).to_numpy()  # noqa: PD010
    inner = counts.copy()
    inner[-1, :] = inner[:, -1] = np.nan
    most = np.nanmax(inner) if np.isfinite(inner).any() else 1.0
    ax.imshow(inner, cmap=shades(), vmin=0, vmax=max(float(most), 1.0), aspect="auto")
    colours = load_style().colours
    for row, unit in enumerate(names):
        for column, category in enumerate(categories):
            words = reach_words(rows.loc[(unit, category)])
            words = words.replace(" 件 / ", "/").replace(" 人 / ", "/").replace(" 项", "")
            is_dark = np.isfinite(inner[row, column]) and inner[row, column] > colours.dark_from * most
            quiet = words == "0/0/0"
            colour = colours.low if is_dark else colours.quiet if quiet else colours.ink
            ax.text(column, row, "0" if quiet else words, ha="center", va="center", color=colour, fontsize=size)
    ax.set_xticks(range(len(categories)), [shortened(c, 20) for c in categories])
    ax.set_yticks(range(len(names)), [*told_apart(units), TOTAL])
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    for edge in (len(names) - 1.5,):
        ax.axhline(edge, color=colours.quiet, linewidth=0.8)
    ax.axvline(len(categories) - 1.5, color=colours.quiet, linewidth=0.8)
    ax.spines[:].set_visible(False)


def draw_sub_problems(frame: pd.DataFrame, ax: Axes | None = None, *, source: str = "", form: str = "page") -> Axes:
    """Draw the result of `sub_problem_shares`: bars of shares with their intervals, and the counts beside them."""
    rows = frame[~frame["is_total"].astype(bool)]
    is_nothing = rows["complaint_count"].fillna(1) == 0
    told = rows[~is_nothing]
    often = told["complaint_count"].astype("float64").fillna(0).nlargest(rows_that_fit(form, _BAR_LINES) - 2).index
    shown = told.loc[told.index.isin(often)][::-1]
    ax, chosen = open_axes(ax, form, _BAR_LINES * max(len(shown), 4) + 3)
    total = frame[frame["is_total"].astype(bool)]
    remarks = ["一件诉求可以有几个小类，比例相加超过 100%。横线是 95% 区间（Wilson）。"]
    if len(shown) < len(told):
        remarks.append(f"只画最多的 {len(shown)} 个小类，另有 {len(told) - len(shown)} 个见数据表。")
    if is_nothing.any():
        names = rows.loc[is_nothing, "sub_problem_name"]
        more = f"等 {len(names)} 个" if len(names) > _MOST_NAMES else ""
        remarks.append(f"没有反映的小类：{'、'.join(names[:_MOST_NAMES])}{more}。")
    if shown["complaint_count"].isna().all():
        nothing(ax, "台账里没有诉求" if shown.empty else "各小类的数量都很少，不显示")
    else:
        _share_bars(ax, shown, list(dict.fromkeys(rows["category_name"])), chosen.small)
    sample = f"n = {_sum(total)}，{int(total['problem_count'].sum())} 个问题。"
    caption = Caption(title_of("sub_problems"), sample, (*remarks, *suppression_remark(frame)), source)
    return close_axes(ax, caption, chosen)


def _share_bars(ax: Axes, rows: pd.DataFrame, categories: list[str], size: float) -> None:
    colours = load_style().colours
    share, low, high = (rows[c].astype("float64").fillna(0).to_numpy() for c in ("share", "low", "high"))
    for position, (category, words) in enumerate(zip(rows["category_name"], _reaches(rows), strict=True)):
        look = bar_look(categories.index(category))
        ax.barh(position, share[position], height=0.66, **look)
        words_beside(ax, high[position], position, words, size)
    errors = [share - low, high - share]
    halo = [withStroke(linewidth=3, foreground="white")]
    ax.errorbar(share, range(len(rows)), xerr=errors, fmt="none", ecolor=colours.ink, elinewidth=1, path_effects=halo)
    ax.set_yticks(range(len(rows)), [shortened(n) for n in rows["sub_problem_name"]])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.set_xlabel("占台账里全部诉求的比例")
    percent(ax, "x")
    room_for_words(ax, max(0.05, float(high.max())), 1.4)
    present = [c for c in categories if c in set(rows["category_name"])]
    patches = [Patch(label=c, **bar_look(categories.index(c))) for c in present]
    ax.legend(handles=patches, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.3)


def _reaches(rows: pd.DataFrame) -> list[str]:
    return [reach_words(row) for _, row in rows.iterrows()]


def draw_places(frame: pd.DataFrame, ax: Axes | None = None, *, source: str = "", form: str = "page") -> Axes:
    """Draw the result of `place_ranking`: the places most named, complaints as bars, complainants as thin bars."""
    named = frame[frame["is_named"].astype(bool)]
    most = min(_MOST_PLACES, rows_that_fit(form, _BAR_LINES) - 1)
    visible = named[named["complaint_count"].notna()]
    shown = visible.head(most)[::-1]
    ax, chosen = open_axes(ax, form, _BAR_LINES * max(len(shown), 4) + 2)
    total = frame[frame["is_total"].astype(bool)]
    unnamed = frame[~frame["is_named"].astype(bool) & ~frame["is_total"].astype(bool)]
    remarks = ["一件诉求写明几个地点的，各计一次。"]
    if len(shown) < len(named):
        remarks.append(f"只画最多的 {len(shown)} 个，另有 {len(named) - len(shown)} 个地点见数据表。")
    if len(unnamed):
        remarks.append(f"{UNNAMED}地点的：{reach_words(unnamed.iloc[0])}。")
    if shown.empty:
        nothing(ax, "没有诉求写明道路或街道" if named.empty else "各地点的数量都很少，不显示")
    else:
        _place_bars(ax, shown, chosen.small)
    sample = f"n = {_sum(total)}，写明 {len(named)} 个道路、街道。"
    caption = Caption(title_of("places"), sample, (*remarks, *suppression_remark(frame)), source)
    return close_axes(ax, caption, chosen)


def _place_bars(ax: Axes, rows: pd.DataFrame, size: float) -> None:
    complaints, persons = (rows[c].astype("float64").to_numpy() for c in ("complaint_count", "complainant_count"))
    positions = range(len(rows))
    ax.barh(positions, complaints, height=0.72, label="诉求（件）", **bar_look(4) | {"hatch": ""})
    ax.barh(positions, persons, height=0.3, label="反映人（人）", **bar_look(0))
    for position, words in enumerate(_reaches(rows)):
        words_beside(ax, complaints[position], position, words, size)
    ax.set_yticks(positions, [shortened(n) for n in rows["place"]])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.set_xlabel("件、人（按反映人数排列）")
    whole_numbers(ax, "x")
    room_for_words(ax, float(complaints.max()), 1.4)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0.3)
