"""Words that are never keywords: `function_words.toml`, typed and checked."""

import re
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, field_validator

from analysis.codebook import Review, read_codebook


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    words: frozenset[str]
    patterns: tuple[str, ...]

    @field_validator("patterns")
    @classmethod
    def _are_regular_expressions(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"“{pattern}”不是合格的正则表达式：{error}") from error
        return patterns


class FunctionWords(BaseModel):
    """`function_words.toml`: what says nothing of what a category is about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    function_words: _Words

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{p})" for p in self.function_words.patterns) or r"(?!)")

    def __contains__(self, word: str) -> bool:
        return word in self.function_words.words or self._pattern.fullmatch(word) is not None


def load_function_words(directory: Path | None = None) -> FunctionWords:
    """Load the site's own `function_words.toml` from `directory`, else the shipped one."""
    return read_codebook("function_words.toml", FunctionWords, directory)
