"""Labels that cross-validated models contradict, by confident learning (cleanlab)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.classify.arrays import Flags, Floats
from analysis.classify.fitting import TrainingSet, held_out_scores  # the shipped folds, not a copy of them
from analysis.classify.model import fit_calibration, single_threaded
from analysis.training import Lesson

SCOPE = "scope"


@dataclass(frozen=True)
class HeldOut:
    """Probabilities by models that saw neither the text nor one of nearly the same wording.

    scope: shape (texts,), for the share in scope that the corpus itself has; code: shape (texts, sub-problems),
    calibrated on texts in scope.
    """

    scope: Floats
    code: Floats


def held_out(lesson: Lesson) -> HeldOut:
    """Return the probabilities of the recipe that ships: its features, scales, mixtures and folds."""
    together = sparse.vstack([lesson.features, lesson.mixed]).tocsr()
    data = TrainingSet.of(together, lesson.corpus, lesson.mixtures, tuple(lesson.scheme.sub_problems))
    with single_threaded():
        scores = held_out_scores(data, ~lesson.corpus.is_guess, lesson.space, lesson.scales)
    scope, code = data.scope[: data.corpus_count], data.code[: data.corpus_count]
    gate = fit_calibration(scores.gate, scope[:, None]).probability(scores.gate)[:, 0]
    return HeldOut(gate, fit_calibration(scores.code[scope], code[scope]).probability(scores.code))


def suspects(scope: Flags, code: Flags, probabilities: HeldOut, codes: tuple[str, ...]) -> pd.DataFrame:
    """Return the labels that confident learning takes for wrong, the least probable first.

    Sub-problems are examined on texts in scope, each against the rest. Columns: row, label (`scope` or a
    sub-problem), is_given, probability (of the label as given).
    """
    from cleanlab.filter import find_label_issues
    from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class

    of_scope = np.stack([1 - probabilities.scope, probabilities.scope], axis=1)
    doubted = np.flatnonzero(find_label_issues(scope.astype(int), of_scope, n_jobs=1))
    found = [_table(doubted, SCOPE, scope, probabilities.scope)]
    inside = np.flatnonzero(scope)
    given = [np.flatnonzero(row).tolist() for row in code[inside]]
    for column, wrong in enumerate(find_multilabel_issues_per_class(given, probabilities.code[inside], n_jobs=1).T):
        found.append(_table(inside[wrong], codes[column], code[:, column], probabilities.code[:, column]))
    return pd.concat(found).sort_values(["probability", "row", "label"], ignore_index=True)


def _table(rows: np.ndarray, label: str, given: Flags, probability: Floats) -> pd.DataFrame:
    of_given = np.where(given, probability, 1 - probability)
    return pd.DataFrame({"row": rows, "label": label, "is_given": given[rows], "probability": of_given[rows]})
