"""Pairs of characters as numbers, and how much each of them tells: fixed once, so that no night changes another."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.text import code_points

TABLE = Path(__file__).parent / "tables" / "gram_counts.csv"
"""Written by `bench/gram_table.py`: the first row holds the number of all complaints."""

Codes = npt.NDArray[np.uint64]
Positions = npt.NDArray[np.int64]

SHIFT = np.uint64(21)
"""Bits of one code point in a pair's number."""
_UNSEEN = 1.0
"""A pair that is not in the table counts as seen in one complaint."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_TABLE_BITS = 19
_TABLE_SHIFT = np.uint64(64 - _TABLE_BITS)


@cache
def _word_table() -> npt.NDArray[np.bool_]:
    return np.fromiter((chr(c).isalnum() for c in range(0x30000)), dtype=bool, count=0x30000)


def is_word_character(points: Codes) -> npt.NDArray[np.bool_]:
    """Say of each code point whether it is a letter or a digit, not a mark."""
    return _word_table()[np.minimum(points, np.uint64(0x2FFFF))]


def pair_codes(points: Codes) -> Codes:
    """Return the number of each pair of neighbouring code points."""
    return points[:-1] << SHIFT | points[1:]


def contains(ordered: npt.NDArray[Any], values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Say of each value whether it is in an ordered array; much faster than `np.isin` for short arrays."""
    if len(ordered) == 0:
        return np.zeros(len(values), dtype=bool)
    place = np.searchsorted(ordered, values)
    place[place == len(ordered)] = 0
    return np.asarray(ordered[place] == values)


@dataclass(frozen=True)
class GramTable:
    """How much a pair of characters tells: the logarithm of how rare it is among complaints."""

    codes: Codes
    weights: npt.NDArray[np.float64]
    unseen: float
    slots: Codes
    slot_weights: npt.NDArray[np.float64]
    is_crowded: npt.NDArray[np.bool_]

    def weigh(self, codes: Codes) -> npt.NDArray[np.float64]:
        """Return the weight of each pair."""
        place = (codes * _MULTIPLIER) >> _TABLE_SHIFT
        weights = np.where(self.slots[place] == codes, self.slot_weights[place], self.unseen)
        crowded = np.flatnonzero(self.is_crowded[place])
        sorted_place = np.minimum(np.searchsorted(self.codes, codes[crowded]), len(self.codes) - 1)
        found = self.codes[sorted_place] == codes[crowded]
        weights[crowded] = np.where(found, self.weights[sorted_place], self.unseen)
        return weights

    @classmethod
    def build(cls, codes: Codes, weights: npt.NDArray[np.float64], unseen: float) -> "GramTable":
        """Make the table; most pairs are found in one step, those that share a slot by search."""
        order = np.argsort(codes)
        codes, weights = codes[order], weights[order]
        place = (codes * _MULTIPLIER) >> _TABLE_SHIFT
        size = 1 << _TABLE_BITS
        slots, slot_weights = np.zeros(size, dtype=np.uint64), np.zeros(size)
        slots[place], slot_weights[place] = codes, weights
        return cls(codes, weights, unseen, slots, slot_weights, np.bincount(place.astype(np.int64), minlength=size) > 1)


@cache
def gram_table() -> GramTable:
    """Load the table that the program ships."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    total, pairs = int(rows[0][1]), rows[1:]
    codes = pair_codes(code_points("".join(pair for pair, _ in pairs)).astype(np.uint64))[::2]
    weights = np.log(total / np.array([int(count) for _, count in pairs], dtype=np.float64))
    return GramTable.build(codes, np.maximum(weights, 0), float(np.log(total / _UNSEEN)))


@dataclass(frozen=True)
class WordFinder:
    """Finds given words in a text by number, all of them, also where they overlap."""

    by_length: tuple[tuple[int, Codes, Positions], ...]

    @classmethod
    def build(cls, words: Iterable[tuple[str, int]]) -> "WordFinder":
        """Make the finder of words, each with what it stands for; a word may stand for several things."""
        lengths: dict[int, list[tuple[int, int]]] = {}
        for word, meaning in words:
            points = code_points(word).astype(np.uint64)
            lengths.setdefault(len(points), []).append((int(_rolling(points, len(points))[0]), meaning))
        groups = []
        for length, entries in sorted(lengths.items()):
            entries.sort()
            codes = np.array([c for c, _ in entries], dtype=np.uint64)
            groups.append((length, codes, np.array([m for _, m in entries], dtype=np.int64)))
        return cls(tuple(groups))

    def find(self, points: Codes) -> tuple[Positions, Positions, Positions]:
        """Return start, length and meaning of each occurrence."""
        starts, lengths, meanings = [], [], []
        for length, codes, meaning in self.by_length:
            if len(points) < length:
                continue
            rolled = _rolling(points, length)
            hits = np.flatnonzero(contains(codes, rolled))
            first = np.searchsorted(codes, rolled[hits], side="left")
            times = np.searchsorted(codes, rolled[hits], side="right") - first
            within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
            starts.append(np.repeat(hits, times))
            meanings.append(meaning[np.repeat(first, times) + within])
            lengths.append(np.full(len(within), length))
        if not starts:
            nothing = np.zeros(0, dtype=np.int64)
            return nothing, nothing, nothing
        return np.concatenate(starts), np.concatenate(lengths), np.concatenate(meanings)


def _rolling(points: Codes, length: int) -> Codes:
    code = points[: len(points) - length + 1].copy()
    for offset in range(1, length):
        code = code * _MULTIPLIER + points[offset : len(points) - length + 1 + offset]
    return code
