"""Groups complaints of one and the same matter: one place or object and one problem, whoever reports it.

What a complaint joins depends only on itself and on those taken before it, so that any division of the same order
into nights gives the same matters. Matters keep their ids; the decisions of people stand above likelihood.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.contracts import COMPLAINT_MATTERS, MATTER_KEYS, empty_frame
from analysis.ledger.grams import contains
from analysis.ledger.likelihood import Judge
from analysis.ledger.likeness import Floats, Indices, Profiles
from analysis.ledger.matter_keys import OWN_KEY, TIMELESS, Bounds, candidates, keys_of, within_buckets
from analysis.progress import Progress, no_progress


@dataclass(frozen=True)
class SameMatter:
    """When two complaints count as the same matter.

    likelihood: from this one on they do. canonical_likelihood: the least one with the first complaint of the matter,
    so that a vague complaint does not chain two matters.
    """

    likelihood: float
    canonical_likelihood: float
    bounds: Bounds
    judge: Judge


def _no_holds() -> pd.DataFrame:
    return pd.DataFrame({"complaint_id": [], "matter_id": []}, dtype=object)


def _no_pairs() -> pd.DataFrame:
    return pd.DataFrame({"complaint_id": [], "other_complaint_id": []}, dtype=object)


@dataclass(frozen=True)
class Constraints:
    """What people have decided about matters; it holds for ever.

    holds: complaint_id, matter_id: the complaint belongs there, wherever else it was or would be put. apart:
    complaint_id, other_complaint_id: the two are never of the same matter.
    """

    holds: pd.DataFrame = field(default_factory=_no_holds)
    apart: pd.DataFrame = field(default_factory=_no_pairs)


def _no_entries(_keys: pd.DataFrame) -> pd.DataFrame:
    return empty_frame(MATTER_KEYS).assign(received_at=pd.Series(dtype="datetime64[us]"))


def _no_complaints(_ids: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in ("complaint_id", "title", "text", "matter_id")}, dtype=object)


@dataclass(frozen=True)
class Known:
    """What is known of complaints that were taken earlier, loaded only where it is needed.

    entries: for a frame of key and epoch, the entries of MATTER_KEYS with such a key that are near enough in epoch,
    with received_at. complaints: for a frame of complaint_id, also their title, text and matter_id. profiles: those of
    the complaints so loaded, where they are at hand; else they are read anew. next_sequence: the first free number in
    the order of taking.
    """

    entries: Callable[[pd.DataFrame], pd.DataFrame] = _no_entries
    complaints: Callable[[pd.DataFrame], pd.DataFrame] = _no_complaints
    profiles: Callable[[pd.DataFrame], Profiles] | None = None
    next_sequence: int = 1


@dataclass(frozen=True)
class Grouped:
    """Where new complaints belong, and by what later ones find them.

    members: the columns of COMPLAINT_MATTERS less run_id, a row for each complaint that had no matter. entries: those
    of MATTER_KEYS less run_id. profiles: those of the complaints of this time.
    """

    members: pd.DataFrame
    entries: pd.DataFrame
    profiles: Profiles


def group(
    complaints: pd.DataFrame, rule: SameMatter, known: Known | None = None, constraints: Constraints | None = None
) -> Grouped:
    """Give each complaint without a matter that of the likeliest earlier one, or a matter of its own.

    Args:
        complaints: complaint_id, title, text, received_at (may be missing: compared with all), matter_id (may be
            missing; None where there is none yet), in the order in which they are to be taken.
        rule: likelihoods, window and bounds.
        known: complaints taken earlier.
        constraints: decisions of people. The matter of a complaint that has one already is not written anew here, but
            later ones join it where it is held.
    """
    known, constraints = known or Known(), constraints or Constraints()
    complaints = complaints.reset_index(drop=True)
    profiles = rule.judge.reader.read(complaints["title"].tolist(), complaints["text"].tolist())
    rows, keys = keys_of(profiles)
    days = _days(complaints)
    looking = pd.DataFrame(
        {"sequence": rows + known.next_sequence, "key": keys, "epoch": rule.bounds.epochs(days)[rows]}
    )
    found = known.entries(looking[["key", "epoch"]].drop_duplicates())
    own = looking.assign(complaint_id=complaints["complaint_id"].to_numpy(dtype=object)[rows])
    entries = within_buckets(pd.concat([found[own.columns], own], ignore_index=True), rule.bounds)
    numbers = np.arange(len(complaints)) + known.next_sequence
    day_of = pd.concat([pd.Series(_days(found), found["sequence"]), pd.Series(days, numbers)])
    pairs = candidates(looking, entries, day_of[~day_of.index.duplicated()], rule.bounds)
    id_of = pd.concat(
        [found.set_index("sequence")["complaint_id"], pd.Series(complaints["complaint_id"].to_numpy(), numbers)]
    )
    id_of = id_of[~id_of.index.duplicated()]
    pool = _Pool(complaints, profiles, rule, known, constraints)
    pool.load(id_of.reindex(pairs["old"][pairs["old"] < known.next_sequence].unique()))
    ones = pairs["new"].to_numpy(np.int64) - known.next_sequence
    others = pool.rows_of(id_of.reindex(pairs["old"]))
    members = pool.assign(ones, others)
    fresh = entries[entries["sequence"] >= known.next_sequence]
    return Grouped(members, _with_own_keys(fresh, complaints, numbers), profiles)


def group_all(
    complaints: pd.DataFrame, rule: SameMatter, at_once: int, progress: Progress = no_progress
) -> pd.DataFrame:
    """Group complaints of which none has a matter yet, `at_once` at a time to spare memory.

    Args:
        complaints: see `group`.
        rule: see `group`.
        at_once: how many are taken at a time; the result does not depend on it.
        progress: told how many are grouped.

    Returns:
        The members, as `group` returns them.
    """
    memory, members = _Memory(complaints), []
    for start in range(0, max(len(complaints), 1), at_once):
        progress("归并诉求", start, len(complaints))
        grouped = group(complaints.iloc[start : start + at_once], rule, memory.known(start + 1))
        memory.keep(grouped)
        members.append(grouped.members)
    progress("归并诉求", len(complaints), len(complaints))
    return pd.concat(members, ignore_index=True)


class _Memory:
    """What is known of a table's complaints that were taken already."""

    def __init__(self, complaints: pd.DataFrame) -> None:
        self._complaints = complaints.assign(matter_id=None).set_index("complaint_id")
        self._entries = empty_frame(MATTER_KEYS).drop(columns="run_id")
        self._place = {complaint_id: place for place, complaint_id in enumerate(complaints["complaint_id"])}
        self._profiles: list[Profiles] = []

    def known(self, next_sequence: int) -> Known:
        return Known(self._entries_of, self._complaints_of, self._profiles_of, next_sequence)

    def keep(self, grouped: Grouped) -> None:
        fresh = grouped.entries[grouped.entries["key"] != OWN_KEY]
        self._entries = pd.concat([self._entries, fresh], ignore_index=True)
        self._profiles.append(grouped.profiles)
        placed = grouped.members.set_index("complaint_id")["matter_id"]
        self._complaints.loc[placed.index, "matter_id"] = placed

    def _entries_of(self, wanted: pd.DataFrame) -> pd.DataFrame:
        keys = np.unique(wanted["key"].to_numpy(np.int64))
        found = self._entries[contains(keys, self._entries["key"].to_numpy(np.int64))]
        if "received_at" not in self._complaints:
            return found.assign(received_at=pd.Series(pd.NaT, index=found.index, dtype="datetime64[us]"))
        return found.assign(received_at=self._complaints["received_at"].reindex(found["complaint_id"]).to_numpy())

    def _complaints_of(self, wanted: pd.DataFrame) -> pd.DataFrame:
        return self._complaints.loc[wanted["complaint_id"], ["title", "text", "matter_id"]].reset_index()

    def _profiles_of(self, wanted: pd.DataFrame) -> Profiles:
        places = np.array([self._place[i] for i in wanted["complaint_id"]], dtype=np.int64)
        ends = np.cumsum([len(p.lengths) for p in self._profiles])
        part = np.searchsorted(ends, places, side="right")
        starts = np.concatenate([[0], ends[:-1]])
        found = [p.rows(places[part == n] - starts[n]) for n, p in enumerate(self._profiles)]
        return Profiles.joined(found).rows(np.argsort(np.argsort(part, kind="stable"), kind="stable"))


