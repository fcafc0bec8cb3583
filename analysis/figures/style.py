"""The one look of all figures: colours, hatches, markers, sizes, read from `style.toml`."""

import tomllib
from functools import cache
from importlib.resources import files

from matplotlib import rcParams
from pydantic import BaseModel, ConfigDict

from analysis.chinese_font import use_chinese_font
from analysis.codebook import Review


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Colours(_Data):
    series: tuple[str, ...]
    ink: str
    quiet: str
    grid: str
    low: str
    high: str
    dark_from: float


class _Marks(_Data):
    hatches: tuple[str, ...]
    markers: tuple[str, ...]
    suppressed: str


class Form(_Data):
    """What a figure is made for: its width and greatest height in inches, its font size in points."""

    width: float
    tallest: float
    font: float
    panel_columns: int

    @property
    def small(self) -> float:
        """Size of what stands beside and under a figure."""
        return self.font * 0.88

    @property
    def line(self) -> float:
        """Height of a row of a figure, in inches."""
        return self.font * 1.9 / 72


class Style(_Data):
    """`style.toml`."""

    review: Review
    colours: _Colours
    marks: _Marks
    form: dict[str, Form]


@cache
def load_style() -> Style:
    """Return the shipped look."""
    content = files("analysis.figures").joinpath("style.toml").read_text(encoding="utf-8")
    return Style.model_validate(tomllib.loads(content))


def use_style(form: str) -> Form:
    """Set matplotlib's defaults for all figures drawn from now on in this process; return the form of that name."""
    use_chinese_font()
    style = load_style()
    chosen, colours = style.form[form], style.colours
    rcParams.update(
        {
            "font.size": chosen.font,
            "axes.labelsize": chosen.font,
            "axes.titlesize": chosen.font,
            "axes.titlelocation": "left",
            "axes.edgecolor": colours.quiet,
            "axes.labelcolor": colours.ink,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "axes.unicode_minus": False,
            "axes.linewidth": 0.6,
            "figure.titlesize": chosen.font * 1.25,
            "grid.color": colours.grid,
            "grid.linewidth": 0.5,
            "hatch.linewidth": 0.5,
            "legend.fontsize": chosen.small,
            "legend.frameon": False,
            "lines.linewidth": 1.2,
            "lines.markersize": 4,
            "text.color": colours.ink,
            "xtick.labelsize": chosen.small,
            "ytick.labelsize": chosen.small,
            "xtick.color": colours.quiet,
            "ytick.color": colours.quiet,
            "xtick.labelcolor": colours.ink,
            "ytick.labelcolor": colours.ink,
        }
    )
    return chosen
