"""Character n-grams of complaints: keys, the learnt vocabulary, and TF-IDF by table look-up."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from analysis.classify.arrays import Floats, Indices, Matrix, Places
from analysis.classify.clauses import SEPARATOR, ClauseTable
from analysis.classify.key_table import UNKNOWN, KeyTable
from analysis.text import code_points

SIZES = (1, 2, 3)
_CHARACTER_BITS = 21
_FITS_32_BITS = 1 << 31
_WHITE_SPACE = "\n\r\t\u3000"


def gram_keys(text: str) -> Iterator[Indices]:
    """Yield for each size the key of the n-gram that begins at each character, -1 where none does.

    A key holds the code points of the n-gram. Digits count as one character, and so does white space;
    n-grams cross the bounds of clauses, as punctuation tells how people write, but never those of complaints.
    """
    points = code_points(text).astype(np.int64)
    points[(points >= ord("0")) & (points <= ord("9"))] = ord("0")
    for character in _WHITE_SPACE:
        points[points == ord(character)] = ord(" ")
    bounds = np.flatnonzero(points == ord(SEPARATOR))
    key = points
    for size in SIZES:
        if size > 1:
            key = (key[:-1] << _CHARACTER_BITS) | points[size - 1 :]
        whole = key.copy()
        for before in range(size):
            crossing = bounds - before
            whole[crossing[(crossing >= 0) & (crossing < len(whole))]] = UNKNOWN
        yield whole


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
        for key in gram_keys(clauses.text):
            whole = (key >= 0) & (owner[: len(key)] < document_count)
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
    def _table(self) -> KeyTable:
        return KeyTable.build(self.keys)

    def columns_at(self, text: str) -> Places:
        """Return the column of the n-gram of each size at each character, -1 if unknown; shape (characters, sizes)."""
        columns = np.full((len(text), len(SIZES)), UNKNOWN, dtype=np.int32, order="F")
        for index, key in enumerate(gram_keys(text)):
            if index == 0:
                columns[:, index] = self._table.look_up(key)
                continue
            # No rarer than the n-gram are the two shorter ones in it: where one is not known, it cannot be.
            shorter = columns[:, index - 1] >= 0
            hopeful = np.flatnonzero(shorter[: len(key)] & shorter[1 : len(key) + 1])
            columns[hopeful, index] = self._table.look_up(key[hopeful])
        return columns

    def weigh(self, clauses: ClauseTable, columns: Places) -> Matrix:
        """Return TF-IDF (logarithmic counts, unit length) of complaints; shape (complaints, n-grams).

        columns: result of `columns_at` for the text of the clauses.
        """
        count, width = clauses.document_count, max(len(self), 1)
        narrow = np.int32 if count * width < _FITS_32_BITS else np.int64  # sorts in half the time
        row_start = np.repeat(
            (np.arange(count) * width).astype(narrow), clauses.document_end - clauses.document_start + 1
        )
        cells = np.sort(np.concatenate([(row_start + column)[column >= 0] for column in columns.T]))
        starts = np.flatnonzero(np.append([True], cells[1:] != cells[:-1])[: len(cells)])
        occurrences = np.diff(starts, append=len(cells))
        row, column = np.divmod(cells[starts], width)
        damped = 1 + np.log(np.arange(1, occurrences.max(initial=1) + 1))
        values = damped[occurrences - 1] * self.idf[column]
        ends = np.searchsorted(row, np.arange(count + 1))
        worded = np.diff(ends) > 0
        norms = np.sqrt(np.add.reduceat(values * values, ends[:-1][worded])) if len(row) else np.zeros(0)
        values /= np.repeat(norms, np.diff(ends)[worded])
        return sparse.csr_matrix((values, column.astype(np.int32), ends.astype(np.int32)), shape=(count, len(self)))
