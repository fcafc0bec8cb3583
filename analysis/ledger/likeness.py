"""Reads complaints into profiles: what they name, what they are about and how they are worded, as weighted marks."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict
from scipy import sparse

from analysis.codebook import Review, read_codebook
from analysis.ledger.grams import Codes, WordFinder, contains, gram_table, is_word_character, pair_codes
from analysis.text import code_points, fold

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

KINDS = ("road", "estate", "school", "company", "village")
TOKENS = ("area", "district", "line", "number")
VIEWS = ("full", "rare", "triple", "name", *KINDS, *TOKENS, "topic", "title_topic", "name_triple")
"""Ways to look at a complaint; a mark belongs to one. At most sixteen: see `_COLUMN_BITS`."""
VIEW = {name: number for number, name in enumerate(VIEWS)}

_COLUMN_BITS = 27
_HASH_BITS = np.uint64(64 - _COLUMN_BITS)
_LAST_COLUMN = np.uint64((1 << _COLUMN_BITS) - 2)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_IDENTIFIER = np.uint64(1 << 42)
"""Tells the number of a line from that of a pair of characters."""
_TITLE_END, _END = "\x1f", "\x1e"
_MASK = re.compile(r"〔[\u4e00-\u9fff]{1,8}〕")
_SPACE = re.compile(r"[\s\x1e\x1f]+")
_LOWER = str.maketrans({chr(c): chr(c + 32) for c in range(ord("A"), ord("Z") + 1)})
_NUMBER = re.compile(r"(?<![0-9])[0-9]{3,9}(?![0-9])")
_READ_AT_ONCE = 2000
_LEADING = ("rare", "triple", "name")
"""Views of how a complaint begins."""


class Names(BaseModel):
    """What ends a name, what cannot be within it, and which names have a form of their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    suffixes: dict[str, tuple[str, ...]]
    breaks: str
    longest: int
    rare_from: float
    present_from: float
    line_weight: float
    lead_length: int
    area_pattern: str
    line_pattern: str


class SameMatterBook(BaseModel):
    """`same_matter.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    names: Names
    topics: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Profiles:
    """What is compared of complaints, one row each.

    marks: a column is a view and something seen in it; the product of two rows sums what both have, view by view.
    leads: the views rare, triple and name of the title, or of the beginning where there is none. totals: the sum of the
    squares of marks by view; shape (complaints, views). lengths: letters and digits. texts: normalised.
    """

    marks: sparse.csr_matrix
    leads: sparse.csr_matrix
    totals: Floats
    lengths: Floats
    texts: tuple[str, ...]
    leading_texts: tuple[str, ...]

    def rows(self, rows: Indices) -> Self:
        """Return the profiles of some rows."""
        return type(self)(
            self.marks[rows],
            self.leads[rows],
            self.totals[rows],
            self.lengths[rows],
            tuple(self.texts[row] for row in rows),
            tuple(self.leading_texts[row] for row in rows),
        )

    def is_named(self, row: int, codes: Codes) -> Flags:
        """Say of pairs of characters whether they stand in a name of the complaint in `row`."""
        seen = self.marks.indices[self.marks.indptr[row] : self.marks.indptr[row + 1]]
        return contains(seen, _columns("name", codes).astype(np.int32))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the profiles of several readings one after the other."""
        return cls(
            sparse.vstack([p.marks for p in parts], format="csr"),
            sparse.vstack([p.leads for p in parts], format="csr"),
            np.concatenate([p.totals for p in parts]),
            np.concatenate([p.lengths for p in parts]),
            tuple(text for p in parts for text in p.texts),
            tuple(text for p in parts for text in p.leading_texts),
        )


def by_view(weights: sparse.csr_matrix) -> Floats:
    """Return the sum of the weights of each row by view; shape (rows, views)."""
    weights = weights.tocsr()
    count = weights.shape[0]
    rows = np.repeat(np.arange(count), np.diff(weights.indptr))
    cells = rows * len(VIEWS) + (weights.indices >> _COLUMN_BITS)
    sums: Floats = np.bincount(cells, weights.data.astype(np.float64), minlength=count * len(VIEWS)).astype(np.float64)
    return sums.reshape(count, len(VIEWS))


def marks_of(marks: sparse.csr_matrix, view: str) -> tuple[Indices, Indices]:
    """Return row and column of each mark of a view."""
    rows = np.repeat(np.arange(marks.shape[0]), np.diff(marks.indptr))
    is_seen = marks.indices >> _COLUMN_BITS == VIEW[view]
    return rows[is_seen], marks.indices[is_seen].astype(np.int64)


