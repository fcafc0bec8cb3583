"""The registry of figures: of each its words, the tables it needs, its numbers and how they are drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.config import Settings
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
from analysis.figures.canvas import AnyFigure, as_png, why_nothing
from analysis.figures.catalogue import ChartWords, load_catalogue
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

_DPI = 200


class Draw(Protocol):
    """How a frame of numbers is drawn."""

    def __call__(self, frame: pd.DataFrame, /, *, source: str = "", form: str = "page") -> Axes | AnyFigure:
        """Draw it; `source` is the line that says where it comes from, `form` one of those in `style.toml`."""
        ...


@dataclass(frozen=True)
class Inputs:
    """What the numbers of one figure are made from.

    Attributes:
        tables: the tables that it needs, by name.
        context: codebook, settings, what is left out.
        at: the run and its day.
    """

    tables: Mapping[str, pd.DataFrame]
    context: Context
    at: Origin

    def __getitem__(self, table: Table) -> pd.DataFrame:
        return self.tables[table.name]

    @property
    def rules(self) -> Settings:
        """The site's settings."""
        return self.context.settings

    @cached_property
    def _reached(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        frames = self[PROBLEMS], self[PROBLEM_COMPLAINTS], self[COMPLAINTS], self[COMPLAINT_MATTERS]
        return problem_reach(*frames, self.context.scheme, self.context.units)

    @property
    def problems(self) -> pd.DataFrame:
        """The problems that stand by themselves; see `problem_reach`."""
        return self._reached[0]

    @property
    def links(self) -> pd.DataFrame:
        """What they rest on; see `problem_reach`."""
        return self._reached[1]


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
        count: makes the numbers from these tables, the context and the run.
        draw: draws them.
    """

    chart_id: str
    title: str
    shows: str
    reading: str
    caution: str
    tables: tuple[str, ...]
    count: Callable[[Inputs], pd.DataFrame]
    draw: Draw

    def numbers(self, source: TableSource, context: Context) -> pd.DataFrame:
        """Return the numbers behind the figure; their columns are those of `analysis.summary.columns.COLUMNS`.

        Raises:
            UsageError: a table is missing, or nothing has run yet.
        """
        return self.count(Inputs(read_tables(source, self.tables), context, origin(source)))

    def figure(self, source: TableSource, context: Context, form: str = "page") -> Figure:
        """Return the figure of a source, with its source line; it is pyplot's, the caller closes it."""
        return self.figure_of(self.numbers(source, context), source_line(source, context), form)

    def figure_of(self, frame: pd.DataFrame, line: str, form: str = "page") -> Figure:
        """Return the figure of numbers that `numbers` gave; it is pyplot's, the caller closes it."""
        drawn = self.draw(frame, source=line, form=form)
        figure = drawn.figure if isinstance(drawn, Axes) else drawn
        assert isinstance(figure, Figure)
        return figure

    def picture(self, frame: pd.DataFrame, line: str, dpi: int) -> tuple[bytes, str]:
        """Return the figure of numbers as a PNG without its title, and why it shows nothing, "" where it does."""
        figure = self.figure_of(frame, line)
        figure.suptitle("")
        nothing = why_nothing(figure)
        return as_png(figure, dpi), nothing

    def png(self, frame: pd.DataFrame, line: str, form: str = "page", dpi: int = _DPI) -> bytes:
        """Return the figure of numbers as a PNG; the same numbers give the same bytes."""
        return as_png(self.figure_of(frame, line, form), dpi)


def source_line(source: TableSource, context: Context) -> str:
    """Return the line that says where a figure comes from: whose ledger, which run, which day."""
    found = origin(source)
    site = context.settings.site
    return f"来源：{site.name}整改台账（{site.office}），运行 {found.run_id}，业务日期 {found.as_of:%Y-%m-%d}。"


def _intake(i: Inputs) -> pd.DataFrame:
    frames = i[COMPLAINTS], i[GATE_DECISIONS], i[COMPLAINT_MATTERS]
    names, confidence = i.context.source_names, i.rules.figures.confidence
    return intake_by_month(*frames, names, i.at.as_of, confidence, i.context.smallest)


def _category_by_unit(i: Inputs) -> pd.DataFrame:
    return category_by_unit(i.problems, i.links, i.context.scheme, i.context.smallest)


def _sub_problems(i: Inputs) -> pd.DataFrame:
    confidence = i.rules.figures.confidence
    return sub_problem_shares(i.problems, i.links, i.context.scheme, confidence, i.context.smallest)


def _funnel(i: Inputs) -> pd.DataFrame:
    return life_cycle_funnel(i.problems, i.links, i[EVENTS], i.context.smallest)


def _ageing(i: Inputs) -> pd.DataFrame:
    return ageing_of_open(i.problems, i.links, i.at.as_of, i.rules.figures.ageing_days, i.context.smallest)


def _deadlines(i: Inputs) -> pd.DataFrame:
    return deadline_calendar(i.problems, i.links, i.at.as_of, i.context.smallest)


def _repeats(i: Inputs) -> pd.DataFrame:
    return repeat_concentration(i.links, i.rules.figures.repeat_times, i.context.smallest)


def _words(i: Inputs) -> pd.DataFrame:
    context = i.context
    kept = context.scheme, context.function_words, i.rules.figures, context.smallest
    return distinctive_words(i[COMPLAINTS], i.links, *kept)


def _words_by_month(i: Inputs) -> pd.DataFrame:
    context = i.context
    kept = context.scheme, context.function_words, i.rules.figures, context.smallest
    return words_by_month(i[COMPLAINTS], i.links, *kept)


def _places(i: Inputs) -> pd.DataFrame:
    return place_ranking(i.links, i.context.places, i.context.smallest)


def _reliability(i: Inputs) -> pd.DataFrame:
    return scores_against_labels(i[GATE_DECISIONS], i.context.labels, i.rules.figures.confidence)


def _precision_recall(i: Inputs) -> pd.DataFrame:
    threshold, confidence = i.rules.classify.include_from, i.rules.figures.confidence
    return precision_against_recall(i[GATE_DECISIONS], i.context.labels, threshold, confidence)


def _abstention(i: Inputs) -> pd.DataFrame:
    return coverage_against_accuracy(i[GATE_DECISIONS], i.context.labels, i.rules.classify.include_from)


def _before_and_after(i: Inputs) -> pd.DataFrame:
    kept = i.at.as_of, i.rules.recurrence, i.context.smallest
    return before_and_after_closing(i.problems, i.links, i[COMPLAINTS], i[EVENTS], *kept)


_REACHED: tuple[Table, ...] = (PROBLEMS, PROBLEM_COMPLAINTS, COMPLAINTS, COMPLAINT_MATTERS)
_MADE: dict[str, tuple[tuple[Table, ...], Callable[[Inputs], pd.DataFrame], Draw]] = {
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


def _chart(words: ChartWords) -> Chart:
    tables, count, draw = _MADE[words.id]
    names = tuple(t.name for t in tables)
    return Chart(words.id, words.title, words.shows, words.reading, words.caution, names, count, draw)


ALL: tuple[Chart, ...] = tuple(map(_chart, load_catalogue().values()))
"""All figures, in the order in which they are shown."""
BY_ID: dict[str, Chart] = {chart.chart_id: chart for chart in ALL}
NEEDED_TABLES: tuple[str, ...] = tuple(dict.fromkeys([RUNS.name, *(name for chart in ALL for name in chart.tables)]))
"""Every table that some figure needs."""
