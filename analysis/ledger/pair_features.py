"""What tells whether two complaints are of the same matter, as numbers between profiles."""

import numpy as np

from analysis.ledger.grams import Codes, contains, gram_table, is_word_character, pair_codes
from analysis.ledger.likeness import KINDS, TOKENS, VIEW, Flags, Floats, Names, Profiles, by_view
from analysis.text import code_points

FOR = (
    *("contained", "rare_cosine", "rare_contained", "triple_shared", "triple_contained", "triple_cosine"),
    *("name_agrees", "name_cosine", "kind_agrees", *(f"{token}_agrees" for token in TOKENS)),
    *("topic_cosine", "title_topic_cosine", "lead_found_less", "lead_found_more", "lead_name_less", "lead_name_more"),
    *("name_and_topic", "triple_and_topic"),
)
"""Features that can only speak for the same matter."""
AGAINST = (
    *("rare_left", "name_conflicts", "name_left", "kind_conflicts", "kinds_conflict"),
    *(f"{token}_conflicts" for token in TOKENS),
    *("topic_conflicts", "title_topic_conflicts", "replaced", "lead_replaced"),
)
"""Features that can only speak against it."""
EITHER = ("names_missing", "topic_missing", "length_ratio")
FEATURES = (*FOR, *AGAINST, *EITHER)

_ALIKE_FROM = 0.4
"""From this share of common wording on, texts are looked through for replaced names."""
_LEADS_ALIKE_FROM = 0.5
"""So much of a title is in the other complaint that a name which is not counts as replaced."""
_RARE_FROM = 5.0
_LONGEST_RUN = 12
"""A longer stretch of other words is another sentence, not another name."""
_EDGE = np.zeros(1, dtype=np.uint64)
"""Stands before the first and after the last pair of a text, so that a name there has two neighbours as well."""


def pair_features(one: Profiles, other: Profiles, names: Names) -> Floats:
    """Return the features of each complaint of `one` with the one of `other` in the same row.

    Returns:
        Shape (rows, FEATURES), in their order.
    """
    compared = _Compared(one, other, names)
    columns = {**compared.wording(), **compared.named(), **compared.tokens(), **compared.topics(), **compared.leads()}
    columns["name_and_topic"] = columns["name_agrees"] * columns["topic_cosine"]
    columns["triple_and_topic"] = columns["triple_contained"] * columns["topic_cosine"]
    longer, shorter = np.maximum(one.lengths, other.lengths), np.minimum(one.lengths, other.lengths)
    columns["length_ratio"] = np.log((longer + 10) / (shorter + 10))
    alike = columns["contained"] > _ALIKE_FROM
    kept = 0.5 * compared.shared[:, VIEW["name_triple"]] + 1
    columns["replaced"] = _replacements(alike, one, other, kept, leading=False)
    alike |= columns["lead_found_more"] > _LEADS_ALIKE_FROM
    columns["lead_replaced"] = _replacements(alike, one, other, np.full(len(alike), 5.0), leading=True)
    return np.column_stack([columns[name].astype(np.float64) for name in FEATURES])


