"""Character n-grams of complaints: keys, the learnt vocabulary, and TF-IDF by table look-up."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from analysis.classify.arrays import Flags, Floats, Indices, Matrix
from analysis.classify.clauses import SEPARATOR, ClauseTable
from analysis.text import code_points

SIZES = (1, 2, 3)
_CHARACTER_BITS = 21
_EMPTY = -1
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_WHITE_SPACE = "\n\r\t\u3000"


def gram_keys(text: str) -> Iterator[tuple[Indices, Flags]]:
    """Yield for each size the key of the n-gram that begins at each character, and whether there is one.

    A key holds the code points of the n-gram. Digits count as one character, and so does white space;
    n-grams cross the bounds of clauses, as punctuation tells how people write, but never those of complaints.
    """
    points = code_points(text).astype(np.int64)
    points[(points >= ord("0")) & (points <= ord("9"))] = ord("0")
    points[np.isin(points, [ord(c) for c in _WHITE_SPACE])] = ord(" ")
    inside = points != ord(SEPARATOR)
    key, whole = points.copy(), inside.copy()
    yield key, whole
    for size in SIZES[1:]:
        key = (key[:-1] << _CHARACTER_BITS) | points[size - 1 :]
        whole = whole[:-1] & inside[size - 1 :]
        yield key, whole


@dataclass(frozen=True)
class _HashTable:
    """Open addressing over int64 keys, probed by whole arrays."""

    slots: Indices
    columns: Indices
    bits: int

    @classmethod
    def build(cls, keys: Indices) -> "_HashTable":
        bits = max(4, int(len(keys) * 4).bit_length())
        slots = np.full(1 << bits, _EMPTY, dtype=np.int64)
        columns = np.full(1 << bits, _EMPTY, dtype=np.int64)
        waiting = np.arange(len(keys))
        place = _slot(keys, bits)
        while len(waiting):
            free = slots[place[waiting]] == _EMPTY
            _, first = np.unique(place[waiting], return_index=True)
            chosen = np.zeros(len(waiting), dtype=bool)
            chosen[first] = True
            settled = waiting[free & chosen]
            slots[place[settled]] = keys[settled]
            columns[place[settled]] = settled
            waiting = waiting[~(free & chosen)]
            taken = slots[place[waiting]] != _EMPTY
            place[waiting[taken]] = (place[waiting[taken]] + 1) & ((1 << bits) - 1)
        return cls(slots, columns, bits)

    def look_up(self, keys: Indices) -> Indices:
        """Return the column of each key, -1 for an unknown one."""
        place = _slot(keys, self.bits)
        columns = self.columns[place]
        found = self.slots[place]
        wrong = np.flatnonzero((found != keys) & (found != _EMPTY))
        columns[found != keys] = _EMPTY
        while len(wrong):
            place[wrong] = (place[wrong] + 1) & (len(self.slots) - 1)
            found = self.slots[place[wrong]]
            hit = found == keys[wrong]
            columns[wrong[hit]] = self.columns[place[wrong[hit]]]
            wrong = wrong[~hit & (found != _EMPTY)]
        return columns


def _slot(keys: Indices, bits: int) -> Indices:
    return ((keys.astype(np.uint64) * _MULTIPLIER) >> np.uint64(64 - bits)).astype(np.int64)


@dataclass(frozen=True)
class GramVocabulary:
    """Known n-grams: sorted keys with their inverse document frequency."""

    keys: Indices
    idf: Floats

    @classmethod
    def learn(cls, clauses: ClauseTable, document_count: int, min_documents: int) -> "GramVocabulary":
        """Keep the n-grams that occur in at least `min_documents` of the first `document_count` complaints."""
        owner = np.repeat(np.arange(clauses.document_count), clauses.document_end - clauses.document_start + 1)
        keys, documents = [], []
        for key, whole in gram_keys(clauses.text):
            whole = whole & (owner[: len(key)] < document_count)
            keys.append(key[whole])
            documents.append(owner[: len(key)][whole])
        unique, number = np.unique(np.concatenate(keys), return_inverse=True)
        pairs = np.unique(number * document_count + np.concatenate(documents))
        frequency = np.bincount(pairs // document_count, minlength=len(unique))
        kept = frequency >= min_documents
        return cls(unique[kept], np.log((1 + document_count) / (1 + frequency[kept])) + 1)

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def _table(self) -> _HashTable:
        return _HashTable.build(self.keys)

    def columns_at(self, text: str) -> Indices:
        """Return the column of the n-gram of each size at each character, -1 if unknown; shape (characters, sizes)."""
        columns = np.full((len(text), len(SIZES)), _EMPTY, dtype=np.int64)
        for index, (key, whole) in enumerate(gram_keys(text)):
            columns[: len(key), index][whole] = self._table.look_up(key[whole])
        return columns

    def weigh(self, clauses: ClauseTable, columns: Indices) -> Matrix:
        """Return TF-IDF (logarithmic counts, unit length) of complaints; shape (complaints, n-grams).

        columns: result of `columns_at` for the text of the clauses.
        """
        known = columns >= 0
        ends = np.concatenate([[0], np.cumsum(known.sum(axis=1))])[np.append(clauses.document_start, len(columns))]
        indices = columns[known].astype(np.int32)
        counts = sparse.csr_matrix(
            (np.ones(len(indices)), indices, ends.astype(np.int32)), shape=(clauses.document_count, len(self))
        )
        counts.sum_duplicates()
        counts.data = (1 + np.log(counts.data)) * self.idf[counts.indices]
        norms = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
        norms[norms == 0] = 1
        counts.data /= np.repeat(norms, np.diff(counts.indptr))
        return counts
