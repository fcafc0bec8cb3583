"""What of the complaints still stands in a text that is meant for the unit: their words one after the other, their ids.

A text that the supervisor releases says in his own words what the unit has to know. A run of characters that a
complaint has as well was copied: by its wording, the complainant could be recognised.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.text import fold

_SHORTEST_ID = 6
"""Shorter numbers of complaints stand in dates and counts as well."""
_BETWEEN = "\n"
"""No run goes from one complaint over into the next."""


@dataclass(frozen=True)
class Copied:
    """A run of characters that a text has in common with a complaint: from which of its characters (from 0), how many.

    White space and punctuation do not count.
    """

    start: int
    length: int


def copied_run(text: str, complaints: Iterable[str], least: int) -> Copied | None:
    """Return the first run of at least `least` letters and digits that is in a complaint as well, None without one.

    Args:
        text: any text.
        complaints: texts of complaints, titles and places among them.
        least: how long a run has to be; width and case of letters make no difference.
    """
    words, places = _plain(text)
    told = _BETWEEN.join(_plain(complaint)[0] for complaint in complaints)
    for first in range(len(words) - least + 1):
        last = first + least
        if words[first:last] in told:
            while last < len(words) and words[first : last + 1] in told:
                last += 1
            return Copied(places[first], last - first)
    return None


def names_complaint(text: str, ids: Iterable[str]) -> bool:
    """Say whether a text names a complaint by one of its ids, by which whoever has it could be looked up."""
    words = _plain(text)[0]
    plain = (_plain(complaint_id)[0] for complaint_id in ids)
    return any(len(one) >= _SHORTEST_ID and one in words for one in plain)


def _plain(text: str) -> tuple[str, list[int]]:
    """Return the letters and digits of a text, and which of its characters each of them is."""
    kept = [(c, place) for place, c in enumerate(fold(text)) if c.isalnum()]
    return "".join(c.lower() if len(c.lower()) == 1 else c for c, _ in kept), [place for _, place in kept]
