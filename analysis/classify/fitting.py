"""Fits gate, sub-problems and kinds of unit to a corpus, with calibration and thresholds from held-out scores."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.classify.arrays import Flags, Floats, Matrix
from analysis.classify.decide import NEVER, Thresholds, choose_codes
from analysis.classify.evaluate import as_card, evaluate
from analysis.classify.features import FeatureSpace
from analysis.classify.mixtures import Mixtures
from analysis.classify.model import (
    ASSUMED_SHARE,
    CODE_C,
    FIELD,
    GATE_C,
    UNIT_C,
    BlockScales,
    Calibration,
    LinearModel,
    Model,
    best_f1,
    column_scale,
    fit_calibration,
    fit_linear,
    folds,
    log_odds,
    near_duplicate_groups,
)
from analysis.classify.training_texts import Corpus
from analysis.codebook.scheme import Scheme
from analysis.contracts import UNIT_KINDS
from analysis.progress import Progress, no_progress

FOLDS = 5
_FITTING = "训练模型"
REVIEW_MARGIN = 1.5
"""How far from the threshold, in log odds, a score is left to a human."""

MIN_OF_EACH = 30
"""Labels of a site on either side from which on they calibrate the scores and set the thresholds.

Where thresholds of sub-problems are chosen, the whole corpus counts as many labels: it steadies the choice, no more.
"""


@dataclass(frozen=True)
class TrainingSet:
    """What the models learn from: the corpus, then its mixtures, one row of features each.

    scope: shape (rows,); code: shape (rows, sub-problems); unit: shape (corpus rows, kinds of unit), as mixtures
    teach nothing new about units. weight: how much a row counts, shape (rows,).
    """

    features: Matrix
    scope: Flags
    code: Flags
    unit: Flags
    weight: Floats
    mixtures: Mixtures

    @classmethod
    def of(cls, features: Matrix, corpus: Corpus, mixtures: Mixtures, codes: tuple[str, ...]) -> "TrainingSet":
        """Put together features of corpus and mixtures with what is true of them."""
        scope, code = corpus.in_scope, corpus.has_code(codes)
        units = corpus.texts["unit"].to_numpy(dtype=object)
        return cls(
            features,
            np.concatenate([scope, mixtures.union(scope)]),
            np.concatenate([code, mixtures.union(code)]),
            np.array([[unit == kind for kind in UNIT_KINDS] for unit in units], dtype=bool),
            np.concatenate([corpus.weights, np.ones(len(mixtures.first))]),
            mixtures,
        )

    @property
    def corpus_count(self) -> int:
        """Number of rows that are corpus texts."""
        return len(self.unit)

    def rows(self, chosen: Flags) -> Flags:
        """Return which rows the models may see, given the chosen corpus texts."""
        return np.concatenate([chosen, self.mixtures.made_of(chosen)])


@dataclass(frozen=True)
class _LinearModels:
    gate: LinearModel
    code: LinearModel
    unit: LinearModel


def _fit_models(data: TrainingSet, chosen: Flags, space: FeatureSpace, scales: BlockScales) -> _LinearModels:
    """Fit the three models to the chosen corpus texts and the mixtures of them."""
    seen = data.rows(chosen)
    accusing = seen & data.scope
    accused = chosen & data.scope[: data.corpus_count]
    own, weight = data.features[: data.corpus_count], data.weight
    return _LinearModels(
        fit_linear(
            data.features[seen], data.scope[seen][:, None], column_scale(space, scales.gate), GATE_C,
            weight[seen],
        ),
        fit_linear(
            data.features[accusing], data.code[accusing], column_scale(space, scales.code), CODE_C,
            weight[accusing],
        ),
        fit_linear(
            own[accused], data.unit[accused], column_scale(space, scales.unit), UNIT_C,
            weight[: data.corpus_count][accused],
        ),
    )  # fmt: skip


def fit(
    data: TrainingSet,
    space: FeatureSpace,
    corpus: Corpus,
    scheme: Scheme,
    scales: BlockScales,
    progress: Progress = no_progress,
) -> tuple[Model, Thresholds, dict[str, Any]]:
    """Return the fitted model, its thresholds, and the figures of held-out judgements on the corpus.

    progress: told how many of the models are fitted: one a fold, and the one that is kept.
    """
    codes = scheme.sorted_codes
    count = data.corpus_count
    known = ~corpus.is_guess  # what a model guessed says nothing about how well this one judges
    measured = corpus.taken(known)
    held_out = held_out_scores(data, known, space, scales, progress)
    gold_scope, gold_code = data.scope[:count][known], data.code[:count][known]

    is_own = site_calibrates(corpus)
    gate_calibration, reached = _gate_calibration(held_out.gate, gold_scope, measured.is_site, is_own=is_own)
    code_calibration = fit_calibration(held_out.code[gold_scope], gold_code[gold_scope])
    gate_scores = gate_calibration.probability(held_out.gate)[:, 0]
    code_scores = code_calibration.probability(held_out.code)
    counts = _counting(measured) if is_own else measured.weights
    thresholds = _thresholds(reached, held_out.code, gold_code, gold_scope, counts, code_calibration, codes)
    progress(_FITTING, FOLDS, FOLDS + 1)
    final = _fit_models(data, np.ones(count, dtype=bool), space, scales)
    progress(_FITTING, FOLDS + 1, FOLDS + 1)
    model = Model(
        space, codes, UNIT_KINDS, final.gate, final.code, final.unit, gate_calibration, code_calibration
    )  # fmt: skip
    ours = ~measured.is_site  # the same complaints for every model, so that figures can be compared
    metrics = _cross_validated(
        measured.taken(ours), scheme, gate_scores[ours], code_scores[ours], held_out.unit[ours], codes, thresholds
    )
    return model, thresholds, metrics


@dataclass(frozen=True)
class HeldOut:
    """Linear scores of corpus texts; shapes (texts, 1), (texts, sub-problems), (texts, kinds of unit)."""

    gate: Floats
    code: Floats
    unit: Floats


def held_out_scores(
    data: TrainingSet, known: Flags, space: FeatureSpace, scales: BlockScales, progress: Progress = no_progress
) -> HeldOut:
    """Score each known corpus text by models that saw neither it nor one of nearly the same wording."""
    count = data.corpus_count
    own = data.features[:count]
    begin = space.first_column["character"]
    wording = own[:, begin : begin + space.sizes["character"]]
    fold = np.full(count, -1)
    fold[known] = folds(near_duplicate_groups(wording[known]), FOLDS)
    groups = near_duplicate_groups(wording)
    scores = HeldOut(np.zeros((count, 1)), np.zeros((count, data.code.shape[1])), np.zeros(data.unit.shape))
    for number in range(FOLDS):
        progress(_FITTING, number, FOLDS + 1)
        unseen = fold == number
        models = _fit_models(data, ~unseen & (known | ~np.isin(groups, groups[unseen])), space, scales)
        scores.gate[unseen] = models.gate.score(own[unseen])
        scores.code[unseen] = models.code.score(own[unseen])
        scores.unit[unseen] = models.unit.score(own[unseen])
    return HeldOut(scores.gate[known], scores.code[known], scores.unit[known])


def site_calibrates(corpus: Corpus) -> bool:
    """Say whether a corpus holds enough labels of a site, in scope and out of it, to calibrate scores by them."""
    theirs = corpus.in_scope[corpus.is_site & ~corpus.is_guess]
    return int(min(theirs.sum(), (~theirs).sum())) >= MIN_OF_EACH


def _counting(corpus: Corpus) -> Floats:
    """Return how much each text counts where thresholds are chosen by a site's labels.

    A label counts 1, however much it teaches: what matters is how often a threshold errs on the site's own posts.
    """
    ours = ~corpus.is_site
    return np.where(ours, MIN_OF_EACH / max(1, int((ours & corpus.in_scope).sum())), 1.0)


def _gate_calibration(
    held_out: Floats, gold_scope: Flags, is_site: Flags, *, is_own: bool
) -> tuple[Calibration, float]:
    """Return the gate's calibration, and the F1 that it reaches on real posts.

    A site's own labels, where there are enough (`is_own`), are the posts that the model will meet. Without them, the
    held-out scores of written texts are moved to the share and the vagueness of real posts.
    """
    if is_own:
        theirs = gold_scope[is_site]
        calibration = fit_calibration(held_out[is_site], theirs[:, None])
        return calibration, best_f1(held_out[is_site][:, 0], theirs)[0]
    prior_shift = float(log_odds(ASSUMED_SHARE) - log_odds(gold_scope.mean()))
    return fit_calibration(held_out, gold_scope[:, None]).shifted(prior_shift).in_the_field(FIELD), FIELD.f1


def _thresholds(
    reached: float,
    code_scores: Floats,
    gold_code: Flags,
    gold_scope: Flags,
    counts: Floats,
    code_calibration: Calibration,
    codes: tuple[str, ...],
) -> Thresholds:
    """Choose the thresholds that serve F1 best, where each text counts as much as `counts` says.

    Of calibrated scores, the gate's best threshold is half the best F1 (Lipton, Elkan, Naryanaswamy 2014). Sub-problems
    share one threshold of the linear score, at which each has its own probability: a rare one is not asked for the
    certainty of a common one. One without any example is never chosen: nothing is known of its score.
    """
    gate = reached / 2
    band = 1 / (1 + np.exp(-(log_odds(gate) + np.array([-REVIEW_MARGIN, REVIEW_MARGIN]))))
    weight = np.repeat(counts[gold_scope], len(codes))
    scores, gold = code_scores[gold_scope].ravel(), gold_code[gold_scope].ravel()
    _, common = best_f1(scores, gold, weight)
    own = code_calibration.probability(np.full((1, len(codes)), common))[0]
    own[~gold_code.any(axis=0)] = NEVER
    return Thresholds(gate, float(band[0]), float(band[1]), dict(zip(codes, map(float, own), strict=True)))


def _cross_validated(
    corpus: Corpus,
    scheme: Scheme,
    gate_scores: Floats,
    code_scores: Floats,
    unit_scores: Floats,
    codes: tuple[str, ...],
    thresholds: Thresholds,
) -> dict[str, Any]:
    """Return the figures of held-out judgements on the corpus."""
    included = gate_scores >= thresholds.gate
    chosen = choose_codes(code_scores, codes, thresholds) & included[:, None]
    texts = corpus.texts
    labels = pd.DataFrame(
        {
            "complaint_id": texts["complaint_id"],
            "in_scope": corpus.in_scope.astype(int),
            "codes": [";".join(own) for own in texts["codes"]],
            "unit": texts["unit"],
        }
    )
    scored = pd.DataFrame(
        {
            "complaint_id": texts["complaint_id"],
            "in_scope": included.astype(int),
            "scope_score": gate_scores,
            "codes": [";".join(np.array(codes)[row]) for row in chosen],
            "unit": [UNIT_KINDS[i] for i in unit_scores.argmax(axis=1)],
        }
    )
    return as_card(evaluate(labels, scored, scheme, resamples=200).summary)
