"""Says what a number or code is, by the word that stands before it."""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from analysis.ingest.masking.patterns import any_of
from analysis.ingest.masking.rules import MaskingRules
from analysis.ingest.masking.view import View

_WINDOW = 28
"""How many characters before a number are searched: a cue word and what connects it to the number."""

_CONNECTING_MARKS = r"""[\s:,."'“”‘’()\[\]<>=→#/\\—_、·【】「」『』《》|+;~★☎-]"""


class Cue(StrEnum):
    """What the word before a number says that the number is."""

    PHONE = "phone"
    CONTACT = "contact"
    IDENTITY = "identity"
    LICENCE = "licence"
    VEHICLE = "vehicle"
    CARD = "card"
    PASSPORT = "passport"
    BADGE = "badge"
    PLATE = "plate"
    DOCUMENT = "document"
    NUMBERED_DOCUMENT = "numbered_document"
    """A document cue that says outright that a number follows (工单编号, 决定书文号)."""


class CueFinder:
    """Finds the cue word before a position, and what cue words announce."""

    def __init__(self, words: Mapping[Cue, Iterable[str]], connectors: Iterable[str]) -> None:
        self._kinds = {word: cue for cue, group in words.items() for word in group}
        self._connectors = frozenset(connectors)
        self._cue = re.compile(any_of(self._kinds))
        self._gap = re.compile(f"(?:{any_of(self._connectors)}|{_CONNECTING_MARKS})*+")

    def before(self, view: View, position: int) -> Cue | None:
        """Return the cue whose word stands before `position` with nothing but connecting words between.

        A general word (编号) yields to a personal one that it is joined to (驾驶证编号).
        """
        window = view.lowered[max(0, position - _WINDOW) : position]
        matches = list(self._cue.finditer(window))
        if not matches:
            return None
        last = matches[-1]
        gap = window[last.end() :]
        if not self._gap.fullmatch(gap):
            return None
        cue = self._kinds[last[0]]
        if cue is not Cue.DOCUMENT:
            return cue
        if last[0] in self._connectors and len(matches) > 1 and matches[-2].end() == last.start():
            joined = self._kinds[matches[-2][0]]
            if joined is not Cue.DOCUMENT:
                return joined
        return Cue.NUMBERED_DOCUMENT if re.search("[号码编]", last[0] + gap) else cue

    def announced(self, view: View) -> list[tuple[Cue, int]]:
        """Return each cue of the text with the position at which the value after its word would begin."""
        text = view.lowered
        found = []
        for match in self._cue.finditer(text):
            gap = self._gap.match(text, match.end(), match.end() + _WINDOW)
            found.append((self._kinds[match[0]], gap.end() if gap else match.end()))
        return found


def number_cues(rules: MaskingRules) -> CueFinder:
    """Return the finder of the cue words before numbers and codes."""
    numbers = rules.numbers
    words: dict[Cue, Iterable[str]] = {
        Cue.DOCUMENT: numbers.document_cues,
        Cue.PHONE: numbers.phone_cues,
        Cue.CONTACT: numbers.contact_cues,
        Cue.IDENTITY: numbers.identity_cues,
        Cue.LICENCE: numbers.licence_cues,
        Cue.VEHICLE: numbers.vehicle_cues,
        Cue.CARD: numbers.card_cues,
        Cue.PASSPORT: numbers.passport_cues,
        Cue.BADGE: numbers.badge_cues,
        Cue.PLATE: rules.plates.cues,
    }
    return CueFinder(words, numbers.connectors)
