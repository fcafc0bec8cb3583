"""How likely it is that two complaints are of the same matter: two logistic models, whose weights are data."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, field_validator

from analysis.codebook import Review, read_codebook
from analysis.ledger.likeness import Floats, Indices, Profiles, Reader, load_reader
from analysis.ledger.pair_features import AGAINST, FEATURES, FOR, Orders, add_replacements, quick_features

_CONTAINED = FEATURES.index("contained")
_SCORED_AT_ONCE = 4000


class Model(BaseModel):
    """A constant, and the weights of the features that count."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    constant: float
    weights: dict[str, float]

    @field_validator("weights")
    @classmethod
    def _are_sensible(cls, weights: dict[str, float]) -> dict[str, float]:
        for feature, weight in weights.items():
            if feature not in FEATURES:
                raise ValueError(f"没有特征 {feature}")
            if (feature in FOR and weight < 0) or (feature in AGAINST and weight > 0):
                raise ValueError(f"特征 {feature} 的权重方向反了")
        return weights

    def log_odds(self, features: Floats) -> Floats:
        """Return the log-odds of «same matter» for each row of features."""
        weights = np.array([self.weights.get(name, 0.0) for name in FEATURES])
        return np.asarray(features @ weights + self.constant)


class WeightBook(BaseModel):
    """`same_matter_weights.toml`: retold and copied complaints are weighed apart, with a passage between."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    copied_from: float
    passage: float
    retold: Model
    copied: Model

    def likelihood(self, features: Floats) -> Floats:
        """Return the likelihood of «same matter» for each row of features."""
        low, high = self.copied_from - self.passage, self.copied_from + self.passage
        share = np.clip((features[:, _CONTAINED] - low) / (high - low), 0, 1)
        odds = (1 - share) * self.retold.log_odds(features) + share * self.copied.log_odds(features)
        return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))


@dataclass(frozen=True)
class Judge:
    """Reads complaints, and says of pairs how likely they are of the same matter."""

    reader: Reader
    weights: WeightBook

    def likelihoods(self, profiles: Profiles, ones: Indices, others: Indices, least: float = 0.0) -> Floats:
        """Return the likelihood of each pair of rows of `profiles`; below `least` it may be told too high."""
        out, orders = np.zeros(len(ones)), Orders(profiles)
        for start in range(0, len(ones), _SCORED_AT_ONCE):
            part = slice(start, start + _SCORED_AT_ONCE)
            pair = profiles.rows(ones[part]), profiles.rows(others[part])
            features, kept = quick_features(*pair, self.reader.names)
            likely = np.flatnonzero(self.weights.likelihood(features) >= least)
            add_replacements(features, orders, ones[part], others[part], kept, likely)
            out[part] = self.weights.likelihood(features)
        return out


def load_judge(directory: Path | None = None) -> Judge:
    """Load words and weights: the site's own files in `directory`, else the shipped ones.

    Raises:
        SettingsError: a file is wrong, or a weight is of no feature or against its sense.
    """
    return Judge(load_reader(directory), read_codebook("same_matter_weights.toml", WeightBook, directory))
