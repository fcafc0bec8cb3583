"""What the numbers of the report are called and count: `report.toml`."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from analysis.codebook import Review


class NumberWords(BaseModel):
    """What is said of one number; `no` is the last part of its code and is never given to another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    no: int
    id: str
    label: str
    unit: str
    counts: str
    filters: str
    function: str


class Catalogue(BaseModel):
    """`report.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    figures_within: tuple[str, ...]
    figures_until: tuple[str, ...]
    number: tuple[NumberWords, ...]

    @model_validator(mode="after")
    def _numbers_differ(self) -> Self:
        for values in ([n.no for n in self.number], [n.id for n in self.number]):
            if len(set(values)) != len(values):
                raise ValueError("编号或名称重复")
        return self


@cache
def load_catalogue() -> Catalogue:
    """Return the numbers of the report in their order, and which figures are counted how."""
    content = tomllib.loads(files("analysis.report").joinpath("report.toml").read_text(encoding="utf-8"))
    return Catalogue.model_validate(content)
