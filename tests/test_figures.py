"""Every figure draws whatever the numbers are: legibly, the same each time, and saying plainly what is missing."""

import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib import pyplot as plt
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from analysis.figures import ALL, BY_ID, NEEDED_TABLES, Chart, source_line
from analysis.figures.canvas import shortened, told_apart
from analysis.figures.page import figures_page
from analysis.figures.sheet import contact_sheet
from analysis.figures.style import load_style
from analysis.summary.columns import COLUMNS
from analysis.summary.context import Context, load_context
from flows.commands.dictionary import dictionary
from tests import ledger_frames
from tests.summary_frames import AS_OF, complaint, event, link, tables

DOCS = Path(__file__).parent.parent / "docs"
LINE = "来源：某区，运行 R1，业务日期 2026-11-20。"
NAMES = [chart.chart_id for chart in ALL]


@pytest.fixture(autouse=True)
def _strict() -> Iterator[None]:
    """Let a missing glyph, a layout that does not fit and any other warning fail the test; leave no figure open."""
    plt.switch_backend("Agg")
    before = dict(rcParams)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    plt.close("all")
    rcParams.update(before)


def labels_of(of: dict[str, pd.DataFrame]) -> pd.DataFrame:
    gate = of["gate_decisions"]
    return pd.DataFrame({"complaint_id": gate["complaint_id"], "in_scope": (gate["scope_score"] > 0.6).astype(int)})


@cache
def rich() -> tuple[dict[str, pd.DataFrame], Context]:
    """The ledger of the workbooks' tests, with words to count, and two closings."""
    of = ledger_frames.build_tables() | {"runs": tables()["runs"]}
    of["complaints"]["tokens"] = of["complaints"]["text"].str.replace(r"(?<=[一-鿿]{2})", " ", regex=True)
    of["events"] = tables(
        events=[event(1, "FR-2026-0001", "closed", "2026-06-01"), event(2, "FR-2026-0003", "closed", "2026-11-01")]
    )["events"]
    return of, load_context(labels=labels_of(of))


def one_row() -> tuple[dict[str, pd.DataFrame], Context]:
    of = tables(
        complaints=[complaint(1, tokens="罚款 告知", place="人民东路")],
        gate_decisions=[{"complaint_id": "c1", "decision": "in_scope", "scope_score": 0.9}],
        problems=[{"problem_id": "P", "due_on": AS_OF}],
        problem_complaints=link("P", 1),
        events=[event(1, "P", "closed", "2026-02-01")],
    )
    return of, load_context(labels=labels_of(of))


def huge() -> tuple[dict[str, pd.DataFrame], Context]:
    """40 units with long names that differ little, 300 months, places without end."""
    context = load_context()
    long_name = "某某市某某区道路交通安全综合行政执法局第{}大队机动中队驻高新技术产业开发区执法工作站"
    units = [
        context.units.unit[0].model_copy(update={"unit_id": f"u{i}", "short_name": long_name.format(i)})
        for i in range(40)
    ]
    codes = list(context.scheme.sub_problems)
    months = pd.period_range("2001-12", periods=300, freq="M")
    of = tables(
        complaints=[
            complaint(
                i,
                f"{months[i % 300]}-03",
                f"p{i % 250}",
                tokens=f"罚款 {'甲乙丙丁戊'[i % 5] * 2}车",
                place=f"{'天地玄黄'[i % 4]}{'宇宙洪荒日月'[i % 6]}路",
            )
            for i in range(600)
        ],
        gate_decisions=[
            {"complaint_id": f"c{i}", "decision": "in_scope", "scope_score": (i % 100) / 100} for i in range(600)
        ],
        problems=[
            {
                "problem_id": f"FR-2026-{i:04d}",
                "unit_id": f"u{i % 40}",
                "sub_problem_code": codes[i % len(codes)],
                "due_on": pd.Timestamp("2026-01-05") + pd.Timedelta(weeks=i),
                "registered_on": pd.Timestamp("2025-01-05") + pd.Timedelta(weeks=i),
            }
            for i in range(90)
        ],
        problem_complaints=[x for i in range(600) for x in link(f"FR-2026-{i % 90:04d}", i)],
        events=[event(i, f"FR-2026-{i:04d}", "closed", "2020-06-01") for i in range(60)],
    )
    return of, replace(context, units=context.units.model_copy(update={"unit": tuple(units)}), labels=labels_of(of))


