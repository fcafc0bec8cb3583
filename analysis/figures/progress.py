"""Draws how far problems are: the funnel of steps, the age of the open ones, the calendar of deadlines."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.canvas import (
    Caption,
    bar_look,
    close_axes,
    legend_above,
    nothing,
    open_axes,
    reach_words,
    room_for_words,
    suppression_remark,
    whole_numbers,
    words_beside,
)
from analysis.figures.catalogue import title_of
from analysis.figures.style import load_style
from analysis.summary.progress import IN_TIME, NO_DEADLINE, NOW, OVERDUE

_WEEKS_BEFORE, _WEEKS_AFTER = 12, 16
_MOST_DATES = 9
_STANDINGS = (OVERDUE, IN_TIME, NO_DEADLINE)
_LOOKS = {OVERDUE: 1, IN_TIME: 2, NO_DEADLINE: 4}


def draw_funnel(frame: pd.DataFrame, ax: Axes | None = None, *, source: str = "", form: str = "page") -> Axes:
    """Draw the result of `life_cycle_funnel`: how many problems ever reached each step, how many left the way."""
    rows = frame[::-1].reset_index(drop=True)
    ax, chosen = open_axes(ax, form, 1.5 * len(rows) + 1)
    all_problems = int(frame["problem_count"].max()) if len(frame) else 0
    if not all_problems:
        nothing(ax, "台账里没有问题")
    else:
        colours = load_style().colours
        heights = rows["problem_count"].to_numpy(dtype=float)
        for position, row in rows.iterrows():
            look = bar_look(4 if row["position"] == NOW else 0)
            ax.barh(position, heights[position], height=0.66, **look)  # type: ignore[arg-type, call-overload]
            people = "" if row["complaint_count"] is pd.NA or row["problem_count"] == 0 else f"（{reach_words(row)}）"
            words = f"{int(row['problem_count'])} 个问题{people}"
            words_beside(ax, heights[position], position, words, chosen.small)  # type: ignore[call-overload, arg-type]
        ax.set_yticks(range(len(rows)), [f"{p}：{s}" for p, s in zip(rows["position"], rows["step"], strict=True)])
        ax.axhline(int((rows["position"] == NOW).sum()) - 0.5, color=colours.quiet, linewidth=0.6, linestyle=":")
        ax.set_xlabel("问题（个）")
        whole_numbers(ax, "x")
        room_for_words(ax, all_problems, 1.75)
    remarks = ("“走到”是曾经走到过这一步的，“现为”是今天停在那里的；线索类问题不交办，只移送。",)
    sample = f"n = {all_problems} 个登记的问题；括号里是这些问题的诉求、反映人、事项。"
    caption = Caption(title_of("funnel"), sample, (*remarks, *suppression_remark(frame)), source)
    return close_axes(ax, caption, chosen)


def draw_ageing(frame: pd.DataFrame, ax: Axes | None = None, *, source: str = "", form: str = "page") -> Axes:
    """Draw the result of `ageing_of_open`: open problems by their age, overdue or not."""
    ages = list(dict.fromkeys(frame["age"]))[::-1]
    ax, chosen = open_axes(ax, form, 1.7 * len(ages) + 2)
    count = int(frame["problem_count"].sum())
    if not count:
        nothing(ax, "没有未办结的问题")
    else:
        table = frame.set_index(["age", "standing"])
        left = np.zeros(len(ages))
        for standing in _STANDINGS:
            values = np.array([float(table.loc[(age, standing), "problem_count"]) for age in ages])
            if not values.any():
                continue
            ax.barh(range(len(ages)), values, left=left, height=0.66, label=standing, **bar_look(_LOOKS[standing]))
            left += values
        for position, age in enumerate(ages):
            words = "\n".join(_told(table.loc[(age, s)], s) for s in _STANDINGS if table.loc[(age, s), "problem_count"])
            words_beside(ax, left[position], position, words or "0", chosen.small)
        ax.set_yticks(range(len(ages)), ages)
        ax.set_xlabel("未办结的问题（个）")
        whole_numbers(ax, "x")
        room_for_words(ax, float(left.max()), 2.0)
        legend_above(ax)
    rule = "从时限起算之日（一般是登记之日，反弹的从反弹之日）数到业务日期。括号里是这些问题的诉求、反映人、事项。"
    remarks = (rule, *suppression_remark(frame))
    caption = Caption(title_of("ageing"), f"n = {count} 个未办结的问题。", remarks, source)
    return close_axes(ax, caption, chosen)


def _told(row: "pd.Series[Any]", standing: str) -> str:
    return f"{standing} {row['problem_count']} 个（{reach_words(row)}）"


def draw_deadlines(frame: pd.DataFrame, ax: Axes | None = None, *, source: str = "", form: str = "page") -> Axes:
    """Draw the result of `deadline_calendar`: problems due per week, the overdue ones told in words as well."""
    dated = frame[frame["week"].notna()]
    ax, chosen = open_axes(ax, form, 11)
    overdue = int(frame.loc[frame["standing"] == OVERDUE, "problem_count"].sum())
    without = int(frame.loc[frame["standing"] == NO_DEADLINE, "problem_count"].sum())
    if not dated["problem_count"].sum():
        nothing(ax, "没有定了时限而未办结的问题")
    else:
        _weeks(ax, dated, chosen.small)
    total = int(frame["problem_count"].sum())
    coming = total - overdue - without
    sample = f"n = {total} 个未办结的问题：已超期 {overdue} 个，未到期 {coming} 个，未定时限 {without} 个。"
    provisional = int(frame["provisional_count"].sum())
    remarks = [f"其中 {provisional} 个的时限是暂估：该年的节假日安排尚未公布。"] * bool(provisional)
    remarks.append("横轴是每周的星期一。")
    return close_axes(ax, Caption(title_of("deadlines"), sample, remarks, source), chosen)


def _weeks(ax: Axes, rows: pd.DataFrame, size: float) -> None:
    today = rows.loc[rows["is_this_week"].astype(bool), "week"].iloc[0]
    first, last = today - timedelta(weeks=_WEEKS_BEFORE), today + timedelta(weeks=_WEEKS_AFTER)
    weeks = [max(min(week, last), first) for week in rows["week"]]
    sums = rows.assign(week=weeks).groupby(["week", "standing"])["problem_count"].sum()
    start, end = min(*weeks, today), max(*weeks, today)
    shown = [start + timedelta(weeks=i) for i in range((end - start).days // 7 + 1)]
    bottom = np.zeros(len(shown))
    gap = float(sums.groupby("week").sum().max()) * 0.015
    for standing in (OVERDUE, IN_TIME):
        values = np.array([float(sums.get((week, standing), 0)) for week in shown])
        if not values.any():
            continue
        ax.bar(range(len(shown)), values, bottom=bottom, width=0.8, label=standing, **bar_look(_LOOKS[standing]))
        for position in np.flatnonzero(values):
            words = f"{int(values[position])}"
            ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
            ax.text(
                int(position),
                bottom[position] + values[position] + gap,
                words,
                ha="center",
                va="bottom",
                fontsize=size,
                bbox=ground,
            )
        bottom += values
    names = {week: f"{week:%m-%d}" for week in shown}
    names[first] = "更早" if min(rows["week"]) < first else names.get(first, "")
    names[last] = "更晚" if max(rows["week"]) > last else names.get(last, "")
    step = -(-len(shown) // _MOST_DATES)
    ticks = {i for i, week in enumerate(shown) if (i - shown.index(today)) % step == 0}
    ends = {i for i, week in enumerate(shown) if names[week] in ("更早", "更晚")}
    ticks = {i for i in ticks if not any(0 < abs(i - e) < step for e in ends)} | ends
    years = {i: f"\n{shown[i]:%Y}年" for i in ticks if names[shown[i]][0] != "更"}
    kept = _first_of_each(years)
    ax.set_xticks(sorted(ticks), [names[shown[i]] + kept.get(i, "") for i in sorted(ticks)])
    ax.axvline(shown.index(today), color=load_style().colours.ink, linewidth=0.8, linestyle="--", zorder=0)
    _beside_today(ax, shown.index(today), rows, size)
    ax.set_xlim(-0.7, len(shown) - 0.3)
    ax.set_ylim(0, bottom.max() * 1.3)
    ax.set_ylabel("到期的问题（个）")
    whole_numbers(ax)
    legend_above(ax)


def _beside_today(ax: Axes, position: int, rows: pd.DataFrame, size: float) -> None:
    """Write on either side of today's line how many are overdue, and how many are not."""
    counts = rows.groupby("standing")["problem_count"].sum()
    late = f"已超期 {counts.get(OVERDUE, 0)} 个 ←" if counts.get(OVERDUE, 0) else ""
    for words, shift, align in ((late, -4, "right"), (f"本周起未到期 {counts.get(IN_TIME, 0)} 个 →", 4, "left")):
        ax.annotate(
            words,
            (position, 1),
            xycoords=("data", "axes fraction"),
            xytext=(shift, -2),
            textcoords="offset points",
            va="top",
            ha=align,
            fontsize=size,
        )


def _first_of_each(years: dict[int, str]) -> dict[int, str]:
    kept: dict[int, str] = {}
    for position in sorted(years):
        if years[position] not in kept.values():
            kept[position] = years[position]
    return kept
