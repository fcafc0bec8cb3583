"""Finds where in a long text any of many terms begins.

The beginnings of all terms make one tree, which all places of a text are followed into at once by whole arrays. Most
terms are told by that alone; Python's matcher is asked only for those that cannot be written out, and only where they
could begin: searching for dozens of large alternations would cost most of a judgement's time.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from analysis.classify.arrays import Flags, Indices
from analysis.classify.key_table import KeyTable
from analysis.classify.patterns import compile_terms
from analysis.classify.ragged import Ragged
from analysis.classify.terms import beginnings
from analysis.text import code_points

_CHARACTER_BITS = 21
_NO_CHARACTER = (1 << _CHARACTER_BITS) - 1


@dataclass(frozen=True)
class TermIndex:
    """Sets of terms made ready for searching; set i is the i-th that `build` was given.

    steps: the tree. Its key `node << 21 | code point` at position p leads from a node to node p + 1; 0 is the root.
    sets_at: for each node, the sets that occur wherever it is reached.
    terms_at: for some nodes, the sets and terms that may occur there.
    """

    steps: KeyTable
    sets_at: Ragged
    terms_at: dict[int, list[tuple[int, str]]]

    @classmethod
    def build(cls, sets: Sequence[tuple[str, ...]]) -> "TermIndex":
        """Make the index of sets of terms.

        Raises:
            ValueError, re.error: a term cannot work; see `beginnings`.
        """
        steps: dict[int, int] = {}
        sets_at: list[tuple[int, int]] = []
        terms_at: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for number, terms in enumerate(sets):
            for term in terms:
                found = beginnings(term)
                sets_at.extend((_grow(steps, text), number) for text in found.whole)
                for text in found.partial:
                    terms_at[_grow(steps, text)].append((number, term))
        node, number_at = np.array(sets_at, dtype=np.int64).reshape(-1, 2).T
        keys = np.fromiter(steps, dtype=np.int64, count=len(steps))
        return cls(KeyTable.build(keys), Ragged.of(node, number_at, len(steps) + 1), terms_at)

    def find(self, text: str) -> tuple[Indices, Indices]:
        """Return places in `text` and the sets of which a term stands there.

        Of a term that begins with a repetition not every place is told, but one of each occurrence.
        """
        place, node = self._reached(text)
        origin, number = self.sets_at.taken(node)
        places, numbers = [place[origin]], [number]
        is_open = self._is_open[node]
        for reached, candidates in _grouped(node[is_open], place[is_open]):
            for number_at, term in self.terms_at[reached]:
                match = _matcher(term)
                found = [p for p in candidates if match(text, p)]
                places.append(np.array(found, dtype=np.int64))
                numbers.append(np.full(len(found), number_at))
        return np.concatenate(places), np.concatenate(numbers)

    def _reached(self, text: str) -> tuple[Indices, Indices]:
        """Follow the tree from each place of a text; return places and the nodes reached that tell anything."""
        points = np.append(code_points(text), _NO_CHARACTER).astype(np.int64)
        place, node = np.arange(len(text)), np.zeros(len(text), dtype=np.int64)
        places, nodes = [place[:0]], [node[:0]]
        depth = 0
        while len(place):
            node = self.steps.look_up((node << _CHARACTER_BITS) | points[place + depth]) + np.int64(1)
            alive = np.flatnonzero(node)
            place, node = place[alive], node[alive]
            telling = self._is_telling[node]
            places.append(place[telling])
            nodes.append(node[telling])
            depth += 1
        return np.concatenate(places), np.concatenate(nodes)

    @cached_property
    def _is_open(self) -> Flags:
        """Which nodes may have terms."""
        flags = np.zeros(len(self.sets_at.count), dtype=bool)
        flags[list(self.terms_at)] = True
        return flags

    @cached_property
    def _is_telling(self) -> Flags:
        """Which nodes have sets, or may have terms."""
        return np.asarray((self.sets_at.count > 0) | self._is_open)


def _grow(steps: dict[int, int], text: str) -> int:
    """Return the node that a text leads to, made where there is none."""
    node = 0
    for character in text:
        node = steps.setdefault((node << _CHARACTER_BITS) | ord(character), len(steps) + 1)
    return node


def _grouped(nodes: Indices, places: Indices) -> Iterator[tuple[int, list[int]]]:
    """Yield each node with its places."""
    order = np.argsort(nodes, kind="stable")
    distinct, first = np.unique(nodes[order], return_index=True)
    parts = np.split(places[order], first[1:])
    yield from ((int(node), part.tolist()) for node, part in zip(distinct, parts, strict=False))


@cache
def _matcher(term: str) -> Callable[[str, int], Any]:
    """Return what matches a term at a place; made only when it is asked for, as that takes long for all terms."""
    return compile_terms((term,)).match
