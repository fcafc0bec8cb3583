"""Looks up many integer keys at once."""

from dataclasses import dataclass

import numpy as np

from analysis.classify.arrays import Indices

UNKNOWN = -1
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class KeyTable:
    """Which key stands at which position of an array: open addressing, probed by whole arrays."""

    slots: Indices
    columns: Indices
    bits: int

    @classmethod
    def build(cls, keys: Indices) -> "KeyTable":
        """Make the table of distinct keys, none negative."""
        bits = max(4, int(len(keys) * 4).bit_length())
        slots = np.full(1 << bits, UNKNOWN, dtype=np.int64)
        columns = np.full(1 << bits, UNKNOWN, dtype=np.int64)
        waiting = np.arange(len(keys))
        place = _slot(keys, bits)
        while len(waiting):
            free = slots[place[waiting]] == UNKNOWN
            _, first = np.unique(place[waiting], return_index=True)
            chosen = np.zeros(len(waiting), dtype=bool)
            chosen[first] = True
            settled = waiting[free & chosen]
            slots[place[settled]] = keys[settled]
            columns[place[settled]] = settled
            waiting = waiting[~(free & chosen)]
            taken = slots[place[waiting]] != UNKNOWN
            place[waiting[taken]] = (place[waiting[taken]] + 1) & ((1 << bits) - 1)
        return cls(slots, columns, bits)

    def look_up(self, keys: Indices) -> Indices:
        """Return the column of each key, -1 for an unknown one."""
        place = _slot(keys, self.bits)
        columns = self.columns[place]
        found = self.slots[place]
        wrong = np.flatnonzero((found != keys) & (found != UNKNOWN))
        columns[found != keys] = UNKNOWN
        while len(wrong):
            place[wrong] = (place[wrong] + 1) & (len(self.slots) - 1)
            found = self.slots[place[wrong]]
            hit = found == keys[wrong]
            columns[wrong[hit]] = self.columns[place[wrong[hit]]]
            wrong = wrong[~hit & (found != UNKNOWN)]
        return columns


def _slot(keys: Indices, bits: int) -> Indices:
    return ((keys.astype(np.uint64) * _MULTIPLIER) >> np.uint64(64 - bits)).astype(np.int64)