class Reader:
    """Reads complaints into profiles by the words of the codebook."""

    def __init__(self, book: SameMatterBook) -> None:
        self.names = names = book.names
        self._suffixes = WordFinder.build((word, k) for k, kind in enumerate(KINDS) for word in names.suffixes[kind])
        self._topics = WordFinder.build((word, t) for t, words in enumerate(book.topics.values()) for word in words)
        self._breaks = np.sort(code_points(names.breaks).astype(np.uint64))
        self._area, self._line = re.compile(names.area_pattern), re.compile(names.line_pattern)

    def read(self, titles: Sequence[str | None], texts: Sequence[str]) -> Profiles:
        """Return the profiles of complaints, in their order."""
        parts = [
            self._read_part(titles[start : start + _READ_AT_ONCE], texts[start : start + _READ_AT_ONCE])
            for start in range(0, max(len(texts), 1), _READ_AT_ONCE)
        ]
        return parts[0] if len(parts) == 1 else Profiles.joined(parts)

    def _read_part(self, titles: Sequence[str | None], texts: Sequence[str]) -> Profiles:
        bodies = [normalised(text) for text in texts]
        heads = [normalised(title or "") for title in titles]
        whole = _Text.of("".join(f"{h}{_TITLE_END}{b}{_END}" for h, b in zip(heads, bodies, strict=True)))
        leading = [head or body[: self.names.lead_length] for head, body in zip(heads, bodies, strict=True)]
        start = _Text.of("".join(f"{lead}{_END}" for lead in leading))
        count = len(bodies)
        marks = _matrix([*self._wording(whole), *self._tokens(whole), *self._topics_of(whole)], count)
        leads = _matrix([v for v in self._wording(start) if v.name in _LEADING], count)
        lengths = np.bincount(whole.row[whole.is_word], minlength=count).astype(np.float64)
        statements = tuple(f"{h}{_TITLE_END}{b}" for h, b in zip(heads, bodies, strict=True))
        return Profiles(marks, leads, by_view(marks.multiply(marks)), lengths, statements, tuple(leading))

    def _wording(self, text: "_Text") -> Iterable["_Marks"]:
        """Yield pairs of characters: all, the rare ones, runs of rare ones, and those within names."""
        places = np.flatnonzero(text.is_word[:-1] & text.is_word[1:])
        codes, rows = pair_codes(text.points)[places], text.row[places]
        weights = gram_table().weigh(codes)
        rarity = np.maximum(weights - self.names.rare_from, 0)
        yield _Marks("full", rows, codes, weights, is_counted=True)
        yield _Marks("rare", rows, codes, rarity)
        runs = np.flatnonzero((np.diff(places) == 1) & (rarity[1:] > 0) & (rarity[:-1] > 0))
        run_codes = codes[runs] * _MULTIPLIER + codes[runs + 1]
        run_rarity = np.minimum(rarity[runs], rarity[runs + 1])
        yield _Marks("triple", rows[runs], run_codes, run_rarity)
        covered = self._covered(text)
        is_name: Flags = np.asarray(covered.any(axis=0))
        named = is_name[places[runs]] & is_name[places[runs + 1] + 1]
        yield _Marks("name_triple", rows[runs][named], run_codes[named], run_rarity[named])
        for name, cover in zip(("name", *KINDS), [is_name, *covered], strict=True):
            inside = cover[places] & cover[places + 1]
            yield _Marks(name, rows[inside], codes[inside], rarity[inside])

    def _covered(self, text: "_Text") -> Flags:
        """Say for each kind of name which characters are in one; shape (kinds, characters)."""
        size = len(text.points)
        is_break: Flags = contains(self._breaks, text.points) | ~text.is_word
        after_break = np.maximum.accumulate(np.where(is_break, np.arange(size) + 1, 0))
        starts, lengths, kinds = self._suffixes.find(text.points)
        first = np.maximum(starts - self.names.longest, after_break[np.maximum(starts - 1, 0)])
        last = starts + (lengths == 1)  # a suffix of one character is part of the name: «云溪湾»
        is_long = last - first >= 2
        change = np.zeros((len(KINDS), size + 1), dtype=np.int32)
        np.add.at(change, (kinds[is_long], first[is_long]), 1)
        np.add.at(change, (kinds[is_long], last[is_long]), -1)
        return np.asarray(np.cumsum(change, axis=1)[:, :-1] > 0)

    def _tokens(self, text: "_Text") -> Iterable["_Marks"]:
        """Yield areas, districts, numbers of lines and long numbers."""
        found: dict[str, list[tuple[int, int]]] = {name: [] for name in TOKENS}
        for match in self._area.finditer(text.text):
            letter = ord(match[1])
            found["area"].append((match.start(), letter))
            if match[2]:
                found["district"].append((match.start(), letter * 100 + int(match[2])))
        for match in self._line.finditer(text.text):
            found["line"].append((match.start(), int(next(filter(None, match.groups())))))
        found["number"] = [(match.start(), int(match[0])) for match in _NUMBER.finditer(text.text)]
        for name, pairs in found.items():
            places, tokens = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
            rows, codes = text.row[places], tokens.astype(np.uint64)
            yield _Marks(name, rows, codes, np.ones(len(rows)))
            if name == "line":
                weights = np.full(len(rows), self.names.line_weight)
                yield from (_Marks(view, rows, codes | _IDENTIFIER, weights) for view in ("rare", "name"))

    def _topics_of(self, text: "_Text") -> Iterable["_Marks"]:
        starts, lengths, topics = self._topics.find(text.points)
        codes = topics.astype(np.uint64)
        weights = np.maximum(lengths - 1.0, 0.5)  # a word of one character tells little
        in_title = text.in_title[starts]
        yield _Marks("topic", text.row[starts], codes, weights + 2.0 * in_title, is_counted=True)
        yield _Marks("title_topic", text.row[starts][in_title], codes[in_title], weights[in_title], is_counted=True)


