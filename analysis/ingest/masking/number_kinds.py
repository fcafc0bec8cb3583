"""Says what a number is: phone, identity number, bank card, or none of these."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from analysis.ingest.masking.cues import Cue
from analysis.ingest.masking.rules import MaskingRules
from analysis.ingest.masking.spans import Kind

LIGHT_MARKS = r" \n.·_'\"\-"
"""Marks that people put between the groups of one number, wherever they like (for a character class)."""

HEAVY_MARKS = r"/\\|,、~:()\[\]{}<>【】。=+"
"""Marks that stand between the groups of one number only in the usual places, else between two numbers."""

SHORTEST = 5
LONGEST = 24
"""Digits, and marks over or between them, of the shortest and of the longest number that is looked at."""

_LIGHT_ONLY = re.compile(f"[{LIGHT_MARKS}]+")
_LIGHT_OR_BRACKETS = re.compile(rf"[{LIGHT_MARKS}()\[\]{{}}<>【】]+")
_MOBILE = re.compile(r"(?:(?:00)?86)?0?(1[3-9]\d{9})")
_TWO_MOBILES = re.compile(r"(?:1[3-9]\d{9}){2}")
_COVERED_MOBILE = re.compile(r"(?:(?:00)?86)?0?(?:1[3-9]\d\*{1,6}\d{4}|1[3-9](?=[\d*]*\*{3})[\d*]{7,11})")
_LANDLINE = re.compile(r"(?:(?:00)?86)?0(?:10|2\d|[3-9]\d\d)([2-9]\d{6,7})")
_FOREIGN_LANDLINE = re.compile(r"(?:00)?86(?:10|2\d|[3-9]\d\d)([2-8]\d{6,7})")
_COVERED_LANDLINE = re.compile(r"0(?:10|2\d|[3-9]\d\d)[2-9][\d*]{6,7}")
_SERVICE = re.compile(r"[48]00\d{7}")
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_IDENTITY = re.compile(r"(\d\d)\d{4}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]")
_OLD_IDENTITY = re.compile(r"(\d\d)\d{4}[3-9]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
"""Fifteen digits were given to those born before 2000; two-digit years below 30 are those of documents."""

_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
"""GB 11643: the check digit is the one at the weighted sum of the others modulo 11."""

_CARD_PREFIXES = ("62", "60", "94", "95")
"""With which numbers of domestic bank cards begin, whatever the groups they are written in."""

_CHECKED = 18
"""Characters of an identity number that ends with a check letter."""

_CARD_DIGITS = "34569"
"""With which digits numbers of bank cards of all countries begin."""

_MOBILE_SHAPES = frozenset(
    {(3, 4, 4), (3, 3, 5), (4, 4, 3), (4, 3, 4), (3, 8), (7, 4), (5, 6), (6, 5), (3, 5, 3)}
    | {(4, 7), (8, 3), (3, 2, 2, 4), (3, 4, 2, 2), (3, 2, 2, 2, 2)}
)
_LOCAL_SHAPES = frozenset({(7,), (8,), (4, 4), (3, 4), (4, 3), (3, 5), (5, 3), (2, 2, 2, 2)})
_IDENTITY_SHAPES = frozenset(
    {(6, 8, 4), (6, 4, 4, 4), (6, 4, 2, 2, 4), (3, 3, 4, 4, 4), (3, 3, 4, 2, 2, 4), (2, 4, 8, 4), (2, 2, 2, 8, 4)}
    | {(6, 12), (14, 4), (17, 1), (10, 8), (12, 6), (6, 8, 3, 1), (6, 4, 4, 3, 1), (6, 6, 3), (6, 9), (6, 11)}
)
"""Sizes of the groups in which people write these numbers."""

_CUED = {
    Cue.IDENTITY: (6, Kind.IDENTITY),
    Cue.LICENCE: (8, Kind.IDENTITY),
    Cue.VEHICLE: (6, Kind.IDENTITY),
    Cue.CARD: (8, Kind.BANK_CARD),
    Cue.PASSPORT: (7, Kind.PASSPORT),
}
"""How many digits make a number of no known form personal after a cue word, and what it is then."""

_PHONE_CUES = (Cue.PHONE, Cue.CONTACT)


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive groups of digits, seen as one number.

    digits: all groups joined; sizes: their lengths; joiners: what stands between them; cue: what the word
    before the run says; is_first: whether that word stands before this very segment; is_lettered: a capital
    stands directly before; amount_follows: a unit of money or quantity stands directly after; is_alone: no other
    group stands beside it at the same distance; has_public: one of the groups is the number of a public hotline.
    """

    digits: str
    sizes: tuple[int, ...]
    joiners: tuple[str, ...]
    cue: Cue | None
    is_first: bool
    is_lettered: bool
    amount_follows: bool
    is_alone: bool
    has_public: bool

    @property
    def own_cue(self) -> Cue | None:
        """The cue, if its word stands before this very segment."""
        return self.cue if self.is_first else None

    def has_one_joiner(self) -> bool:
        """Say whether the same light mark stands between all groups."""
        return len({j.strip(" ") or " " for j in self.joiners}) <= 1 and self.has_light_joiners()

    def has_light_joiners(self) -> bool:
        """Say whether only light marks stand between the groups."""
        return all(_LIGHT_ONLY.fullmatch(j) for j in self.joiners)

    def has_alike_joiners(self) -> bool:
        """Say whether the groups hang together: light marks, brackets, or the same mark between all."""
        marks = {j.strip(" ") for j in self.joiners}
        return len(marks) <= 1 or all(_LIGHT_OR_BRACKETS.fullmatch(j) for j in self.joiners)

    def is_dated(self) -> bool:
        """Say whether the segment begins with a date in groups (2023-11-01)."""
        sizes = self.sizes[:3]
        return len(sizes) == 3 and sizes[0] == 4 and max(sizes[1:]) <= 2 and self.digits[:2] in ("19", "20")

    def sizes_after(self, skipped: int) -> tuple[int, ...]:
        """Return the sizes of the groups after the first `skipped` digits."""
        rest = list(self.sizes)
        while skipped > 0 and rest:
            taken = min(skipped, rest[0])
            rest[0] -= taken
            skipped -= taken
            if not rest[0]:
                rest.pop(0)
        return tuple(rest)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a segment is; kind None keeps it. Scores are comparable within a run: ten for a digit, and a little."""

    kind: Kind | None
    rule: str
    score: int


class NumberJudge:
    """Judges segments by a table of tests; the first that knows the segment decides."""

    def __init__(self, rules: MaskingRules) -> None:
        self._provinces = frozenset(rules.identity.provinces)
        self._public = frozenset(rules.numbers.public_numbers)
        self._tests: tuple[Callable[[Segment], Verdict | None], ...] = (
            self._document,
            self._covered,
            self._mobile,
            self._identity,
            self._landline,
            self._card,
            self._service,
            self._cued_phone,
            self._cued,
        )

    def judge(self, segment: Segment) -> Verdict | None:
        """Return what `segment` is, or None if it is nothing known."""
        return next((verdict for test in self._tests if (verdict := test(segment))), None)

    def has_identity_form(self, digits: str) -> bool:
        """Say whether `digits` has the form of an identity number; the check digit does not matter."""
        match = (_IDENTITY if len(digits) == 18 else _OLD_IDENTITY).fullmatch(digits)
        return match is not None and match[1] in self._provinces

    def _document(self, segment: Segment) -> Verdict | None:
        """Keep what follows the word for a document, unless it is most certainly something personal."""
        cue, digits = segment.own_cue, self._without_stars(segment.digits)
        if cue not in (Cue.DOCUMENT, Cue.NUMBERED_DOCUMENT):
            return None
        # The year in the number of a document is a recent one.
        is_birth = cue is Cue.DOCUMENT or digits[6:8] == "19" or _has_check_digit(digits)
        if is_birth and self.has_identity_form(digits):
            return None
        if cue is Cue.DOCUMENT and (_MOBILE.fullmatch(digits) or digits.startswith("62")):
            return None
        if len(segment.sizes) > 1 and not segment.has_one_joiner():
            return None
        return Verdict(None, "document", 10 * len(segment.digits))

    def _covered(self, segment: Segment) -> Verdict | None:
        """Numbers of which some digits are starred out."""
        digits, cue = segment.digits, segment.own_cue
        stars = digits.count("*")
        if not stars:
            return None
        length, known = len(digits), len(digits) - stars
        if (whole := self._whole(self._without_stars(digits))) and not segment.is_dated():
            return Verdict(whole, "number.starred", 10 * length + (6 if whole is Kind.IDENTITY else 0))
        if known < 3 or not (digits[0].isdigit() or cue):
            return Verdict(None, "covered", 0)
        if cue in (None, *_PHONE_CUES, Cue.PLATE) and _COVERED_MOBILE.fullmatch(digits):
            return Verdict(Kind.PHONE, "mobile.covered", 10 * length + 5)
        if _COVERED_LANDLINE.fullmatch(digits):
            return Verdict(Kind.PHONE, "landline.covered", 10 * length)
        if cue in _PHONE_CUES and 7 <= length <= 13:
            return Verdict(Kind.PHONE, "mobile.covered", 10 * length)
        least, kind = _CUED.get(cue, (LONGEST, None)) if cue else (LONGEST, None)
        if kind and length >= least:
            return Verdict(kind, "number.covered", 10 * length)
        is_one = segment.has_alike_joiners() and not segment.is_dated()
        if 14 <= length <= 20 and stars >= 2 and known >= 4 and is_one:
            is_card = digits.startswith("62") or (length in (16, 17, 19) and digits[:2] not in self._provinces)
            return Verdict(Kind.BANK_CARD if is_card else Kind.IDENTITY, "number.covered", 9 * length)
        return None

    def _without_stars(self, digits: str) -> str:
        """Return digits without the stars between them; one at the end may be the check letter (43…1234×)."""
        known = digits.replace("*", "")
        is_checked = digits.endswith("*") and len(known) == _CHECKED - 1 and self.has_identity_form(known + "X")
        return known + "X" if is_checked else known

    def _whole(self, digits: str) -> Kind | None:
        """Return what digits are that no star covers: the stars stood between them (138*1234*5678)."""
        if _MOBILE.fullmatch(digits):
            return Kind.PHONE
        if len(digits) in (15, 18) and self.has_identity_form(digits):
            return Kind.IDENTITY
        is_card = 16 <= len(digits) <= 19 and digits[0] in _CARD_DIGITS and digits.isdigit()
        return Kind.BANK_CARD if is_card else None

    def _mobile(self, segment: Segment) -> Verdict | None:
        if len(segment.sizes) == 1 and _TWO_MOBILES.fullmatch(segment.digits):
            return Verdict(Kind.PHONE, "mobile", 10 * len(segment.digits))
        match = _MOBILE.fullmatch(segment.digits)
        if not match or (segment.amount_follows and segment.own_cue is None):
            return None
        sizes = segment.sizes_after(match.start(1))
        is_loose = segment.own_cue not in _PHONE_CUES and not (segment.is_alone and segment.has_light_joiners())
        if segment.has_public and is_loose and sizes not in _MOBILE_SHAPES:
            return None
        if segment.own_cue in _PHONE_CUES or _is_mobile_shape(segment, sizes):
            return Verdict(Kind.PHONE, "mobile", 10 * len(segment.digits) + 5)
        return None

    def _identity(self, segment: Segment) -> Verdict | None:
        digits, sizes = segment.digits, segment.sizes
        if len(digits) not in (15, 18):
            return None
        if not self.has_identity_form(digits):
            is_letter_enough = digits.endswith("X") and len(sizes) == 1 and len(digits) == 18
            return Verdict(Kind.IDENTITY, "identity.check_letter", 10 * len(digits)) if is_letter_enough else None
        is_serial = segment.is_lettered and segment.own_cue is None and not _has_check_digit(digits)
        if segment.is_dated() or is_serial:
            return None
        is_usual = sizes in _IDENTITY_SHAPES or segment.own_cue is Cue.IDENTITY
        is_grouped = segment.has_light_joiners() and (len(sizes) <= 6 or segment.has_one_joiner())
        is_grouped = is_grouped or (max(sizes) == 1 and segment.has_alike_joiners())
        is_grouped = is_grouped or (segment.is_alone and min(sizes[:-1], default=3) >= 3)
        return Verdict(Kind.IDENTITY, "identity", 10 * len(digits) + 6) if is_usual or is_grouped else None

    def _landline(self, segment: Segment) -> Verdict | None:
        digits, is_cued = segment.digits, segment.own_cue in _PHONE_CUES
        match = _LANDLINE.fullmatch(digits)
        if not match and (is_cued or segment.sizes[0] in (2, 4)):
            match = _FOREIGN_LANDLINE.fullmatch(digits)
        if not match or (len(digits) < 11 and not is_cued):
            return None
        local = segment.sizes_after(match.start(1))
        is_spelt_out = max(local) == 1 and segment.has_one_joiner()
        if is_cued or is_spelt_out or len(segment.sizes) == 1 or local in _LOCAL_SHAPES:
            return Verdict(Kind.PHONE, "landline", 10 * len(digits) + 5)
        return None

    def _card(self, segment: Segment) -> Verdict | None:
        digits, sizes = segment.digits, segment.sizes
        is_fours = all(size == 4 for size in sizes[:-1]) and sizes[-1] <= 4
        if (segment.has_public and not is_fours) or not 16 <= len(digits) <= 19 or digits.endswith("X"):
            return None
        is_cued = segment.own_cue is Cue.CARD
        # Numbers of documents begin with the year or with letters; no card does, unless it is glued to a word (v6222…).
        is_serial = segment.is_lettered and not (digits.startswith(_CARD_PREFIXES) and _has_card_check(digits))
        if not is_cued and (digits.startswith("20") or is_serial or segment.amount_follows):
            return None
        is_light, is_likely = segment.has_light_joiners(), digits.startswith(_CARD_PREFIXES)
        is_likely = is_likely or (digits[0] in _CARD_DIGITS and _has_card_check(digits))
        is_list = not is_light and len(digits) == 16 and len(set(segment.joiners)) == 1
        is_plain = len(sizes) == 1 or (is_fours and (is_likely or not is_list))
        is_known = (is_light or segment.is_alone) and len(sizes) <= 6 and is_likely
        is_spelt_out = max(sizes) == 1 and segment.has_alike_joiners()
        is_one = segment.has_one_joiner() or max(sizes) >= 8
        is_halved = len(sizes) <= 3 and min(sizes) >= 4 and is_one and digits[0] in _CARD_DIGITS
        if not (is_cued or is_plain or is_known or is_spelt_out or is_halved):
            return None
        is_identity = len(digits) == 18 and digits[:2] in self._provinces and not is_cued
        kind = Kind.IDENTITY if is_identity else Kind.BANK_CARD
        return Verdict(kind, "card", 10 * len(digits) + (4 if is_plain else 0))

    def _service(self, segment: Segment) -> Verdict | None:
        """400 and 800 numbers belong to companies, unless they are given as the writer's own contact."""
        if segment.own_cue is None or not _SERVICE.fullmatch(segment.digits):
            return None
        kind = Kind.PHONE if segment.own_cue is Cue.CONTACT else None
        return Verdict(kind, "service", 10 * len(segment.digits))

    def _cued_phone(self, segment: Segment) -> Verdict | None:
        """Numbers of no known form after a word for a phone, or beside another phone."""
        digits = segment.digits
        if segment.cue not in _PHONE_CUES or not 7 <= len(digits) <= 13 or _SERVICE.fullmatch(digits):
            return None
        is_public = segment.has_public or digits[3:] in self._public or digits[4:] in self._public
        if is_public or segment.is_dated() or _DATE.fullmatch(digits) or segment.amount_follows:
            return None
        if segment.is_first:
            is_phone = len(segment.sizes) <= 4 and segment.has_light_joiners()
        else:
            is_phone = segment.sizes in _LOCAL_SHAPES
        return Verdict(Kind.PHONE, "cue.phone", 10 * len(digits) - 5) if is_phone else None

    def _cued(self, segment: Segment) -> Verdict | None:
        """Numbers of no known form that another word calls personal."""
        if segment.own_cue not in _CUED or segment.has_public:
            return None
        least, kind = _CUED[segment.own_cue]
        if len(segment.digits) < least or segment.is_dated() or not segment.has_light_joiners():
            return None
        return Verdict(kind, f"cue.{segment.own_cue}", 10 * len(segment.digits) - 5)