class _Pool:
    """The complaints of this time and the earlier ones that they may join, and who belongs where."""

    def __init__(
        self, complaints: pd.DataFrame, profiles: Profiles, rule: SameMatter, known: Known, constraints: Constraints
    ) -> None:
        self._profiles, self._rule, self._known = [profiles], rule, known
        self._ids: list[str] = complaints["complaint_id"].tolist()
        self._row = {complaint_id: row for row, complaint_id in enumerate(self._ids)}
        self._new = len(self._ids)
        self._holds: dict[str, str] = dict(
            zip(constraints.holds["complaint_id"], constraints.holds["matter_id"], strict=True)
        )
        self._apart = _partners(constraints.apart)
        matters = complaints["matter_id"] if "matter_id" in complaints else pd.Series([None] * self._new)
        self._given = matters.astype(object).where(matters.notna(), None).tolist()
        self._likely: dict[tuple[int, int], float] = {}
        self._matters: list[str | None] = [self._holds.get(i, m) for i, m in zip(self._ids, self._given, strict=True)]

    def load(self, complaint_ids: "pd.Series[str]") -> None:
        """Load earlier complaints, the first ones of their matters, and those kept apart from complaints of now."""
        first = self._add(complaint_ids.tolist())
        canonical = [m.removeprefix("M-") for m in first if m is not None]
        apart = [other for row in range(self._new) for other in self._apart.get(self._ids[row], ())]
        self._add([*canonical, *apart])

    def _add(self, complaint_ids: list[str]) -> list[str | None]:
        wanted = pd.DataFrame(
            {"complaint_id": [i for i in dict.fromkeys(complaint_ids) if i not in self._row]}, dtype=object
        )
        if wanted.empty:
            return []
        loaded = self._known.complaints(wanted)
        matters = [self._holds.get(i, m) for i, m in zip(loaded["complaint_id"], loaded["matter_id"], strict=True)]
        for complaint_id, matter in zip(loaded["complaint_id"], matters, strict=True):
            self._row[complaint_id] = len(self._ids)
            self._ids.append(complaint_id)
            self._matters.append(matter)
        if self._known.profiles is None:
            self._profiles.append(self._rule.judge.reader.read(loaded["title"].tolist(), loaded["text"].tolist()))
        else:
            self._profiles.append(self._known.profiles(loaded))
        return matters

    def _likelihoods(self, ones: Indices, others: Indices) -> Floats:
        if len(self._profiles) > 1:
            self._profiles = [Profiles.joined(self._profiles)]
        least = min(self._rule.likelihood, self._rule.canonical_likelihood)
        return self._rule.judge.likelihoods(self._profiles[0], ones, others, least)

    def _remember(self, ones: Indices, others: Indices, likelihood: Floats) -> None:
        self._likely.update(zip(zip(ones.tolist(), others.tolist(), strict=True), likelihood.tolist(), strict=True))

    def _compare_with_first(self, ones: Indices, others: Indices) -> None:
        """Compare each of `ones` with the first complaints of the matters it may join: all at once, which is faster."""
        pairs = {
            (one, self._row[str(self._matters[other]).removeprefix("M-")])
            for one, other in zip(ones.tolist(), others.tolist(), strict=True)
            if self._matters[other] is not None and str(self._matters[other]).removeprefix("M-") in self._row
        }
        missing = np.array(sorted(pairs - self._likely.keys()), dtype=np.int64).reshape(-1, 2)
        self._remember(missing[:, 0], missing[:, 1], self._likelihoods(missing[:, 0], missing[:, 1]))

    def _likelihood(self, one: int, other: int) -> float:
        if (one, other) not in self._likely:
            pair = np.array([one]), np.array([other])
            self._remember(*pair, self._likelihoods(*pair))
        return self._likely[one, other]

    def rows_of(self, complaint_ids: "pd.Series[str]") -> Indices:
        """Return the row of each complaint in the pool, -1 where it is gone from the ledger."""
        return np.array([self._row.get(i, -1) for i in complaint_ids], dtype=np.int64)

    def assign(self, ones: Indices, others: Indices) -> pd.DataFrame:
        """Decide in order for each complaint without a matter; `others` are the candidates of `ones`."""
        there = others >= 0
        ones, others = ones[there], others[there]
        wanted = np.array([m is None for m in self._matters[: self._new]], dtype=bool)[ones]
        ones, others = ones[wanted], others[wanted]
        likelihood = self._likelihoods(ones, others)
        self._remember(ones, others, likelihood)
        near = likelihood >= self._rule.likelihood
        ones, others, likelihood = ones[near], others[near], likelihood[near]
        self._compare_with_first(ones, others)
        order = np.lexsort((np.arange(len(ones)), -likelihood, ones))
        starts = np.searchsorted(ones[order], np.arange(self._new + 1))
        members: dict[str, set[str]] = {}
        for complaint_id, matter in zip(self._ids, self._matters, strict=True):
            if matter is not None:
                members.setdefault(matter, set()).add(complaint_id)
        out: list[tuple[Any, ...]] = []
        for row in range(self._new):
            if self._given[row] is not None:
                continue
            choice = order[starts[row] : starts[row + 1]]
            match = (
                None
                if self._matters[row] is not None
                else self._match(row, others[choice], likelihood[choice], members)
            )
            matter = self._matters[row] or (self._matters[match[0]] if match else f"M-{self._ids[row]}")
            self._matters[row] = matter
            members.setdefault(str(matter), set()).add(self._ids[row])
            other, how_likely = (self._ids[match[0]], match[1]) if match else (None, None)
            out.append((self._ids[row], matter, other, how_likely))
        columns = [c for c in COMPLAINT_MATTERS.column_names if c != "run_id"]
        return pd.DataFrame(out, columns=columns)

    def _match(
        self, row: int, others: Indices, likelihood: Floats, members: dict[str, set[str]]
    ) -> tuple[int, float] | None:
        """Return the likeliest complaint whose matter `row` may join."""
        refused: set[str] = set()
        for other, how_likely in zip(others, likelihood, strict=True):
            matter = self._matters[other]
            if matter is None or matter in refused:
                continue
            if self._may_join(row, int(other), matter, members):
                return int(other), float(how_likely)
            refused.add(matter)
        return None

    def _may_join(self, row: int, other: int, matter: str, members: dict[str, set[str]]) -> bool:
        if self._apart.get(self._ids[row], frozenset()) & members.get(matter, set()):
            return False
        canonical = self._row.get(matter.removeprefix("M-"), other)
        if canonical == other or self._matters[canonical] != matter:
            return True
        return self._likelihood(row, canonical) >= self._rule.canonical_likelihood


