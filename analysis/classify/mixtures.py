"""Posts about several matters, put together from pairs of corpus texts, so that training sees long ones too."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.classify.arrays import Flags, Indices

_SEED = 20261128


@dataclass(frozen=True)
class Mixtures:
    """Pairs of corpus rows that are joined, the first one's text before the second's; shape (mixtures,) each."""

    first: Indices
    second: Indices

    def documents(self, documents: Sequence[str]) -> list[str]:
        """Return the joined texts, each «title + newline + text» of both."""
        return [f"{documents[i]}\n{documents[j]}" for i, j in zip(self.first, self.second, strict=True)]

    def union(self, flags: Flags) -> Flags:
        """Return what holds for either part; same columns as `flags`, one row a mixture."""
        return np.asarray(flags[self.first] | flags[self.second])

    def made_of(self, chosen: Flags) -> Flags:
        """Say which mixtures are made of chosen rows alone."""
        return np.asarray(chosen[self.first] & chosen[self.second])


def mix(in_scope: Flags, count: int) -> Mixtures:
    """Pair texts: half of the pairs hold one in-scope text, the rest none; the other part is always out of scope.

    The pairs depend on nothing but the number and order of texts. A side without texts gives no pairs.
    """
    accusing, others = np.flatnonzero(in_scope), np.flatnonzero(~in_scope)
    if not len(accusing) or not len(others):
        return Mixtures(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    rng = np.random.default_rng(_SEED)
    half = count // 2
    one = np.concatenate([rng.choice(accusing, half), rng.choice(others, count - half)])
    other = rng.choice(others, count)
    is_first = rng.random(count) < 0.5
    return Mixtures(np.where(is_first, one, other), np.where(is_first, other, one))