def _is_mobile_shape(segment: Segment, sizes: tuple[int, ...]) -> bool:
    """Say whether the groups are ones in which people write mobile numbers, rather than a list of figures."""
    if len(sizes) == 1 or (sizes in _MOBILE_SHAPES and segment.has_alike_joiners()):
        return True
    if max(sizes) == 1 and segment.has_alike_joiners() and segment.is_alone:
        return True
    if segment.is_dated():
        return False
    is_light = segment.has_light_joiners()
    if segment.is_alone and len(sizes) <= 4 and min(sizes) >= 2 and (is_light or not _is_reckoned(segment)):
        return True
    if not is_light:
        return False
    if any("\n" in joiner for joiner in segment.joiners):
        return len(sizes) <= 3
    return (segment.has_one_joiner() and segment.is_alone) or (sizes[0] >= 3 and len(sizes) <= 4)


def _is_reckoned(segment: Segment) -> bool:
    """Say whether the groups are times, a sum or the rest of decimals (28.1987,113.0356)."""
    marks = ":=+" if segment.is_first else ":=+."
    return any(mark in joiner for joiner in segment.joiners for mark in marks)


def _has_card_check(digits: str) -> bool:
    """Say whether the number of a card ends with its check digit (Luhn)."""
    if not digits.isdigit():
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _has_check_digit(digits: str) -> bool:
    """Say whether an identity number of 18 characters ends with its check digit."""
    if len(digits) != 18:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_IDENTITY_WEIGHTS, digits, strict=False))
    return _CHECK_DIGITS[total % 11] == digits[-1]