SITES = {"rich": rich, "one_row": one_row, "empty": lambda: (tables(), load_context()), "huge": huge}


def texts(figure: Figure) -> list[str]:
    return [t.get_text() for t in figure.findobj(plt.Text) if t.get_text().strip() and t.get_visible()]


@pytest.mark.parametrize(
    ("name", "form"),
    [("rich", "page"), ("one_row", "slide"), ("empty", "page"), ("huge", "page"), ("huge", "slide")],
)
def test_every_figure_draws_whatever_there_is(name: str, form: str) -> None:
    """Title, n, run and day stand on it and nothing is cut; what is missing is said, and only then."""
    of, context = SITES[name]()
    line = source_line(of, context)
    for chart in ALL:
        frame = chart.numbers(of, context)
        figure = chart.figure_of(frame, line, form)
        figure.canvas.draw()
        said = texts(figure)
        joined = "".join(said)
        assert chart.title in joined.replace("\n", ""), chart.chart_id
        assert "n = " in joined, chart.chart_id
        assert "R1" in joined, chart.chart_id
        assert "业务日期 2026-11-20" in joined.replace("\n", ""), chart.chart_id
        has_nothing = any(t.startswith("无数据：") for t in said)
        assert has_nothing == (name == "empty" or frame.empty), (chart.chart_id, name)
        assert not outside(figure), (chart.chart_id, form, figure.get_tightbbox(), figure.get_size_inches())
        assert figure.get_size_inches()[1] <= load_style().form[form].tallest
        plt.close(figure)


def outside(figure: Figure) -> bool:
    """Say whether the edge of the figure cuts anything."""
    drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    return drawn.x0 < -0.02 or drawn.y0 < -0.02 or drawn.x1 > width + 0.02 or drawn.y1 > height + 0.02


def test_the_same_numbers_give_the_same_picture() -> None:
    """Whatever was drawn before, in whatever form."""
    for name in ("intake", "distinctive_words", "places"):
        chart, (of, context) = BY_ID[name], rich()
        frame = chart.numbers(of, context)
        first = chart.png(frame, LINE, dpi=50)
        BY_ID["funnel"].png(BY_ID["funnel"].numbers(of, context), LINE, "slide", dpi=30)
        assert chart.png(chart.numbers(of, context), LINE, dpi=50) == first
    assert not plt.get_fignums()


@pytest.mark.parametrize("chart", ALL, ids=NAMES)
def test_small_counts_are_neither_drawn_nor_told(chart: Chart) -> None:
    of, context = rich()
    frame = chart.numbers(of, replace(context, smallest=5))
    shown = frame.filter(regex=r"^(complaint|complainant|matter)_count")
    counts = shown.apply(pd.to_numeric).astype("float64")
    assert not ((counts > 0) & (counts < 5)).any(axis=None)
    figure = chart.figure_of(frame, LINE)
    if "is_suppressed" in frame and frame["is_suppressed"].any():
        assert any("不显示" in t for t in texts(figure))


@pytest.mark.parametrize("chart", ALL, ids=NAMES)
def test_all_columns_have_a_heading(chart: Chart) -> None:
    found = chart.numbers(*rich())
    assert [c for c in found.columns if c not in COLUMNS] == []
    assert len(found) < 3000


def test_bars_and_words_are_what_the_numbers_say() -> None:
    frame = BY_ID["funnel"].numbers(*rich())
    axes = BY_ID["funnel"].draw(frame)
    assert isinstance(axes, Axes)
    assert [bar.get_width() for bar in axes.patches] == frame["problem_count"][::-1].tolist()
    assert any(t.get_text().startswith("20 个问题（") for t in axes.texts)


