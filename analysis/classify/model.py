"""The linear models (gate, sub-problems, kinds of unit): trained with scikit-learn, applied as plain arrays."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from analysis.classify.arrays import Flags, Floats, Indices, Matrix
from analysis.classify.features import BLOCKS, FeatureSpace

ASSUMED_SHARE = 0.26
"""Share in scope that scores are calibrated to: pre-selected traffic posts; tickets of all kinds have less."""


@dataclass(frozen=True)
class FieldShift:
    """How real posts differ from written texts: log odds on them are `slope * log_odds + offset`; `f1` is reached."""

    slope: float
    offset: float
    f1: float


FIELD = FieldShift(slope=0.75, offset=0.6, f1=0.84)
"""Fitted to the half of the real labelled posts that was read (docs/judgement.md): people write vaguer than authors."""


@dataclass(frozen=True)
class BlockScales:
    """How much each feature block counts in the three models; 0 leaves a block out."""

    gate: dict[str, float]
    code: dict[str, float]
    unit: dict[str, float]


SCALES = BlockScales(
    gate={"knowledge": 1.5, "rule": 0.5, "set": 0.2, "clause": 0.2, "character": 4},
    code={"knowledge": 2.0, "rule": 0.5, "set": 0.2, "clause": 0.0, "character": 4},
    unit={"knowledge": 0.0, "rule": 0.0, "set": 0.5, "clause": 0.5, "character": 6},
)
"""Knowledge counts for more than n-grams (docs/judgement.md has the ablation)."""

GATE_C, CODE_C, UNIT_C = 0.15, 0.3, 0.3
"""Inverse strength of regularisation."""


@dataclass(frozen=True)
class LinearModel:
    """Several linear scores at once: weights of shape (features, targets), intercepts of shape (targets,)."""

    weights: Floats
    intercepts: Floats

    def score(self, features: Matrix) -> Floats:
        """Return the scores; shape (complaints, targets)."""
        return np.asarray(features @ self.weights + self.intercepts)


def column_scale(space: FeatureSpace, scale: dict[str, float]) -> Floats:
    """Return the scale of each feature column."""
    return np.concatenate([np.full(space.sizes[block], scale[block]) for block in BLOCKS])


def single_threaded() -> AbstractContextManager[object]:
    """Limit the numerical libraries to one thread: several add in another order, and stall where cores are shared."""
    import sklearn.linear_model  # noqa: F401 - a library loaded later would not be limited
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn

    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits


def fit_linear(
    features: Matrix,
    targets: Flags,
    scale: Floats,
    inverse_regularisation: float,
    sample_weight: Floats,
) -> LinearModel:
    """Fit one logistic regression a target; targets of shape (complaints, targets), sample_weight (complaints,).

    Both sides of a target weigh the same, however rare it is.
    A target that never (or always) occurs gets the score of its share and no weights.
    """
    from sklearn.linear_model import LogisticRegression  # takes seconds to import and only training needs it

    scaled = (features @ sparse.diags(scale)).tocsr()
    weights = np.zeros((features.shape[1], targets.shape[1]))
    intercepts = np.zeros(targets.shape[1])
    for index in range(targets.shape[1]):
        target = targets[:, index]
        if target.all() or not target.any():
            intercepts[index] = 5.0 if target.all() else -5.0
            continue
        fitted = LogisticRegression(
            C=inverse_regularisation, solver="liblinear", dual=True, tol=0.01, class_weight="balanced", random_state=0
        ).fit(scaled, target, sample_weight=sample_weight)
        weights[:, index] = fitted.coef_[0] * scale
        intercepts[index] = fitted.intercept_[0]
    return LinearModel(weights, intercepts)


@dataclass(frozen=True)
class Calibration:
    """Maps linear scores to probabilities: logistic in `slope * score + offset`, per target."""

    slope: Floats
    offset: Floats

    def probability(self, scores: Floats) -> Floats:
        """Return the probabilities; same shape as `scores`."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self.slope * scores + self.offset, -30, 30))))

    def shifted(self, by: Floats | float) -> "Calibration":
        """Move all log odds by a constant: the correction for another share."""
        return Calibration(self.slope, self.offset + by)

    def in_the_field(self, field: FieldShift) -> "Calibration":
        """Correct for the difference between real posts and written texts."""
        return Calibration(self.slope * field.slope, self.offset * field.slope + field.offset)


