"""Recognises named places (roads, bridges, compounds, schools) in text."""

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from analysis.codebook import Review, read_codebook


class PlaceNames(BaseModel):
    """Which suffixes make a name of a place, and which common words only look like one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    suffixes: tuple[str, ...]
    common_words: tuple[str, ...]
    longest_name: int


class PlaceBook(BaseModel):
    """`places.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    names: PlaceNames


@dataclass(frozen=True)
class PlaceFinder:
    """Finds names of places among the words of a segmented text."""

    suffixes: tuple[str, ...]
    common_words: frozenset[str]
    longest_name: int

    def find(self, tokens: str) -> frozenset[str]:
        """Return the names of places in a text whose words are joined by single spaces.

        A name is the word that ends in a suffix, with the one before it where the suffix stands alone
        («芙蓉 路», «马王堆 小区»).
        """
        words = tokens.split(" ")
        names = set()
        for position, word in enumerate(words):
            if not word.endswith(self.suffixes):
                continue
            before = words[position - 1] if position else ""
            is_bare = word in self.suffixes or word in self.common_words
            name = before + word if is_bare and re.fullmatch(r"[\u4e00-\u9fff]{2,}", before) else word
            if name not in self.common_words and 2 < len(name) <= self.longest_name:
                names.add(name)
        return frozenset(names)


def load_place_finder(directory: Path | None = None) -> PlaceFinder:
    """Load the finder with the site's own `places.toml`, else the shipped one."""
    names = read_codebook("places.toml", PlaceBook, directory).names
    return PlaceFinder(names.suffixes, frozenset(names.common_words), names.longest_name)
