"""Splits complaints into clauses with offsets, many complaints at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.classify.arrays import Flags, Indices
from analysis.text import code_points, fold

SEPARATOR = "\x00"
"""Stands between two complaints of a batch; never part of a clause."""

DELIMITERS = '。！？!?；;,，、：:…\n\r\t\x00~～()（）[]【】<>《》"“”「」 '
"""What ends a clause; a gap in a cue never crosses one of these."""

MAX_CLAUSE_CHARACTERS = 48
"""Text without punctuation is cut here, so that «in the same clause» keeps a meaning."""


@dataclass(frozen=True)
class ClauseTable:
    """The clauses of a batch of complaints.

    `text` is all complaints, folded, one after the other; `document_start[i]` is where complaint i begins in
    it. Clause j lies at `start[j]:end[j]` of `text`, in complaint `document[j]`; `clause_of[k]` is the clause
    of character k. Clauses are in order of text, so those of one complaint are contiguous.
    """

    text: str
    document_start: Indices
    document_end: Indices
    start: Indices
    end: Indices
    document: Indices
    clause_of: Indices

    @property
    def document_count(self) -> int:
        """Number of complaints."""
        return len(self.document_start)

    @cached_property
    def first(self) -> Indices:
        """The first clause of each complaint."""
        return np.searchsorted(self.document, np.arange(self.document_count))

    @cached_property
    def is_title(self) -> Flags:
        """Which clauses stand in a title."""
        newline = np.array([self.text.find("\n", start) for start in self.document_start], dtype=np.int64)
        return np.asarray(self.start < newline[self.document], dtype=bool)

    def __len__(self) -> int:
        return len(self.start)


def _lookup(characters: str) -> Flags:
    table = np.zeros(0x110000, dtype=bool)
    table[[ord(c) for c in characters]] = True
    return table


_IS_DELIMITER = _lookup(DELIMITERS)


def split_clauses(documents: Sequence[str]) -> ClauseTable:
    """Split each complaint («title + newline + text») into clauses.

    A clause ends after a delimiter, or after `MAX_CLAUSE_CHARACTERS` where there is none. Every complaint has
    at least one clause, if an empty one, and offsets into the folded text are offsets into the given one.
    """
    text = fold(SEPARATOR.join(document.replace(SEPARATOR, " ") for document in documents) + SEPARATOR)
    lengths = np.array([len(document) for document in documents], dtype=np.int64)
    document_end = np.cumsum(lengths + 1) - 1
    document_start = document_end - lengths
    delimiter = _IS_DELIMITER[code_points(text)]
    begins = np.zeros(len(text), dtype=bool)
    begins[1:] = delimiter[:-1] & ~delimiter[1:]
    begins[document_start] = True
    starts = np.flatnonzero(begins)
    run = np.arange(len(text)) - np.repeat(starts, np.diff(np.append(starts, len(text))))
    begins |= (run > 0) & (run % MAX_CLAUSE_CHARACTERS == 0) & ~delimiter
    start = np.flatnonzero(begins)
    clause_of = np.cumsum(begins) - 1
    document = np.searchsorted(document_start, start, side="right") - 1
    end = np.append(start[1:], len(text))
    end = np.minimum(end, document_end[document])
    return ClauseTable(text, document_start, document_end, start, end, document, clause_of)
