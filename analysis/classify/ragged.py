"""Lists of different lengths in one array."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from analysis.classify.arrays import Indices


@dataclass(frozen=True)
class Ragged:
    """Several lists: the i-th is `values[first[i] : first[i] + count[i]]`."""

    values: Indices
    first: Indices
    count: Indices

    @classmethod
    def of(cls, number: Indices, values: Indices, list_count: int) -> Self:
        """Put each value into the list of its number; they keep their order."""
        count = np.bincount(number, minlength=list_count)
        return cls(values[np.argsort(number, kind="stable")], np.cumsum(count) - count, count)

    def taken(self, numbers: Indices) -> tuple[Indices, Indices]:
        """Return the lists of the given numbers, one after the other: for each value which of `numbers`, and itself."""
        count = self.count[numbers]
        origin = np.repeat(np.arange(len(numbers)), count)
        within = np.arange(len(origin)) - np.repeat(np.cumsum(count) - count, count)
        return origin, self.values[self.first[numbers][origin] + within]