class _Compared:
    """What two complaints have in common, view by view."""

    def __init__(self, one: Profiles, other: Profiles, names: Names) -> None:
        self._one, self._other, self._present_from = one, other, names.present_from
        self.shared = by_view(one.marks.multiply(other.marks))
        self._less = np.minimum(one.totals, other.totals)
        self._cosine = self.shared / np.maximum(np.sqrt(one.totals * other.totals), 1e-9)
        self._contained = np.minimum(self.shared / np.maximum(self._less, 1e-9), 1)
        self._both = self._less >= names.present_from

    def wording(self) -> dict[str, Floats]:
        rare, triple = VIEW["rare"], VIEW["triple"]
        return {
            "contained": self._contained[:, VIEW["full"]],
            "rare_cosine": np.sqrt(self._cosine[:, rare]),
            "rare_contained": np.sqrt(self._contained[:, rare]),
            "rare_left": self._left("rare"),
            "triple_shared": np.log1p(self.shared[:, triple]),
            "triple_contained": np.sqrt(self._contained[:, triple]),
            "triple_cosine": np.sqrt(self._cosine[:, triple]),
        }

    def named(self) -> dict[str, Floats]:
        name, kinds = VIEW["name"], [VIEW[kind] for kind in KINDS]
        both = self._both[:, name]
        conflicts = self._both[:, kinds] * (1 - self._contained[:, kinds]) ** 2
        return {
            "name_agrees": both * self._contained[:, name],
            "name_conflicts": both * (1 - self._contained[:, name]) ** 2,
            "name_cosine": self._cosine[:, name],
            "name_left": self._left("name"),
            "names_missing": 1.0 - both,
            "kind_agrees": (self._both[:, kinds] * self._contained[:, kinds]).max(axis=1),
            "kind_conflicts": conflicts.max(axis=1),
            "kinds_conflict": conflicts.sum(axis=1),
        }

    def tokens(self) -> dict[str, Floats]:
        out: dict[str, Floats] = {}
        for token in TOKENS:
            have, shared = self._less[:, VIEW[token]] > 0, self.shared[:, VIEW[token]] > 0
            out[f"{token}_agrees"] = (have & shared).astype(np.float64)
            out[f"{token}_conflicts"] = (have & ~shared).astype(np.float64)
        return out

    def topics(self) -> dict[str, Floats]:
        out: dict[str, Floats] = {}
        for view in ("topic", "title_topic"):
            have: Flags = self._less[:, VIEW[view]] > 0
            out[f"{view}_cosine"] = have * self._cosine[:, VIEW[view]]
            out[f"{view}_conflicts"] = (have & (self._cosine[:, VIEW[view]] < 0.1)).astype(np.float64)
        out["topic_missing"] = (self._less[:, VIEW["topic"]] <= 0).astype(np.float64)
        return out

    def leads(self) -> dict[str, Floats]:
        """Say how much of what one begins with is anywhere in the other."""
        rare, name = VIEW["rare"], VIEW["name"]
        found, named = [], []
        for led, whole in ((self._one, self._other), (self._other, self._one)):
            own, met = by_view(led.leads.multiply(led.leads)), by_view(led.leads.multiply(whole.marks))
            found.append((met[:, rare] + 1) / (own[:, rare] + 2))
            share = met[:, name] / np.maximum(own[:, name], 1e-9)
            named.append(np.where(own[:, name] >= self._present_from, share, 0.5))
        return {
            "lead_found_less": np.minimum(*found),
            "lead_found_more": np.maximum(*found),
            "lead_name_less": np.minimum(*named),
            "lead_name_more": np.maximum(*named),
        }

    def _left(self, view: str) -> Floats:
        """Return the share of a view of the poorer complaint that the other has not."""
        less = self._less[:, VIEW[view]]
        return np.maximum(less - self.shared[:, VIEW[view]], 0) / np.maximum(less, 5)


def _replacements(alike: Flags, one: Profiles, other: Profiles, against: Floats, *, leading: bool) -> Floats:
    """Return the weight of replaced names as a share of it and of what stands `against` it; 0 where not `alike`."""
    out = np.zeros(len(alike))
    for row in np.flatnonzero(alike):
        own, foreign = (_ordered_codes((p.leading_texts if leading else p.texts)[row]) for p in (one, other))
        runs = _unmet_runs(own, foreign, one.is_named(int(row), own))
        others = _unmet_runs(foreign, own, other.is_named(int(row), foreign))
        weight = sum(min(weight, others[place]) for place, weight in runs.items() if place in others)
        out[row] = weight / (weight + against[row])
    return out


def _unmet_runs(own: Codes, foreign: Codes, is_named: Flags) -> dict[tuple[int, int], float]:
    """Return the rarity of the names in each short run of pairs that the other text has not, by the pairs around it.

    A copied complaint about another road differs in the name of the road alone.
    """
    is_met = contains(np.sort(foreign), own)
    turns = np.flatnonzero(is_met[1:] != is_met[:-1])
    before, last = turns[is_met[turns]], turns[~is_met[turns]]
    rarity = np.maximum(gram_table().weigh(own) - _RARE_FROM, 0) * is_named
    sums = np.concatenate([[0.0], np.cumsum(rarity)])
    return {
        (int(own[b]), int(own[e + 1])): float(sums[e + 1] - sums[b + 1])
        for b, e in zip(before, last, strict=True)
        if e - b <= _LONGEST_RUN
    }


def _ordered_codes(text: str) -> Codes:
    points = code_points(text).astype(np.uint64)
    points = points[is_word_character(points)]
    return np.concatenate([_EDGE, pair_codes(points), _EDGE]) if len(points) > 1 else np.concatenate([_EDGE, _EDGE])
