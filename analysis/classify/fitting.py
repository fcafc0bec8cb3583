"""Fits gate, sub-problems and kinds of unit to a corpus, with calibration and thresholds from held-out scores."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.classify.arrays import Flags, Floats, Matrix
from analysis.classify.decide import Thresholds, choose_codes
from analysis.classify.evaluate import as_card, evaluate
from analysis.classify.features import FeatureSpace
from analysis.classify.model import (
    ASSUMED_SHARE,
    CODE_C,
    GATE_C,
    UNIT_C,
    BlockScales,
    LinearModel,
    Model,
    column_scale,
    f1_threshold,
    fit_calibration,
    fit_linear,
    folds,
    log_odds,
    near_duplicate_groups,
)
from analysis.classify.training_texts import Corpus
from analysis.codebook.scheme import Scheme
from analysis.contracts import UNIT_KINDS

FOLDS = 5
REVIEW_MARGIN = 1.5
"""How far from the threshold, in log odds, a score is left to a human."""


def fit(
    features: Matrix, space: FeatureSpace, corpus: Corpus, scheme: Scheme, scales: BlockScales
) -> tuple[Model, Thresholds, dict[str, Any]]:
    """Return the fitted model, its thresholds, and the figures of held-out judgements on the corpus."""
    codes = tuple(scheme.sub_problems)
    gold_scope = corpus.in_scope
    gold_code = corpus.has_code(codes)
    units = corpus.texts["unit"].to_numpy(dtype=object)
    gold_unit = np.array([[unit == kind for kind in UNIT_KINDS] for unit in units], dtype=bool)
    weight = corpus.weights
    held_out = _held_out_scores(features, space, gold_scope, gold_code, gold_unit, weight, scales)

    prior_shift = float(log_odds(ASSUMED_SHARE) - log_odds(gold_scope.mean()))
    gate_calibration = fit_calibration(held_out["gate"], gold_scope[:, None]).shifted(prior_shift)
    code_calibration = fit_calibration(held_out["code"][gold_scope], gold_code[gold_scope])
    gate_scores = gate_calibration.probability(held_out["gate"])[:, 0]
    code_scores = code_calibration.probability(held_out["code"])
    share = gold_scope.mean()
    weights = np.where(gold_scope, ASSUMED_SHARE / share, (1 - ASSUMED_SHARE) / (1 - share))
    thresholds = _thresholds(gate_scores, gold_scope, weights, code_scores, gold_code, codes)
    model = Model(
        space, codes, UNIT_KINDS,
        fit_linear(
            features, gold_scope[:, None], column_scale(space, scales.gate), GATE_C, sample_weight=weight
        ),
        fit_linear(
            features[gold_scope], gold_code[gold_scope], column_scale(space, scales.code), CODE_C,
            sample_weight=weight[gold_scope],
        ),
        _fit_unit(features[gold_scope], gold_unit[gold_scope], space, weight[gold_scope], scales),
        gate_calibration, code_calibration,
    )  # fmt: skip
    ours = ~corpus.is_site  # the same complaints for every model, so that figures can be compared
    metrics = _cross_validated(
        corpus.taken(ours), scheme, gate_scores[ours], code_scores[ours], held_out["unit"][ours], codes, thresholds
    )
    return model, thresholds, metrics


def _fit_unit(
    features: Matrix, gold_unit: Flags, space: FeatureSpace, weight: Floats, scales: BlockScales
) -> LinearModel:
    """Fit the kinds of unit as often as they occur: most complaints in doubt concern the traffic police."""
    return fit_linear(
        features, gold_unit, column_scale(space, scales.unit), UNIT_C, sample_weight=weight, is_balanced=False
    )


def _held_out_scores(
    features: Matrix,
    space: FeatureSpace,
    gold_scope: Flags,
    gold_code: Flags,
    gold_unit: Flags,
    weight: Floats,
    scales: BlockScales,
) -> dict[str, Floats]:
    """Score each complaint by models that saw neither it nor one of nearly the same wording."""
    begin = space.first_column["character"]
    groups = near_duplicate_groups(features[:, begin : begin + space.sizes["character"]])
    fold = folds(groups, FOLDS)
    scores = {
        "gate": np.zeros((len(fold), 1)),
        "code": np.zeros(gold_code.shape),
        "unit": np.zeros(gold_unit.shape),
    }
    for number in range(FOLDS):
        seen, unseen = fold != number, fold == number
        accusing = seen & gold_scope
        gate = fit_linear(
            features[seen], gold_scope[seen][:, None], column_scale(space, scales.gate), GATE_C,
            sample_weight=weight[seen],
        )  # fmt: skip
        code = fit_linear(
            features[accusing], gold_code[accusing], column_scale(space, scales.code), CODE_C,
            sample_weight=weight[accusing],
        )  # fmt: skip
        unit = _fit_unit(features[accusing], gold_unit[accusing], space, weight[accusing], scales)
        scores["gate"][unseen] = gate.score(features[unseen])
        scores["code"][unseen] = code.score(features[unseen])
        scores["unit"][unseen] = unit.score(features[unseen])
    return scores


def _thresholds(
    gate_scores: Floats,
    gold_scope: Flags,
    weights: Floats,
    code_scores: Floats,
    gold_code: Flags,
    codes: tuple[str, ...],
) -> Thresholds:
    gate = f1_threshold(gate_scores, gold_scope, weights)
    band = 1 / (1 + np.exp(-(log_odds(gate) + np.array([-REVIEW_MARGIN, REVIEW_MARGIN]))))
    judged = gate_scores >= gate
    common = f1_threshold(code_scores[judged].ravel(), gold_code[judged].ravel())
    return Thresholds(gate, float(band[0]), float(band[1]), dict.fromkeys(codes, common))


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
