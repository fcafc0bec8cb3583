"""Turns complaints into features: what the codebook's rules and word sets say of them, and character n-grams."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from analysis.classify.arrays import Floats, Indices, Matrix, Places
from analysis.classify.clauses import ClauseTable, split_clauses
from analysis.classify.cues import CueFinder, CueMatches
from analysis.classify.grams import GramVocabulary

DENSE_BLOCKS = ("knowledge", "rule", "set", "clause")
BLOCKS = (*DENSE_BLOCKS, "character")
"""Feature blocks in the order of their columns."""


@dataclass(frozen=True)
class Batch:
    """Complaints prepared for features and evidence."""

    clauses: ClauseTable
    matches: CueMatches


def prepare(documents: Sequence[str], finder: CueFinder) -> Batch:
    """Split complaints («title + newline + text») and find their cues."""
    clauses = split_clauses(documents)
    return Batch(clauses, finder.find(clauses))


def dense_names(finder: CueFinder) -> dict[str, list[str]]:
    """Names of the columns of each dense block."""
    codes = sorted({code for code in finder.rule_codes if code})
    sets = finder.set_names
    return {
        "knowledge": ["for", "against", *codes],
        "rule": [rule.rule_id for rule in finder.rules],
        "set": list(sets),
        "clause": ["clauses", *(f"share:{n}" for n in sets), *(f"title:{n}" for n in sets)],
    }


@dataclass(frozen=True)
class _Counts:
    """How many clauses of each complaint have each set or rule; shapes (complaints, sets or rules)."""

    finder: CueFinder
    batch: Batch

    def _count(self, clause: Indices, column: Indices, width: int) -> Floats:
        clauses = self.batch.clauses
        place = clauses.document[clause] * width + column
        return np.bincount(place, minlength=clauses.document_count * width).reshape(-1, width).astype(np.float64)

    @cached_property
    def sets(self) -> Floats:
        matches = self.batch.matches
        return self._count(matches.set_clause, matches.set_index, len(self.finder.set_names))

    @cached_property
    def title_sets(self) -> Floats:
        matches = self.batch.matches
        titled = self.batch.clauses.is_title[matches.set_clause]
        return self._count(matches.set_clause[titled], matches.set_index[titled], len(self.finder.set_names))

    @cached_property
    def rules(self) -> Floats:
        matches = self.batch.matches
        return self._count(matches.rule_clause, matches.rule_index, len(self.finder.rules))

    @cached_property
    def clauses(self) -> Floats:
        clauses = self.batch.clauses
        return np.bincount(clauses.document, minlength=clauses.document_count).astype(np.float64)


def _knowledge(finder: CueFinder, rule_counts: Floats) -> Floats:
    """Return the summed weights of the rules that hold: for scope, against it, and for each sub-problem.

    Few numbers that carry what the codebook says, so that training on written texts cannot talk it away.
    Sums for are damped by the logarithm; shape (complaints, 2 + sub-problems with rules).
    """
    holds = (rule_counts > 0).astype(np.float64)
    weight, polarity = finder.rule_weights, finder.rule_polarities
    codes = sorted({code for code in finder.rule_codes if code})
    supports = [polarity == "for", *map(finder.supports, codes)]
    favouring = [np.log1p(holds @ (weight * chosen)) for chosen in supports]
    against = holds @ (weight * (polarity == "against"))
    return np.stack([favouring[0], against, *favouring[1:]], axis=1)


def dense_features(finder: CueFinder, batch: Batch) -> Floats:
    """Return the dense blocks side by side; shape (complaints, columns of `dense_names`).

    knowledge: see `_knowledge`; rule: damped number of clauses a rule holds in; set: whether a set occurs;
    clause: length in clauses, the (root of the) share of clauses with each set, the sets of the title.
    """
    counts = _Counts(finder, batch)
    share = np.sqrt(counts.sets / counts.clauses[:, None])
    blocks = (
        _knowledge(finder, counts.rules),
        np.log1p(counts.rules) / np.log(2),
        counts.sets > 0,
        np.log1p(counts.clauses)[:, None] / 4,
        share,
        counts.title_sets > 0,
    )
    return np.hstack(blocks).astype(np.float64)


@dataclass(frozen=True)
class FeatureSpace:
    """What training learned about features: the vocabulary of n-grams and the number of dense columns."""

    character: GramVocabulary
    dense_counts: tuple[int, ...]

    @property
    def sizes(self) -> dict[str, int]:
        """Number of columns of each block."""
        return dict(zip(BLOCKS, (*self.dense_counts, len(self.character)), strict=True))

    @property
    def first_column(self) -> dict[str, int]:
        """The first column of each block."""
        ends = np.cumsum(list(self.sizes.values()))
        return {block: int(end) - self.sizes[block] for block, end in zip(BLOCKS, ends, strict=True)}

    @classmethod
    def learn(cls, finder: CueFinder, batch: Batch, document_count: int, min_documents: int) -> "FeatureSpace":
        """Learn the vocabulary from the first `document_count` complaints of a batch."""
        vocabulary = GramVocabulary.learn(batch.clauses, document_count, min_documents)
        return cls(vocabulary, tuple(len(names) for names in dense_names(finder).values()))

    def transform(self, finder: CueFinder, batch: Batch, grams: Places | None = None) -> Matrix:
        """Return the features of a batch; shape (complaints, features), blocks in the order of `BLOCKS`.

        grams: result of `character.columns_at` for the batch's text, where the caller needs it too.
        """
        if grams is None:
            grams = self.character.columns_at(batch.clauses.text)
        dense = sparse.csr_matrix(dense_features(finder, batch))
        return sparse.hstack([dense, self.character.weigh(batch.clauses, grams)]).tocsr()
