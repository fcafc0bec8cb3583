"""Looks up many integer keys at once."""

from dataclasses import dataclass

import numpy as np

from analysis.classify.arrays import Indices, Places

UNKNOWN = -1
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class KeyTable:
    """Which key stands at which position of an array: open addressing, probed by whole arrays."""

    slots: Indices
    places: Places
    bits: int

    @classmethod
    def build(cls, keys: Indices) -> "KeyTable":
        """Make the table of distinct keys, none negative."""
        bits = max(4, int(len(keys) * 4).bit_length())
        slots = np.full(1 << bits, UNKNOWN, dtype=np.int64)
        places = np.full(1 << bits, UNKNOWN, dtype=np.int32)
        waiting = np.arange(len(keys))
        slot = _slot(keys, bits)
        while len(waiting):
            free = slots[slot[waiting]] == UNKNOWN
            _, first = np.unique(slot[waiting], return_index=True)
            chosen = np.zeros(len(waiting), dtype=bool)
            chosen[first] = True
            settled = waiting[free & chosen]
            slots[slot[settled]] = keys[settled]
            places[slot[settled]] = settled
            waiting = waiting[~(free & chosen)]
            taken = slots[slot[waiting]] != UNKNOWN
            slot[waiting[taken]] = (slot[waiting[taken]] + 1) & ((1 << bits) - 1)
        return cls(slots, places, bits)

    def look_up(self, keys: Indices) -> Places:
        """Return the position of each key, -1 for an unknown one."""
        slot = _slot(keys, self.bits)
        found = self.slots[slot]
        places = np.where(found == keys, self.places[slot], np.int32(UNKNOWN))
        wrong = np.flatnonzero((found != keys) & (found != UNKNOWN))
        slot = slot[wrong]
        while len(wrong):
            slot = (slot + 1) & (len(self.slots) - 1)
            found = self.slots[slot]
            hit = found == keys[wrong]
            places[wrong[hit]] = self.places[slot[hit]]
            unsettled = ~hit & (found != UNKNOWN)
            wrong, slot = wrong[unsettled], slot[unsettled]
        return places


def _slot(keys: Indices, bits: int) -> Indices:
    hashed = keys.astype(np.uint64) * _MULTIPLIER
    hashed >>= np.uint64(64 - bits)
    return hashed.view(np.int64)