def _partners(apart: pd.DataFrame) -> dict[str, frozenset[str]]:
    partners: dict[str, set[str]] = {}
    for one, other in zip(apart["complaint_id"], apart["other_complaint_id"], strict=True):
        partners.setdefault(one, set()).add(other)
        partners.setdefault(other, set()).add(one)
    return {complaint_id: frozenset(others) for complaint_id, others in partners.items()}


def _with_own_keys(entries: pd.DataFrame, complaints: pd.DataFrame, numbers: Indices) -> pd.DataFrame:
    """Return the entries, and one more for each complaint, which says that it was taken and when in the order."""
    own = pd.DataFrame(
        {"complaint_id": complaints["complaint_id"], "key": OWN_KEY, "epoch": TIMELESS, "sequence": numbers}
    )
    columns = [c for c in MATTER_KEYS.column_names if c != "run_id"]
    return pd.concat([own, entries], ignore_index=True)[columns].sort_values(["sequence", "key"], ignore_index=True)


def _days(complaints: pd.DataFrame) -> Floats:
    """Return the time of each complaint in days, NaN where it is missing."""
    if "received_at" not in complaints:
        return np.full(len(complaints), np.nan)
    since = pd.to_datetime(complaints["received_at"]) - pd.Timestamp("2000-01-01")
    return np.asarray(since.dt.total_seconds() / 86400, dtype=np.float64)
