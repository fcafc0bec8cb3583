"""The registry of figures: of each its words, the tables it needs, its numbers and how they are drawn."""

import io
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import BaseModel, ConfigDict

from analysis.codebook import Review
from analysis.contracts import (
    COMPLAINT_MATTERS,
    COMPLAINTS,
    EVENTS,
    GATE_DECISIONS,
    PROBLEM_COMPLAINTS,
    PROBLEMS,
    RUNS,
    Table,
)
from analysis.figures import intake, progress, quality, relapse, repeats, spread, words
from analysis.figures.canvas import AnyFigure
from analysis.summary.context import Context
from analysis.summary.intake import intake_by_month
from analysis.summary.judged import coverage_against_accuracy, precision_against_recall, scores_against_labels
from analysis.summary.progress import ageing_of_open, deadline_calendar, life_cycle_funnel
from analysis.summary.reach import problem_reach
from analysis.summary.relapse import before_and_after_closing
from analysis.summary.repeats import repeat_concentration
from analysis.summary.source import Origin, TableSource, origin, read_tables
from analysis.summary.spread import category_by_unit, place_ranking, sub_problem_shares
from analysis.summary.words import distinctive_words, words_by_month

Tables = Mapping[str, pd.DataFrame]
_DPI = 200


class Draw(Protocol):
    """How a frame of numbers is drawn; `source` is the line that says where it comes from, `form` a form of the style."""

    def __call__(self, frame: pd.DataFrame, /, *, source: str = "", form: str = "page") -> Axes | AnyFigure: ...


@dataclass(frozen=True)
class Chart:
    """One figure.

    Attributes:
        chart_id: its name in code and of files.
        title: Chinese.
        shows: what it shows (Chinese, as are the next two).
        reading: how to read it.
        caution: what it must not be read as.
        tables: tables of the contract that its numbers are made from, besides the runs.
        count: makes the numbers from these tables, the context and the origin.
        draw: draws them.
    """

    chart_id: str
    title: str
    shows: str
    reading: str
    caution: str
    tables: tuple[str, ...]
    count: Callable[[Tables, Context, Origin], pd.DataFrame]
    draw: Draw

    def numbers(self, source: TableSource, context: Context) -> pd.DataFrame:
        """Return the numbers behind the figure; their columns are those of `analysis.summary.columns.COLUMNS`.

        Raises:
            UsageError: a table is missing, or nothing has run yet.
        """
        return self.count(read_tables(source, self.tables), context, origin(source))

    def figure(self, source: TableSource, context: Context, form: str = "page") -> Figure:
        """Return the figure of a source, with its source line; it is pyplot's, the caller closes it."""
        return self.figure_of(self.numbers(source, context), source_line(source, context), form)

    def figure_of(self, frame: pd.DataFrame, line: str, form: str = "page") -> Figure:
        """Return the figure of numbers that `numbers` gave; it is pyplot's, the caller closes it."""
        drawn = self.draw(frame, source=line, form=form)
        figure = drawn.figure if isinstance(drawn, Axes) else drawn
        assert isinstance(figure, Figure)
        return figure

    def png(self, frame: pd.DataFrame, line: str, form: str = "page", dpi: int = _DPI) -> bytes:
        """Return the figure of numbers as a PNG; the same numbers give the same bytes."""
        figure = self.figure_of(frame, line, form)
        try:
            content = io.BytesIO()
            figure.savefig(content, format="png", dpi=dpi, metadata={"Software": None})
            return content.getvalue()
        finally:
            plt.close(figure)


def source_line(source: TableSource, context: Context) -> str:
    """Return the line that says where a figure comes from: whose ledger, which run, which day."""
    found = origin(source)
    site = context.settings.site
    return f"来源：{site.name}整改台账（{site.office}），运行 {found.run_id}，业务日期 {found.as_of:%Y-%m-%d}。"


_REACHED: tuple[Table, ...] = (PROBLEMS, PROBLEM_COMPLAINTS, COMPLAINTS, COMPLAINT_MATTERS)


def _reached(tables: Tables, context: Context) -> tuple[pd.DataFrame, pd.DataFrame]:
    return problem_reach(*(tables[t.name] for t in _REACHED), context.scheme, context.units)


def _intake(tables: Tables, context: Context, at: Origin) -> pd.DataFrame:
    frames = (tables[t.name] for t in (COMPLAINTS, GATE_DECISIONS, COMPLAINT_MATTERS))
    return intake_by_month(
        *frames, context.source_names, at.as_of, context.settings.figures.confidence, context.smallest
    )


def _category_by_unit(tables: Tables, context: Context, _: Origin) -> pd.DataFrame:
    return category_by_unit(*_reached(tables, context), context.scheme, context.smallest)


def _sub_problems(tables: Tables, context: Context, _: Origin) -> pd.DataFrame:
    confidence = context.settings.figures.confidence
    return sub_problem_shares(*_reached(tables, context), context.scheme, confidence, context.smallest)


