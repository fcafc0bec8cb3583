"""Keys by which complaints of one matter find each other, and the candidates that they give: no complaint meets all."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.ledger.grams import Codes
from analysis.ledger.likeness import Floats, Indices, Profiles, marks_of

TIMELESS = -1
"""The epoch of a complaint without a time of receipt."""
OWN_KEY = 0
"""The key of a complaint's entry of its own, which no other one looks up."""

_NAMED_RUNS, _RUNS, _LEADING_RUNS, _LEADING_NAMES, _LINES = 12, 6, 8, 6, 4
_BANDS, _BINS = 6, 12
_HASH, _RUN, _PAIR, _LINE, _BAND = range(5)
_KIND_SHIFT = 59
_MARK = np.uint64((1 << 27) - 1)
"""The part of a column that tells what was seen: whether within a name or the title is all one for a key."""
_MULTIPLIER = np.uint64(0xD6E8FEB86659FD93)
_LOOKED_UP_AT_ONCE = 2000


@dataclass(frozen=True)
class Bounds:
    """What keeps the number of comparisons in proportion to that of complaints.

    per_bucket: how many complaints of one epoch a key leads to, the first ones. candidates: how many are compared.
    """

    window_days: int
    epochs_per_window: int
    per_bucket: int
    candidates: int

    def epochs(self, days: Floats) -> Indices:
        """Return the epoch of each day; that of a missing one is `TIMELESS`."""
        epochs = np.floor(days * self.epochs_per_window / self.window_days)
        return np.where(np.isnan(days), TIMELESS, epochs).astype(np.int64)


def keys_of(profiles: Profiles) -> tuple[Indices, Indices]:
    """Return row and key of every key of complaints, each once in a row.

    Keys are: some of the rare runs of three characters and of those in the title, rare pairs of names in the title,
    numbers of lines with what the complaint is about, and bands of one-permutation MinHash of all pairs.
    """
    parts = [
        _fewest(_RUN, *marks_of(profiles.marks, "name_triple"), _NAMED_RUNS),
        _fewest(_RUN, *marks_of(profiles.marks, "triple"), _RUNS),
        _fewest(_RUN, *marks_of(profiles.leads, "triple"), _LEADING_RUNS),
        _fewest(_PAIR, *marks_of(profiles.leads, "name"), _LEADING_NAMES),
        _lines(profiles),
        _bands(profiles),
    ]
    rows = np.concatenate([r for r, _ in parts])
    keys = np.concatenate([k for _, k in parts])
    order = np.lexsort((keys, rows))
    rows, keys = rows[order], keys[order]
    is_first = np.ones(len(rows), dtype=bool)
    is_first[1:] = (rows[1:] != rows[:-1]) | (keys[1:] != keys[:-1])
    return rows[is_first], keys[is_first]


def _key(kind: int, codes: Codes) -> Indices:
    """Return positive numbers that hold the kind of key and a hash of what it stands for."""
    hashed = (codes * _MULTIPLIER) ^ (codes * _MULTIPLIER >> np.uint64(29))
    return ((hashed * _MULTIPLIER) >> np.uint64(5) | np.uint64(kind << _KIND_SHIFT)).astype(np.int64)


def _fewest(kind: int, rows: Indices, columns: Indices, count: int) -> tuple[Indices, Indices]:
    """Return for each row the `count` keys with the smallest hashes: complaints with the same marks choose alike."""
    keys = _key(kind, columns.astype(np.uint64) & _MARK)
    order = np.lexsort((keys, rows))
    rows, keys = rows[order], keys[order]
    start = np.searchsorted(rows, rows, side="left")
    kept = np.arange(len(rows)) - start < count
    return rows[kept], keys[kept]


def _lines(profiles: Profiles) -> tuple[Indices, Indices]:
    line_rows, lines = marks_of(profiles.marks, "line")
    topic_rows, topics = marks_of(profiles.marks, "topic")
    told = pd.DataFrame({"row": topic_rows, "topic": topics})
    pairs = pd.DataFrame({"row": line_rows, "line": lines}).merge(told, on="row")
    codes = pairs["line"].to_numpy(np.uint64) << np.uint64(31) | pairs["topic"].to_numpy(np.uint64)
    rows, keys = pairs["row"].to_numpy(np.int64), _key(_LINE, codes)
    order = np.lexsort((keys, rows))
    rows, keys = rows[order], keys[order]
    kept = np.arange(len(rows)) - np.searchsorted(rows, rows, side="left") < _LINES
    return rows[kept], keys[kept]


