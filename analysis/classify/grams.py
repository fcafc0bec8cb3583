"""Character n-grams of complaints: keys, the learnt vocabulary, and TF-IDF by table look-up."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from analysis.classify.arrays import Flags, Floats, Indices, Matrix
from analysis.classify.clauses import SEPARATOR, ClauseTable
from analysis.classify.key_table import UNKNOWN, KeyTable
from analysis.text import code_points

SIZES = (1, 2, 3)
_CHARACTER_BITS = 21
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
    def _table(self) -> KeyTable:
        return KeyTable.build(self.keys)

    def columns_at(self, text: str) -> Indices:
        """Return the column of the n-gram of each size at each character, -1 if unknown; shape (characters, sizes)."""
        columns = np.full((len(text), len(SIZES)), UNKNOWN, dtype=np.int64)
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
