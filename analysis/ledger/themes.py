"""Themes within a sub-problem: `themes.toml`, and which of them a complaint is about."""

import re
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from analysis.codebook import Review, read_codebook
from analysis.codebook.scheme import Scheme
from analysis.text import fold

GENERAL_THEME = "general"


class Theme(BaseModel):
    """One theme: complaints of the same unit, sub-problem and theme make one problem."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    theme_code: str
    sub_problem_code: str
    statement: str
    pattern: str = ""

    @cached_property
    def _matcher(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def matches(self, text: str) -> bool:
        """Say whether the theme's pattern occurs in folded `text`; a theme without a pattern never matches."""
        return bool(self.pattern) and self._matcher.search(text) is not None


class ThemeBook(BaseModel):
    """All themes; for each sub-problem the first that matches counts, and `general` takes the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    theme: tuple[Theme, ...]

    @cached_property
    def _by_sub_problem(self) -> dict[str, list[Theme]]:
        grouped: dict[str, list[Theme]] = {}
        for theme in self.theme:
            grouped.setdefault(theme.sub_problem_code, []).append(theme)
        return grouped

    def theme_of(self, sub_problem_code: str, evidence: str, said: str) -> Theme:
        """Return the theme that the evidence, else the whole complaint, is about.

        Raises:
            KeyError: the book has no general theme for the sub-problem.
        """
        themes = self._by_sub_problem[sub_problem_code]
        for text in (fold(evidence), fold(said)):
            for theme in themes:
                if theme.matches(text):
                    return theme
        return next(t for t in themes if not t.pattern)


def load_themes(scheme: Scheme, directory: Path | None = None) -> ThemeBook:
    """Load the themes: the site's own from `directory`, else the shipped ones.

    A sub-problem that a site added to the scheme, without themes of its own, has its general one.
    """
    book = read_codebook("themes.toml", ThemeBook, directory)
    known = {theme.sub_problem_code for theme in book.theme if not theme.pattern}
    added = tuple(
        Theme(theme_code=GENERAL_THEME, sub_problem_code=s.sub_problem_code, statement=f"反映{s.name}的问题")
        for s in scheme.sub_problem
        if s.sub_problem_code not in known
    )
    return book.model_copy(update={"theme": book.theme + added})