def _bands(profiles: Profiles) -> tuple[Indices, Indices]:
    """Return bands of the smallest hash in each bin; a row with an empty bin in a band has no key of it."""
    rows, columns = marks_of(profiles.marks, "full")
    hashed = _key(_HASH, columns.astype(np.uint64))
    smallest = np.full((len(profiles.lengths), _BINS), np.iinfo(np.int64).max)
    np.minimum.at(smallest, (rows, hashed % _BINS), hashed)
    out_rows, out_keys = [], []
    width = _BINS // _BANDS
    for band in range(_BANDS):
        bins = smallest[:, band * width : (band + 1) * width]
        whole = np.flatnonzero((bins < np.iinfo(np.int64).max).all(axis=1))
        code = np.full(len(whole), band, dtype=np.uint64)
        for column in bins[whole].T:
            code = code * np.uint64(0x9E3779B97F4A7C15) + column.astype(np.uint64)
        out_rows.append(whole)
        out_keys.append(_key(_BAND, code))
    return np.concatenate(out_rows), np.concatenate(out_keys)


def within_buckets(entries: pd.DataFrame, bounds: Bounds) -> pd.DataFrame:
    """Return the entries that a look-up may find: the first ones of each key and epoch, by sequence."""
    ordered = entries.sort_values(["key", "epoch", "sequence"], kind="stable")
    place = ordered.groupby(["key", "epoch"], sort=False).cumcount()
    return ordered[place < bounds.per_bucket]


def candidates(new: pd.DataFrame, entries: pd.DataFrame, days: "pd.Series[float]", bounds: Bounds) -> pd.DataFrame:
    """Return the earlier complaints that each new one is compared with.

    Args:
        new: sequence, key, epoch of the complaints that look up, ordered by sequence.
        entries: the same columns of those that can be found: the result of `within_buckets`.
        days: time of receipt in days by sequence; NaN where it is missing.
        bounds: window and number of candidates.

    Returns:
        new, old: sequences, `old` the smaller one; ordered by `new`, the best candidates first.
    """
    reach = bounds.epochs_per_window
    key = entries["key"].to_numpy(np.int64)
    epoch = entries["epoch"].to_numpy(np.int64)
    sequence = entries["sequence"].to_numpy(np.int64)
    entry_days = days.reindex(sequence).to_numpy(np.float64)
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if len(key) else np.zeros(0, dtype=np.int64)
    unique, ends = key[starts], np.append(starts[1:], len(key))
    found = []
    looking = new["sequence"].to_numpy(np.int64)
    lookers = np.unique(looking)
    for first in range(0, len(lookers), _LOOKED_UP_AT_ONCE):
        wanted = lookers[first : first + _LOOKED_UP_AT_ONCE]
        part = slice(np.searchsorted(looking, wanted[0], "left"), np.searchsorted(looking, wanted[-1], "right"))
        own, own_key, own_epoch = (new[c].to_numpy(np.int64)[part] for c in ("sequence", "key", "epoch"))
        place = np.minimum(np.searchsorted(unique, own_key), max(len(unique) - 1, 0))
        hit = unique[place] == own_key if len(unique) else np.zeros(len(own), dtype=bool)
        place, own, own_epoch = place[hit], own[hit], own_epoch[hit]
        count = ends[place] - starts[place]
        old = np.repeat(starts[place], count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        who, when = np.repeat(own, count), np.repeat(own_epoch, count)
        is_near = (epoch[old] == TIMELESS) | (when == TIMELESS) | (np.abs(epoch[old] - when) <= reach)
        kept = (sequence[old] < who) & is_near
        who, old = who[kept], old[kept]
        far = np.abs(days.reindex(who).to_numpy(np.float64) - entry_days[old]) > bounds.window_days
        found.append(_most_met(who[~far], sequence[old[~far]], bounds.candidates))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame({"new": [], "old": []}, dtype=np.int64)


def _most_met(new: Indices, old: Indices, count: int) -> pd.DataFrame:
    """Return for each `new` the `count` ones of `old` that it meets by most keys, the earlier first among equals."""
    order = np.lexsort((old, new))
    new, old = new[order], old[order]
    first = np.flatnonzero(np.r_[True, (new[1:] != new[:-1]) | (old[1:] != old[:-1])]) if len(new) else order
    times = np.diff(first, append=len(new))
    new, old = new[first], old[first]
    order = np.lexsort((old, -times, new))
    new, old = new[order], old[order]
    kept = np.arange(len(new)) - np.searchsorted(new, new, side="left") < count
    return pd.DataFrame({"new": new[kept], "old": old[kept]})
