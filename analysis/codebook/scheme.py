"""The scheme of five categories and their sub-problems: `scheme.toml`, typed and checked."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from analysis.codebook import Review, read_codebook
from analysis.errors import SettingsError


class Category(BaseModel):
    """One of the five categories; leads of a restricted one never reach the unit complained about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    category_code: str
    name: str
    is_restricted: bool


class SubProblem(BaseModel):
    """A kind of misconduct: the stable atom that complaints are judged by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sub_problem_code: str
    category_code: str
    name: str
    meaning: str
    basis: str


class Scheme(BaseModel):
    """All categories and sub-problems, with the map from the second to the first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    category: tuple[Category, ...]
    sub_problem: tuple[SubProblem, ...]

    @model_validator(mode="after")
    def _codes_are_unique_and_known(self) -> Self:
        categories = [c.category_code for c in self.category]
        codes = [s.sub_problem_code for s in self.sub_problem]
        for name, values in (("category_code", categories), ("sub_problem_code", codes)):
            if len(set(values)) != len(values):
                raise ValueError(f"{name} 重复")
        unknown = {s.category_code for s in self.sub_problem} - set(categories)
        if unknown:
            raise ValueError(f"小类引用了未定义的类别 {sorted(unknown)}")
        return self

    @cached_property
    def sub_problems(self) -> dict[str, SubProblem]:
        """Sub-problems by their code, in the order of the codebook."""
        return {s.sub_problem_code: s for s in self.sub_problem}

    @property
    def sorted_codes(self) -> tuple[str, ...]:
        """Codes of the sub-problems in alphabetical order, which moving them about in the codebook does not change."""
        return tuple(sorted(self.sub_problems))

    @cached_property
    def categories(self) -> dict[str, Category]:
        """Categories by their code, in the order of the codebook."""
        return {c.category_code: c for c in self.category}

    def require(self, codes: Iterable[str], where: str) -> None:
        """Check that there are all the sub-problems which `where` (in Chinese) uses.

        Raises:
            SettingsError: one was removed.
        """
        for code in sorted(set(codes) - set(self.sub_problems)):
            raise SettingsError(f"{where}用过的小类 {code} 不在 scheme.toml 里。用过的小类不能删除，请补回。")

    def category_of(self, sub_problem_code: str) -> Category:
        """Return the category that the map gives to a sub-problem; raises KeyError for an unknown code."""
        return self.categories[self.sub_problems[sub_problem_code].category_code]


def load_scheme(directory: Path | None = None) -> Scheme:
    """Load the scheme: the site's own from `directory`, else the shipped one."""
    return read_codebook("scheme.toml", Scheme, directory)