def fit_calibration(scores: Floats, targets: Flags) -> Calibration:
    """Fit the logistic map by held-out scores, with Platt's smoothed targets; shapes (complaints, targets)."""
    slopes, offsets = [], []
    for column in range(scores.shape[1]):
        slope, offset = _platt(scores[:, column], targets[:, column])
        slopes.append(slope)
        offsets.append(offset)
    return Calibration(np.array(slopes), np.array(offsets))


def _platt(scores: Floats, target: Flags) -> tuple[float, float]:
    positives = int(target.sum())
    wanted = np.where(target, (positives + 1) / (positives + 2), 1 / (len(target) - positives + 2))
    design = np.stack([scores, np.ones_like(scores)], axis=1)
    beta = np.array([1.0, 0.0])
    for _ in range(100):
        probability = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        hessian = design.T @ (design * (probability * (1 - probability))[:, None]) + 1e-6 * np.eye(2)
        step = np.linalg.solve(hessian, design.T @ (probability - wanted))
        beta = beta - step
        if np.abs(step).max() < 1e-10:
            break
    return float(beta[0]), float(beta[1])


def log_odds(share: npt.ArrayLike) -> Floats:
    """Return log(share / (1 - share))."""
    values = np.clip(np.asarray(share, dtype=np.float64), 1e-6, 1 - 1e-6)
    return np.log(values / (1 - values))


@dataclass(frozen=True)
class Model:
    """All that is needed to judge: features, linear models and their calibration."""

    space: FeatureSpace
    codes: tuple[str, ...]
    unit_kinds: tuple[str, ...]
    gate: LinearModel
    code: LinearModel
    unit: LinearModel
    gate_calibration: Calibration
    code_calibration: Calibration

    @cached_property
    def code_wording(self) -> Floats:
        """How much each n-gram speaks for each sub-problem where it occurs; shape (codes, n-grams)."""
        weights = self.code.weights[self.space.first_column["character"] :]
        return np.ascontiguousarray((weights * self.space.character.idf[:, None]).T)

    def scores(self, features: Matrix) -> "Scores":
        """Return the scores of a batch."""
        return Scores(self, features)


@dataclass(frozen=True)
class Scores:
    """The scores of a batch, each kind computed when it is asked for."""

    model: Model
    features: Matrix

    @cached_property
    def gate(self) -> Floats:
        """The probability of each complaint to be in scope; shape (complaints,)."""
        return self.model.gate_calibration.probability(self.model.gate.score(self.features))[:, 0]

    @cached_property
    def code(self) -> Floats:
        """The probability of each sub-problem; shape (complaints, codes)."""
        return self.code_of(np.arange(self.features.shape[0]))

    def code_of(self, rows: Indices) -> Floats:
        """Return the probability of each sub-problem for some complaints; shape (rows, codes)."""
        return self.model.code_calibration.probability(self.model.code.score(self.features[rows]))

    @cached_property
    def unit(self) -> Floats:
        """The linear score of each kind of unit; shape (complaints, kinds)."""
        return self.model.unit.score(self.features)


def best_f1(scores: Floats, target: Flags, weights: Floats | None = None) -> tuple[float, float]:
    """Return the best (weighted) F1 and its threshold, as the middle between two neighbouring scores."""
    order = np.argsort(-scores, kind="stable")
    weight = np.ones(len(scores)) if weights is None else weights
    hits = np.cumsum((target * weight)[order])
    taken = np.cumsum(weight[order])
    f1 = 2 * hits / (taken + (target * weight).sum())
    best = int(np.argmax(f1))
    ranked = scores[order]
    below = ranked[best + 1] if best + 1 < len(ranked) else ranked[best]
    return float(f1[best]), float((ranked[best] + below) / 2)


def folds(groups: Indices, count: int) -> Indices:
    """Return a fold for each complaint; those of one group share it, sizes are even, nothing is random."""
    unique, inverse, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    fold_of_group = np.zeros(len(unique), dtype=np.int64)
    load = np.zeros(count)
    for group in np.argsort(-sizes, kind="stable"):
        fold_of_group[group] = int(np.argmin(load))
        load[fold_of_group[group]] += sizes[group]
    return fold_of_group[inverse]


def near_duplicate_groups(features: Matrix, similarity: float = 0.5) -> Indices:
    """Group complaints that share much of their wording (cosine of n-grams), such as minimal pairs."""
    close = (features @ features.T) >= similarity
    return np.asarray(sparse.csgraph.connected_components(close, directed=False)[1], dtype=np.int64)
