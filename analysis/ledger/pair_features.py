"""What tells whether two complaints are of the same matter, as numbers between profiles."""

from dataclasses import dataclass

import numpy as np

from analysis.ledger.grams import Codes, contains, gram_table, is_word_character, pair_codes
from analysis.ledger.likeness import KINDS, TOKENS, VIEW, Flags, Floats, Indices, Names, Profiles, by_view
from analysis.text import code_points

REPLACEMENTS = ("replaced", "lead_replaced")
"""Features of names that were replaced, in the whole and in the title."""
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
    *("topic_conflicts", "title_topic_conflicts", *REPLACEMENTS),
)
"""Features that can only speak against it."""
EITHER = ("names_missing", "topic_missing", "length_ratio")
FEATURES = (*FOR, *AGAINST, *EITHER)

_CONTAINED, _LEAD_FOUND = FEATURES.index("contained"), FEATURES.index("lead_found_more")

_ALIKE_FROM = 0.4
"""From this share of common wording on, texts are looked through for replaced names."""
_LEADS_ALIKE_FROM = 0.5
"""So much of a title is in the other complaint that a name which is not counts as replaced."""
_LEAD_WEIGHT = 5.0
"""Replaced names of this rarity in a title count as half."""
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
    features, kept = quick_features(one, other, names)
    count = len(features)
    both = Orders(Profiles.joined([one, other]))
    add_replacements(features, both, np.arange(count), np.arange(count) + count, kept, np.arange(count))
    return features


def quick_features(one: Profiles, other: Profiles, names: Names) -> tuple[Floats, Floats]:
    """Return the features as `pair_features`, with 0 for replaced names, and the weight of the names that both have."""
    compared = _Compared(one, other, names)
    columns = {**compared.wording(), **compared.named(), **compared.tokens(), **compared.topics(), **compared.leads()}
    columns["name_and_topic"] = columns["name_agrees"] * columns["topic_cosine"]
    columns["triple_and_topic"] = columns["triple_contained"] * columns["topic_cosine"]
    longer, shorter = np.maximum(one.lengths, other.lengths), np.minimum(one.lengths, other.lengths)
    columns["length_ratio"] = np.log((longer + 10) / (shorter + 10))
    columns |= dict.fromkeys(REPLACEMENTS, np.zeros(len(longer)))
    features = np.column_stack([columns[name].astype(np.float64) for name in FEATURES])
    return features, compared.shared[:, VIEW["name_triple"]]


def add_replacements(
    features: Floats, orders: "Orders", ones: Indices, others: Indices, kept: Floats, rows: Indices
) -> None:
    """Write into `features` how much of the names was replaced in some `rows`, which is slow to tell.

    Both features only speak against the same matter: pairs that are unlikely without them need not be looked at.

    Args:
        features: one row per pair, as `quick_features` returns them.
        orders: those of the profiles that are compared.
        ones: row of the one complaint of each pair in these profiles.
        others: likewise of the other complaint.
        kept: weight of the names that both have.
        rows: which pairs to look at.
    """
    alike = rows[features[rows, _CONTAINED] > _ALIKE_FROM]
    leads_alike = rows[(features[rows, _CONTAINED] > _ALIKE_FROM) | (features[rows, _LEAD_FOUND] > _LEADS_ALIKE_FROM)]
    whole, lead = (FEATURES.index(name) for name in REPLACEMENTS)
    for row in alike.tolist():
        weight = orders.replaced(int(ones[row]), int(others[row]), is_lead=False)
        features[row, whole] = weight / (weight + 0.5 * kept[row] + 1)
    for row in leads_alike.tolist():
        weight = orders.replaced(int(ones[row]), int(others[row]), is_lead=True)
        features[row, lead] = weight / (weight + _LEAD_WEIGHT)


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


@dataclass(frozen=True)
class _Order:
    """The pairs of characters of a text: in their order, sorted, and how rare the names are that they stand in."""

    codes: Codes
    ordered: Codes
    rarity: Floats


class Orders:
    """Orders of the texts of profiles; one complaint is compared with many, and its texts are read once."""

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles
        self._known: dict[tuple[int, bool], _Order] = {}

    def replaced(self, one: int, other: int, *, is_lead: bool) -> float:
        """Return how rare the names are that stand in the same place of the texts, or the leads, of two rows."""
        own, foreign = self._of(one, is_lead=is_lead), self._of(other, is_lead=is_lead)
        if np.array_equal(own.codes, foreign.codes):
            return 0.0
        runs = _unmet_runs(own, foreign)
        if not runs:
            return 0.0
        others = _unmet_runs(foreign, own)
        return sum(min(weight, others[place]) for place, weight in runs.items() if place in others)

    def _of(self, row: int, *, is_lead: bool) -> _Order:
        if (row, is_lead) not in self._known:
            codes = _codes_in_order((self._profiles.leading_texts if is_lead else self._profiles.texts)[row])
            rarity = np.maximum(gram_table().weigh(codes) - _RARE_FROM, 0) * self._profiles.is_named(row, codes)
            self._known[row, is_lead] = _Order(codes, np.sort(codes), rarity)
        return self._known[row, is_lead]


def _unmet_runs(own: _Order, foreign: _Order) -> dict[tuple[int, int], float]:
    """Return the rarity of the names in each short run of pairs that the other text has not, by the pairs around it.

    A copied complaint about another road differs in the name of the road alone.
    """
    is_met = contains(foreign.ordered, own.codes)
    turns = np.flatnonzero(is_met[1:] != is_met[:-1])
    before, last = turns[is_met[turns]], turns[~is_met[turns]]
    sums = np.concatenate([[0.0], np.cumsum(own.rarity)])
    short = last - before <= _LONGEST_RUN
    before, last = before[short], last[short]
    weights = sums[last + 1] - sums[before + 1]
    edges = zip(own.codes[before].tolist(), own.codes[last + 1].tolist(), strict=True)
    return dict(zip(edges, weights.tolist(), strict=True))


def _codes_in_order(text: str) -> Codes:
    points = code_points(text).astype(np.uint64)
    points = points[is_word_character(points)]
    return np.concatenate([_EDGE, pair_codes(points), _EDGE]) if len(points) > 1 else np.concatenate([_EDGE, _EDGE])