def _funnel(tables: Tables, context: Context, _: Origin) -> pd.DataFrame:
    return life_cycle_funnel(*_reached(tables, context), tables[EVENTS.name], context.smallest)


def _ageing(tables: Tables, context: Context, at: Origin) -> pd.DataFrame:
    edges = context.settings.figures.ageing_days
    return ageing_of_open(*_reached(tables, context), at.as_of, edges, context.smallest)


def _deadlines(tables: Tables, context: Context, at: Origin) -> pd.DataFrame:
    return deadline_calendar(*_reached(tables, context), at.as_of, context.smallest)


def _repeats(tables: Tables, context: Context, _: Origin) -> pd.DataFrame:
    _, links = _reached(tables, context)
    return repeat_concentration(links, context.settings.figures.repeat_times, context.smallest)


def _words(tables: Tables, context: Context, _: Origin) -> pd.DataFrame:
    _, links = _reached(tables, context)
    rules = context.settings.figures
    return distinctive_words(tables[COMPLAINTS.name], links, context.scheme, rules, context.smallest)


def _words_by_month(tables: Tables, context: Context, _: Origin) -> pd.DataFrame:
    _, links = _reached(tables, context)
    rules = context.settings.figures
    return words_by_month(tables[COMPLAINTS.name], links, context.scheme, rules, context.smallest)


def _places(tables: Tables, context: Context, _: Origin) -> pd.DataFrame:
    _, links = _reached(tables, context)
    return place_ranking(links, context.places, context.smallest)


def _reliability(tables: Tables, context: Context, _: Origin) -> pd.DataFrame:
    return scores_against_labels(tables[GATE_DECISIONS.name], context.labels, context.settings.figures.confidence)


def _precision_recall(tables: Tables, context: Context, _: Origin) -> pd.DataFrame:
    settings = context.settings
    gate, labels = tables[GATE_DECISIONS.name], context.labels
    return precision_against_recall(gate, labels, settings.classify.include_from, settings.figures.confidence)


def _abstention(tables: Tables, context: Context, _: Origin) -> pd.DataFrame:
    threshold = context.settings.classify.include_from
    return coverage_against_accuracy(tables[GATE_DECISIONS.name], context.labels, threshold)


def _before_and_after(tables: Tables, context: Context, at: Origin) -> pd.DataFrame:
    rest = tables[COMPLAINTS.name], tables[EVENTS.name], at.as_of, context.settings.recurrence, context.smallest
    return before_and_after_closing(*_reached(tables, context), *rest)


_MADE: dict[str, tuple[tuple[Table, ...], Callable[[Tables, Context, Origin], pd.DataFrame], Draw]] = {
    "intake": ((COMPLAINTS, GATE_DECISIONS, COMPLAINT_MATTERS), _intake, intake.draw_intake),
    "category_by_unit": (_REACHED, _category_by_unit, spread.draw_category_by_unit),
    "sub_problems": (_REACHED, _sub_problems, spread.draw_sub_problems),
    "funnel": ((*_REACHED, EVENTS), _funnel, progress.draw_funnel),
    "ageing": (_REACHED, _ageing, progress.draw_ageing),
    "deadlines": (_REACHED, _deadlines, progress.draw_deadlines),
    "repeats": (_REACHED, _repeats, repeats.draw_repeats),
    "distinctive_words": (_REACHED, _words, words.draw_distinctive_words),
    "words_by_month": (_REACHED, _words_by_month, words.draw_words_by_month),
    "places": (_REACHED, _places, spread.draw_places),
    "reliability": ((GATE_DECISIONS,), _reliability, quality.draw_reliability),
    "precision_recall": ((GATE_DECISIONS,), _precision_recall, quality.draw_precision_recall),
    "abstention": ((GATE_DECISIONS,), _abstention, quality.draw_abstention),
    "before_and_after": ((*_REACHED, EVENTS), _before_and_after, relapse.draw_before_and_after),
}


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    shows: str
    reading: str
    caution: str


class _Catalogue(BaseModel):
    """`charts.toml`: what each figure is called and how it is to be read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    chart: tuple[_Words, ...]


def _load() -> tuple[Chart, ...]:
    content = files("analysis.figures").joinpath("charts.toml").read_text(encoding="utf-8")
    told = _Catalogue.model_validate(tomllib.loads(content)).chart
    made = {w.id: _MADE[w.id] for w in told}
    return tuple(
        Chart(w.id, w.title, w.shows, w.reading, w.caution, tuple(t.name for t in made[w.id][0]), *made[w.id][1:])
        for w in told
    )


ALL: tuple[Chart, ...] = _load()
"""All figures, in the order in which they are shown."""
BY_ID: dict[str, Chart] = {chart.chart_id: chart for chart in ALL}
NEEDED_TABLES: tuple[str, ...] = tuple(dict.fromkeys([RUNS.name, *(name for chart in ALL for name in chart.tables)]))
"""Every table that some figure needs."""