def test_overdue_is_told_in_words() -> None:
    of, context = rich()
    axes = BY_ID["deadlines"].draw(BY_ID["deadlines"].numbers(of, context))
    frame = BY_ID["deadlines"].numbers(of, context)
    late = frame.loc[frame["standing"] == "已超期", "problem_count"].sum()
    assert late > 0
    assert any(f"已超期 {late} 个" in t.get_text() for t in axes.texts)  # type: ignore[union-attr]


def test_given_axes_among_others_keep_their_neighbours() -> None:
    of, context = rich()
    figure, (left, right) = plt.subplots(1, 2, figsize=(14, 6), layout="constrained")
    for ax, name in ((left, "funnel"), (right, "reliability")):
        assert BY_ID[name].draw(BY_ID[name].numbers(of, context), ax=ax, source=LINE) is ax  # type: ignore[call-arg]
        assert ax.get_title(loc="left") == BY_ID[name].title
        assert "R1" in ax.get_xlabel()
    figure.canvas.draw()


def lightness(colour: str) -> float:
    """CIE L*."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
    return 116 * luminance ** (1 / 3) - 16


def test_colours_differ_in_a_greyscale_print_and_have_marks_of_their_own() -> None:
    style = load_style()
    light = [lightness(c) for c in style.colours.series]
    assert np.diff(light).min() >= 12
    assert len(set(style.marks.hatches)) == len(set(style.marks.markers)) == len(light)
    for words, ground in (
        (style.colours.ink, "#FFFFFF"),
        (style.colours.quiet, "#FFFFFF"),
        (style.colours.low, style.colours.high),
    ):
        assert abs(lightness(words) - lightness(ground)) > 55


def test_names_that_read_alike_are_numbered() -> None:
    assert shortened("市车管所") == "市车管所"
    assert shortened("违规设置监控标志标线") == "违规设置监\n控标志标线"
    long_names = [
        f"某某市某某区道路交通安全综合行政执法局第{i}大队机动中队驻高新技术产业开发区工作站" for i in range(2)
    ]
    assert told_apart(long_names)[0].startswith("1. ")
    assert len(set(told_apart(long_names))) == 2
    assert all(len(line) <= 16 for name in told_apart(long_names) for line in name.split("\n"))


def test_a_month_that_is_not_over_is_said_to_be_so() -> None:
    of, context = rich()
    figure = BY_ID["intake"].figure(of, context)
    assert any("尚未结束" in t for t in texts(figure)) == (not BY_ID["intake"].numbers(of, context)["is_over"].all())


def test_the_page_is_what_the_program_draws() -> None:
    page = (DOCS / "图表.md").read_text(encoding="utf-8")
    assert page == figures_page()
    assert CliRunner().invoke(dictionary, ["--figures"]).output == page
    assert "只能用一个" in CliRunner().invoke(dictionary, ["--figures", "--life-cycle"]).output
    for chart in ALL:
        for words in (chart.title, chart.shows, chart.reading, chart.caution):
            assert page.count(words) >= 1
    for link_ in re.findall(r"\]\(([^)#]+)\)", page):
        assert (DOCS / link_).is_file()
    assert (DOCS / "img" / "figures.png").stat().st_size < 300_000


def test_all_tables_that_are_needed_are_published() -> None:
    assert set(NEEDED_TABLES) <= set(tables())


def test_the_contact_sheet_holds_all(tmp_path: Path) -> None:
    of, context = rich()
    pictures = [BY_ID[n].png(BY_ID[n].numbers(of, context), LINE, dpi=50) for n in ("funnel", "places")]
    sheet = plt.imread(io.BytesIO(contact_sheet(pictures)), format="png")
    assert sheet.shape[1] > 1000
    assert (sheet[..., :3] < 0.5).any()