def normalised(text: str) -> str:
    """Return `text` folded, in lower case, without white space and masks.

    >>> normalised("Ａ市 黎托路〔电话〕")
    'a市黎托路'
    """
    return _SPACE.sub("", _MASK.sub("", fold(text)).translate(_LOWER))


@dataclass(frozen=True)
class _Text:
    """Many complaints as one text: of each character, its number, its complaint, and whether it is part of a word."""

    text: str
    points: Codes
    row: Indices
    is_word: Flags
    in_title: Flags

    @classmethod
    def of(cls, text: str) -> Self:
        points = code_points(text).astype(np.uint64)
        is_end = points == ord(_END)
        row = (np.cumsum(is_end) - is_end).astype(np.int64)
        title_ends = np.flatnonzero(points == ord(_TITLE_END))
        in_title = np.zeros(len(points), dtype=bool)
        if len(title_ends):
            in_title = np.arange(len(points)) < title_ends[row]
        return cls(text, points, row, is_word_character(points), in_title)


@dataclass(frozen=True)
class _Marks:
    """What one view sees: in which row, what, and how much it weighs.

    is_counted: the mark grows with how often it was seen, and two rows share the product of their marks; else they
    share the weight itself.
    """

    name: str
    rows: Indices
    codes: Codes
    weights: Floats
    is_counted: bool = False

    def cells(self) -> tuple[Indices, Indices, Floats]:
        """Return row, column and value of each thing seen in a row; what weighs nothing is left out."""
        kept = self.weights > 0
        columns = _columns(self.name, self.codes[kept])
        keys = self.rows[kept] << 31 | columns
        order = np.argsort(keys, kind="stable")
        keys, weights = keys[order], self.weights[kept][order]
        first = np.flatnonzero(np.diff(keys, prepend=-1))
        times = np.diff(first, append=len(keys))
        value = weights[first] * (1 + np.log(times)) if self.is_counted else np.sqrt(weights[first])
        return keys[first] >> 31, keys[first] & (1 << 31) - 1, value


def _columns(view: str, codes: Codes) -> Indices:
    hashed = ((codes + np.uint64(1)) * _MULTIPLIER) >> _HASH_BITS
    columns: Indices = np.minimum(hashed, _LAST_COLUMN).astype(np.int64) | VIEW[view] << _COLUMN_BITS
    return columns


def _matrix(marks: Iterable[_Marks], count: int) -> sparse.csr_matrix:
    cells = [m.cells() for m in marks]
    rows, columns, values = (np.concatenate(part) for part in zip(*cells, strict=True))
    order = np.lexsort((columns, rows))
    ends = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=count))]).astype(np.int32)
    content: Any = (values[order].astype(np.float32), columns[order].astype(np.int32), ends)
    return sparse.csr_matrix(content, shape=(count, (1 << 31) - 1))


def load_reader(directory: Path | None = None) -> Reader:
    """Load the reader with the site's own `same_matter.toml`, else the shipped one."""
    return Reader(read_codebook("same_matter.toml", SameMatterBook, directory))
