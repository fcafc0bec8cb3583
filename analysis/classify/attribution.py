"""Shares out linear scores among what was found where: rules, word sets and n-grams, clause by clause.

Every feature's part of a score (its value times its weight) goes to the clauses it was counted in, in equal shares,
so that the shares and the intercept add up to the score.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from analysis.classify.arrays import Floats, Indices, Matrix, Places
from analysis.classify.cues import CueFinder
from analysis.classify.features import Batch, FeatureSpace, dense_names


@dataclass(frozen=True)
class Shares:
    """What each finding adds to a linear score.

    rule, set: one entry a pair of `CueMatches` (clause and rule, clause and set).
    gram: one entry an n-gram of `Grams`.
    length: one entry a complaint, for its number of clauses.
    """

    rule: Floats
    set: Floats
    gram: Floats
    length: Floats


@dataclass(frozen=True)
class Grams:
    """The known n-grams of a batch, in the order of the text.

    start, size: where each begins in the text of the clauses, and its number of characters.
    clause: the clause it begins in; column: its place in the vocabulary.
    value: its part of the feature's value, which all its occurrences in a complaint share.
    """

    start: Indices
    size: Indices
    clause: Indices
    column: Places
    value: Floats


class Attribution:
    """The features of a batch with all that is needed to share out any linear score of them."""

    def __init__(self, finder: CueFinder, space: FeatureSpace, batch: Batch) -> None:
        self._finder = finder
        self._batch = batch
        self.features = space.transform(finder, batch)
        self._first_gram = space.first_column["character"]
        self._dense: Floats = self.features[:, : self._first_gram].toarray()
        self._names = dense_names(finder)
        self._first = dict(space.first_column)
        self._space = space

    @cached_property
    def grams(self) -> Grams:
        """The known n-grams of the batch."""
        clauses = self._batch.clauses
        columns = self._space.character.columns_at(clauses.text)
        start, index = np.nonzero(columns >= 0)
        column, clause = columns[start, index], clauses.clause_of[start]
        document = clauses.document[clause]
        values = _values_at(self.features[:, self._first_gram :], document, column)
        _, inverse, counts = np.unique(
            document * columns.max(initial=0) + document + column, return_inverse=True, return_counts=True
        )
        return Grams(start, index + 1, clause, column, values / counts[inverse])

    def shares(self, weights: Floats) -> Shares:
        """Share out the score of `weights`, shape (features,)."""
        parts = self._dense * weights[: self._first_gram]
        matches, document = self._batch.matches, self._batch.clauses.document
        by_rule = self._block(parts, "rule") + self._knowledge(parts)
        first = self._first["clause"] + 1
        set_count = len(self._finder.set_names)
        by_set = self._block(parts, "set") + parts[:, first : first + set_count]
        by_title = parts[:, first + set_count : first + 2 * set_count]
        titled = self._batch.clauses.is_title[matches.set_clause]
        in_sets = _spread(by_set, document[matches.set_clause], matches.set_index)
        in_sets[titled] += _spread(by_title, document[matches.set_clause[titled]], matches.set_index[titled])
        return Shares(
            _spread(by_rule, document[matches.rule_clause], matches.rule_index),
            in_sets,
            self.grams.value * weights[self._first_gram + self.grams.column],
            parts[:, first - 1],
        )

    def _block(self, parts: Floats, block: str) -> Floats:
        first = self._first[block]
        return np.asarray(parts[:, first : first + len(self._names[block])])

    def _knowledge(self, parts: Floats) -> Floats:
        """Return what the summed weights of rules add, shared among the rules that hold by their weights."""
        matches, clauses = self._batch.matches, self._batch.clauses
        holds = np.zeros((clauses.document_count, len(self._finder.rules)))
        holds[clauses.document[matches.rule_clause], matches.rule_index] = 1.0
        weighed = holds * self._finder.rule_weights
        polarity = self._finder.rule_polarities
        shared = np.zeros_like(weighed)
        for column, name in enumerate(self._names["knowledge"]):
            is_meant = polarity == name if name in ("for", "against") else self._finder.supports(name)
            own = weighed * is_meant
            total = own.sum(axis=1, keepdims=True)
            shared += np.divide(own, total, out=np.zeros_like(own), where=total != 0) * parts[:, column, None]
        return np.asarray(shared)


def _spread(parts: Floats, document: Indices, column: Indices) -> Floats:
    """Return for each pair of complaint and column an equal share of its entry in `parts`."""
    place = document * parts.shape[1] + column
    counts = np.bincount(place, minlength=parts.size)
    return np.asarray(parts.reshape(-1)[place] / counts[place])


def _values_at(matrix: Matrix, rows: Indices, columns: Places) -> Floats:
    if not len(rows):
        return np.zeros(0)
    return np.asarray(sparse.csr_matrix(matrix)[rows, columns]).ravel()
