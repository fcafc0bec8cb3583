"""Sources and their native headings: `columns.toml`, typed and checked."""

import re
import unicodedata
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from analysis.codebook import Review, read_codebook

PRIVATE_COLUMNS = ("complainant_name", "complainant_phone", "complainant_account", "complainant_address")
"""Columns that identify the complainant; masking uses them up."""

CANONICAL_COLUMNS = (
    "source_code",
    "native_id",
    "received_at",
    "title",
    "text",
    "place",
    "district",
    "request_type",
    "native_category",
    "channel",
    "handling_unit",
    "native_status",
    "reply",
    "replied_at",
    "satisfaction",
    "is_confidential",
    *PRIVATE_COLUMNS,
    "quarantine_id",
)
"""Columns that a native heading can stand for."""

_REMOVED = re.compile(r"[\s*＊\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x1f]+")
_BRACKETS = re.compile(r"\([^()]*\)$")


def normalise(heading: str) -> str:
    """Return a heading without what does not matter: width, white space, case, asterisks, a colon at its end."""
    return _REMOVED.sub("", unicodedata.normalize("NFKC", heading)).rstrip(":").casefold()


def spellings(heading: str) -> tuple[str, ...]:
    """Return the normalised heading, and without a remark in brackets at its end where it has one."""
    full = normalise(heading)
    bare = _BRACKETS.sub("", full)
    return (full, bare) if bare and bare != full else (full,)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Model):
    """One platform that complaints come from."""

    source_code: str
    name: str
    id_prefix: str
    file_kinds: tuple[Literal["tickets", "posts"], ...]
    hints: tuple[str, ...]
    platform_names: tuple[str, ...]
    required_headings: tuple[str, ...]
    is_default: bool
    is_id_required: bool
    headings: dict[str, tuple[str, ...]] = {}
    """Headings of this platform alone; they come before those of all."""

    @field_validator("id_prefix")
    @classmethod
    def _prefix_is_of_capitals(cls, prefix: str) -> str:
        if not re.fullmatch(r"[A-Z]+", prefix):
            raise ValueError("id_prefix 只能是大写字母")
        return prefix


class _Ignored(_Model):
    headings: tuple[str, ...]


class _Joined(_Model):
    columns: tuple[str, ...]


class _Footer(_Model):
    patterns: tuple[str, ...]

    @field_validator("patterns")
    @classmethod
    def _patterns_compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"“{pattern}”不是合格的正则表达式") from error
        return patterns


class _Blank(_Model):
    values: tuple[str, ...]


class _Confidential(_Model):
    yes: tuple[str, ...]
    no: tuple[str, ...]


class Sources(_Model):
    """All sources of a site and what their headings mean."""

    review: Review
    headings: dict[str, tuple[str, ...]]
    ignored: _Ignored
    joined: _Joined
    footer: _Footer
    blank: _Blank
    confidential: _Confidential
    source: tuple[Source, ...]

    @model_validator(mode="after")
    def _columns_are_canonical(self) -> Self:
        named = {*self.headings, *self.joined.columns, *(c for s in self.source for c in s.headings)}
        unknown = sorted(named - set(CANONICAL_COLUMNS))
        if unknown:
            raise ValueError(f"没有这个规范字段 {unknown}")
        return self

    @model_validator(mode="after")
    def _prefixes_and_codes_tell_apart(self) -> Self:
        for name in ("source_code", "name", "id_prefix"):
            values = [getattr(s, name) for s in self.source]
            if len(set(values)) != len(values):
                raise ValueError(f"{name} 重复")
        prefixes = [s.id_prefix for s in self.source]
        clashes = [(a, b) for a in prefixes for b in prefixes if a != b and b.startswith(a)]
        if clashes:
            raise ValueError(f"id_prefix {clashes[0][0]} 是 {clashes[0][1]} 的开头，编号会混淆")
        for kind in ("tickets", "posts"):
            if sum(s.is_default and kind in s.file_kinds for s in self.source) > 1:
                raise ValueError(f"{kind} 只能有一个默认来源")
        return self

    @model_validator(mode="after")
    def _headings_mean_one_thing(self) -> Self:
        for source in self.source:
            seen: dict[str, str] = {}
            for column, names in self.headings_of(source).items():
                for name in names:
                    if seen.setdefault(normalise(name), column) != column:
                        raise ValueError(f"表头“{name}”同时指 {seen[normalise(name)]} 和 {column}")
        return self

    def headings_of(self, source: Source) -> dict[str, tuple[str, ...]]:
        """Return the headings of each canonical column, its own first; a heading of its own is taken from others."""
        own = {normalise(n) for names in source.headings.values() for n in names}
        return {
            column: (
                *source.headings.get(column, ()),
                *(n for n in self.headings.get(column, ()) if normalise(n) not in own),
            )
            for column in CANONICAL_COLUMNS
        }

    @cached_property
    def ignored_headings(self) -> frozenset[str]:
        """Normalised headings that are known and not read."""
        return frozenset(map(normalise, self.ignored.headings))

    @cached_property
    def known_headings(self) -> frozenset[str]:
        """Normalised headings of any source, the ignored ones included."""
        mapped = (n for s in self.source for names in self.headings_of(s).values() for n in names)
        return frozenset(map(normalise, mapped)) | self.ignored_headings

    @cached_property
    def platforms(self) -> dict[str, Source]:
        """Sources by the normalised names that a platform column has for them."""
        return {normalise(n): s for s in self.source for n in (s.source_code, s.name, *s.platform_names)}

    @cached_property
    def footer_pattern(self) -> re.Pattern[str]:
        """Matches the beginning of a line that closes a table."""
        return re.compile("|".join(f"(?:{p})" for p in self.footer.patterns) or r"(?!)")

    @cached_property
    def blanks(self) -> frozenset[str]:
        """Spellings of «nothing» (case-folded)."""
        return frozenset(v.casefold() for v in self.blank.values)

    @cached_property
    def confidentiality(self) -> dict[str, bool]:
        """Spellings (case-folded) of the two values of `is_confidential`."""
        yes = {v.casefold(): True for v in self.confidential.yes}
        return yes | {v.casefold(): False for v in self.confidential.no}


def load_sources(directory: Path | None = None) -> Sources:
    """Load the sources: the site's own columns.toml from `directory`, else the shipped one.

    Raises:
        SettingsError: the file is not TOML, names an unknown column, or its prefixes or headings clash.
    """
    return read_codebook("columns.toml", Sources, directory)
