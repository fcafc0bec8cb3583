"""What each figure is called and how it is to be read: `charts.toml`."""

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from analysis.codebook import Review


class ChartWords(BaseModel):
    """What is said of one figure, in Chinese."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    shows: str
    reading: str
    caution: str


class _Catalogue(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    chart: tuple[ChartWords, ...]


@cache
def load_catalogue() -> dict[str, ChartWords]:
    """Return the words of all figures by their id, in the order in which they are shown."""
    content = files("analysis.figures").joinpath("charts.toml").read_text(encoding="utf-8")
    return {words.id: words for words in _Catalogue.model_validate(tomllib.loads(content)).chart}


def title_of(chart_id: str) -> str:
    """Return the title of a figure."""
    return load_catalogue()[chart_id].title
