"""Measures ways to train on a site's labels by labels that were held out: 5 × 2 cross-validation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from analysis.classify.arrays import Flags, Indices
from analysis.classify.classifier import Classifier
from analysis.classify.evaluate import RESAMPLES, Outcomes, differences, outcomes, resample, summarise
from analysis.classify.labels import SiteLabels
from analysis.classify.model import near_duplicate_groups
from analysis.training import Lesson, fit_lesson, score_table

DECISIVE = ("scope_f1", "category_macro_f1")
"""The figures whose mean decides which of two models is better."""

Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Validation:
    """Figures on a site's labels, each judged by models that learned from neither it nor its near duplicates.

    label_count, in_scope_count: of the labels. new: the figures of the new recipe. old, gain: those of the recipe in
    use, and by how much the new one is better; None where there is none, or it is the same. Columns name, value,
    low, high.
    """

    label_count: int
    in_scope_count: int
    new: pd.DataFrame
    old: pd.DataFrame | None = None
    gain: pd.DataFrame | None = None

    @property
    def loss(self) -> float:
        """By how much the new recipe does worse than the one in use, as the mean of the decisive figures."""
        return 0.0 if self.gain is None else -float(self.gain["value"].to_numpy(dtype=float)[-1])


def label_table_of(texts: pd.DataFrame) -> pd.DataFrame:
    """Return labels in the columns that `evaluate` takes: complaint_id, in_scope (0/1), codes (joined by ;), unit."""
    return pd.DataFrame(
        {
            "complaint_id": texts["complaint_id"].to_numpy(dtype=object),
            "in_scope": texts["codes"].map(bool).astype(int).to_numpy(),
            "codes": texts["codes"].map(";".join).to_numpy(dtype=object),
            "unit": texts["unit"].to_numpy(dtype=object),
        }
    )


def validate(
    lesson: Lesson, new: SiteLabels, old: SiteLabels | None, in_use: Classifier | None, repeats: int, told: Told
) -> Validation:
    """Cross-validate learning from the labels `new` beside the corpus, against learning from `old`.

    Each repeat halves the labels, near duplicates together; either half is judged by a model that learned from the
    corpus and the other half. The old recipe is judged on the same complaints: by `in_use` itself where it learned
    from the corpus alone, else by models that learned from its own labels without the half that they judge.

    Args:
        lesson: the repository's texts, without labels of a site.
        new: the labels to learn from, by which both are judged; its guesses teach, but judge nothing.
        old: the labels that the model in use learned from; None, if from none.
        in_use: the model in use where it learned from the corpus alone; None, if there is no model to compare with
            or it learned from labels.
        repeats: how often the labels are halved.
        told: told how far the work is.
    """
    is_same = old is not None and _identity(old) == _identity(new)
    own, is_old = _together(new, None if is_same else old)
    guesses = [recipe.guessed.texts for recipe in (new, old) if recipe is not None and recipe.guessed is not None]
    texts = pd.concat([own, *guesses], ignore_index=True)
    whole = lesson.with_site(own, 1.0).with_site(texts[len(own) :], 1.0, is_guess=True)
    row = np.arange(len(texts))
    judged, is_label = row < len(new.texts), row < len(own)
    is_new_guess = ~is_label & (row < len(own) + _guess_count(new))
    groups = _groups(whole)
    gold = label_table_of(texts).assign(complaint_id=row)
    in_scope = texts["codes"].map(bool).to_numpy(dtype=bool)
    halves = list(_halves(groups, in_scope, is_label, repeats))
    total = len(halves) * 2 * (2 if is_old.any() else 1)
    trial = _Trial(whole, texts, gold, judged, halves, told, total)
    of_new = trial.weighing(new).held_out(judged | is_new_guess, done=0)
    samples = resample(groups[judged], RESAMPLES)
    figures = (len(new.texts), int(new.texts["codes"].map(bool).sum()), summarise(of_new, samples))
    if is_old.any() and old is not None:
        learned = np.concatenate([is_old, np.zeros(len(texts) - len(own), dtype=bool)])
        of_old = trial.weighing(old).held_out(learned | (~is_label & ~is_new_guess), done=len(halves) * 2)
    elif in_use is not None:
        of_old = [trial.judged_by(in_use, judged)] * repeats
    else:
        return Validation(*figures)
    return Validation(*figures, summarise(of_old, samples), differences(of_new, of_old, samples, DECISIVE))


def _identity(labels: SiteLabels) -> tuple[object, ...]:
    """Return what tells two recipes apart."""
    return labels.sha256, labels.weight, labels.guessed and _identity(labels.guessed)


def _guess_count(recipe: SiteLabels) -> int:
    return 0 if recipe.guessed is None else len(recipe.guessed.texts)


def _together(new: SiteLabels, old: SiteLabels | None) -> tuple[pd.DataFrame, Flags]:
    """Return the new labels and behind them the old ones that are not among them; and which of all are old."""
    if old is None:
        return new.texts, np.zeros(len(new.texts), dtype=bool)
    both = pd.concat([new.texts, old.texts], ignore_index=True)
    identity = list(both[["title", "text", "codes", "unit"]].itertuples(index=False, name=None))
    known = set(identity[len(new.texts) :])
    kept = ~pd.Series(identity).duplicated().to_numpy()
    return both[kept].reset_index(drop=True), np.array([i in known for i in identity], dtype=bool)[kept]


def _groups(lesson: Lesson) -> Indices:
    """Return the group of near duplicates of each text of the site."""
    begin = lesson.space.first_column["character"]
    features = lesson.features[lesson.corpus.is_site]
    return near_duplicate_groups(features[:, begin : begin + lesson.space.sizes["character"]])


def _halves(groups: Indices, in_scope: Flags, is_label: Flags, repeats: int) -> Iterator[tuple[Flags, Flags]]:
    """Yield for each repeat which texts belong to either half of the labels.

    Groups stay together, those in scope are spread evenly. A guess belongs to a half only by being nearly one of its
    labels; most belong to none.
    """
    unique, own = np.unique(groups[is_label], return_inverse=True)
    accuses = np.bincount(own, in_scope[is_label]) > 0
    for number in range(repeats):
        order = np.random.default_rng(number).permutation(len(unique))
        order = order[np.argsort(accuses[order], kind="stable")]
        is_first = np.zeros(len(unique), dtype=bool)
        is_first[order[::2]] = True
        yield np.isin(groups, unique[is_first]), np.isin(groups, unique[~is_first])


@dataclass(frozen=True)
class _Trial:
    """What one round of cross-validation needs; `lesson` has the rows of the corpus and behind them the site's."""

    lesson: Lesson
    texts: pd.DataFrame
    gold: pd.DataFrame
    judged: Flags
    halves: list[tuple[Flags, Flags]]
    told: Told
    total: int

    def held_out(self, learned: Flags, done: int) -> list[Outcomes]:
        """Return for each repeat the outcomes of all judged labels by models that learned from the other half."""
        ours = np.ones(len(self.lesson.corpus.texts) - len(self.texts), dtype=bool)
        result = []
        for halves in self.halves:
            scored = []
            for held in halves:
                self.told("交叉验证", done, self.total)
                classifier, _ = fit_lesson(self.lesson, np.concatenate([ours, learned & ~held]))
                scored.append(self._scored(classifier, self.judged & held))
                done += 1
            result.append(outcomes(self.gold[self.judged], pd.concat(scored), self.lesson.scheme))
        self.told("交叉验证", done, self.total)
        return result

    def weighing(self, recipe: SiteLabels) -> Self:
        """Return this trial with the weights that a recipe gives to labels and guesses."""
        corpus = self.lesson.corpus
        weights = np.where(corpus.is_site, recipe.weight, corpus.weights)
        if recipe.guessed is not None:
            weights = np.where(corpus.is_guess, recipe.guessed.weight, weights)
        return replace(self, lesson=replace(self.lesson, corpus=corpus.weighing(weights)))

    def judged_by(self, classifier: Classifier, rows: Flags) -> Outcomes:
        """Return the outcomes of one model."""
        return outcomes(self.gold[rows], self._scored(classifier, rows), self.lesson.scheme)

    def _scored(self, classifier: Classifier, rows: Flags) -> pd.DataFrame:
        chosen: Any = self.texts[rows].assign(complaint_id=np.flatnonzero(rows)).reset_index(drop=True)
        return score_table(chosen, classifier)
