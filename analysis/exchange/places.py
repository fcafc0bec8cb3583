"""Roads and subdistricts named in an address: the finest place that leaves the office."""

import re
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from analysis.codebook import Review, read_codebook


class _CoarseNames(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    subdistrict_suffixes: tuple[str, ...]
    road_suffixes: tuple[str, ...]
    cut_after: tuple[str, ...]
    leading_words: tuple[str, ...]
    common_words: tuple[str, ...]
    common_endings: tuple[str, ...]
    shortest_stem: int = Field(gt=0)
    longest_stem: int = Field(gt=0)


class CoarsePlaces(BaseModel):
    """`coarse_places.toml`: how to find names of roads and subdistricts in an address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    coarse: _CoarseNames

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = self.coarse
        subdistricts, roads = ("|".join(map(re.escape, s)) for s in (names.subdistrict_suffixes, names.road_suffixes))
        # Many subdistricts are named after a road («文艺路街道»), so a road is not followed by such a suffix.
        suffix = rf"(?:{subdistricts}|(?:{roads})(?!{subdistricts}))"
        return re.compile(rf"([\u4e00-\u9fffA-Z0-9]{{1,{3 * names.longest_stem}}}?)({suffix})")

    def find(self, *addresses: str | None) -> tuple[str, ...]:
        """Return the roads and subdistricts that the addresses name, each once, in the order of naming.

        Numbers, buildings, compounds and whatever else lies below the road are left out.
        """
        found: dict[str, None] = {}
        for address in filter(None, addresses):
            for stem, suffix in self._pattern.findall(address):
                stem = self._own_part(stem)
                if self._is_proper(stem, suffix):
                    found[stem + suffix] = None
        return tuple(found)

    def _own_part(self, stem: str) -> str:
        """Return the stem of a name without the districts and the small words before it."""
        for word in self.coarse.cut_after:
            head, separator, tail = stem.rpartition(word)
            if separator and len(tail) >= self.coarse.shortest_stem and (head or len(word) > 1):
                stem = tail
        while stem.startswith(self.coarse.leading_words) and len(stem) > self.coarse.shortest_stem:
            stem = stem[1:]
        return stem

    def _is_proper(self, stem: str, suffix: str) -> bool:
        name = stem + suffix
        if name in self.coarse.common_words or name.endswith(self.coarse.common_endings):
            return False
        has_stem = self.coarse.shortest_stem <= len(stem) <= self.coarse.longest_stem
        return has_stem and re.fullmatch(r"[\u4e00-\u9fff]+", stem) is not None


def load_coarse_places(directory: Path | None = None) -> CoarsePlaces:
    """Load the site's own `coarse_places.toml` from `directory`, else the shipped one."""
    return read_codebook("coarse_places.toml", CoarsePlaces, directory)
