"""Finds phones, identity numbers and bank cards among all the numbers of a text.

Numbers are written in groups with blanks, dashes, dots and line breaks between them, and one number follows
another with the same marks between. So a run of groups is split as a whole, into the kinds of numbers that
account for most of its digits.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analysis.ingest.masking.cues import Cue, CueFinder
from analysis.ingest.masking.patterns import any_of, one_of
from analysis.ingest.masking.rules import MaskingRules
from analysis.ingest.masking.spans import Kind
from analysis.ingest.masking.view import View

Found = tuple[int, int, Kind, str]
"""Start and end in the view, the kind, the name of the rule."""

_LIGHT = r" \n.·_'\"\-"
_HEAVY = r"/\\|,、~:()\[\]{}<>【】。=+"
_RUN = re.compile(f"[0-9*]++(?:[{_LIGHT}{_HEAVY}]{{1,4}}+[0-9*]++)*+")
_GROUP = re.compile(r"[0-9*]++")
_LIGHT_ONLY = re.compile(f"[{_LIGHT}]+")
_CHECK_DIGIT = re.compile(r"\s?[Xx](?![A-Za-z0-9])")

_SHORTEST = 5
_LONGEST = 22
_MOST_GROUPS = 60
"""Groups that are looked at together; a longer run is no number but a table."""

_MOBILE = re.compile(r"(?:(?:00)?86|0)?(1[3-9]\d{9})")
_TWO_MOBILES = re.compile(r"(?:1[3-9]\d{9}){2}")
_COVERED_MOBILE = re.compile(r"(?:(?:00)?86|0)?(?:1[3-9]\d\*{1,6}\d{4}|1[3-9](?=[\d*]*\*{3})[\d*]{7,11})")
_LANDLINE = re.compile(r"(?:(?:00)?86)?(0(?:10|2\d|[3-9]\d\d))([2-9]\d{6,7})")
_FOREIGN_LANDLINE = re.compile(r"(?:00)?86((?:10|2\d|[3-9]\d\d))([2-8]\d{6,7})")
_COVERED_LANDLINE = re.compile(r"0(?:10|2\d|[3-9]\d\d)[2-9][\d*]{6,7}")
_SERVICE = re.compile(r"[48]00\d{7}")
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_IDENTITY = re.compile(r"(\d\d)\d{4}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]")
_OLD_IDENTITY = re.compile(r"(\d\d)\d{4}[3-9]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
"""Fifteen digits were given to those born before 2000; two-digit years below 30 are those of documents."""

_CARD_PREFIXES = ("62", "60", "94", "95")
"""With which numbers of domestic bank cards begin, whatever the groups they are written in."""

_MOBILE_SHAPES = {(3, 4, 4), (3, 3, 5), (4, 4, 3), (4, 3, 4), (3, 8), (7, 4), (5, 6), (6, 5), (3, 5, 3), (3, 4, 2, 2), (3, 2, 2, 2, 2), (3, 2, 2, 4), (4, 7), (8, 3)}
_IDENTITY_SHAPES = {(6, 8, 4), (6, 4, 4, 4), (6, 4, 2, 2, 4), (3, 3, 4, 4, 4), (6, 12), (14, 4), (6, 8, 3, 1), (3, 3, 4, 2, 2, 4), (6, 6, 3), (6, 4, 4, 3, 1), (2, 2, 2, 8, 4), (2, 4, 8, 4), (6, 9), (6, 11), (17, 1), (10, 8), (12, 6)}


@dataclass(frozen=True, slots=True)
class _Segment:
    """Consecutive groups of a run, seen as one number.

    digits: all groups joined; sizes: their lengths; joiners: what stands between them; cue: what the word
    before says; is_first: whether the word stands before this very segment; is_lettered: a letter stands
    directly before; amount_follows: a unit of money or quantity stands directly after; has_public: one of the
    groups is the number of a public hotline.
    """

    digits: str
    sizes: tuple[int, ...]
    joiners: tuple[str, ...]
    cue: Cue | None
    is_first: bool
    is_lettered: bool
    amount_follows: bool
    has_public: bool

    @property
    def own_cue(self) -> Cue | None:
        return self.cue if self.is_first else None

    def has_one_joiner(self) -> bool:
        """Say whether the same light mark stands between all groups."""
        return len({j.strip(" ") or " " for j in self.joiners}) <= 1 and self.has_light_joiners()

    def has_light_joiners(self) -> bool:
        return all(_LIGHT_ONLY.fullmatch(j) for j in self.joiners)

    def is_dated(self) -> bool:
        """Say whether the segment begins with a date in groups (2023-11-01)."""
        sizes = self.sizes[:3]
        return len(sizes) == 3 and sizes[0] == 4 and max(sizes[1:]) <= 2 and self.digits[:2] in ("19", "20")


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a segment is; kind None keeps it. The score is comparable within a run."""

    kind: Kind | None
    rule: str
    score: int


class NumberRecogniser:
    """Splits runs of digits into phones, identity numbers, bank cards and what stays."""

    def __init__(self, rules: MaskingRules, cues: CueFinder) -> None:
        numbers = rules.numbers
        self._cues = cues
        self._provinces = frozenset(rules.identity.provinces)
        self._public = frozenset(numbers.public_numbers)
        self._amount = re.compile(rf"\s?(?!{any_of(numbers.amount_exceptions)}){any_of(numbers.amount_units)}")
        self._extension = re.compile(rf"[\s(,-]{{0,3}}(?:{any_of(numbers.extension_words)}|[-#])[\s:]?\d{{1,6}}(?!\d)\)?", re.I)
        self._spoken_digit = re.compile(one_of(numbers.spoken_digits))
        digit = one_of([*numbers.spoken_digits, *"0123456789*"])
        self._spoken_run = re.compile(rf"{digit}(?:[{_LIGHT},、]{{0,3}}+{digit})*+")
        self._tests: tuple[Callable[[_Segment], _Verdict | None], ...] = (
            self._document, self._covered, self._mobile, self._identity, self._landline, self._card, self._service, self._cued,
        )

    def find(self, view: View) -> Iterator[Found]:
        """Yield what is found in `view`, in no particular order."""
        last_phone_end = -1
        for run in _RUN.finditer(view.text):
            if run.end() - run.start() < _SHORTEST:
                continue
            for found in self._split(view.text, run, last_phone_end):
                if found[2] is Kind.PHONE:
                    last_phone_end = found[1]
                yield found
        if self._spoken_digit.search(view.text):
            yield from self._spoken(view)

    def _split(self, text: str, run: re.Match[str], last_phone_end: int) -> Iterator[Found]:
        groups = [(run.start() + m.start(), run.start() + m.end()) for m in _GROUP.finditer(run[0])]
        if sum(end - start for start, end in groups) < _SHORTEST:
            return
        cue = self._cues.before(text, run.start())
        if cue is None and 0 < run.start() - last_phone_end <= 3 and last_phone_end > 0:
            cue = Cue.PHONE
        check = _CHECK_DIGIT.match(text, run.end())
        for at in range(0, len(groups), _MOST_GROUPS):
            window = groups[at : at + _MOST_GROUPS]
            is_end = at + _MOST_GROUPS >= len(groups)
            yield from self._best_split(text, window, cue if at == 0 else None, check if is_end else None)

    def _best_split(self, text: str, groups: list[tuple[int, int]], cue: Cue | None, check: re.Match[str] | None) -> Iterator[Found]:
        best: list[tuple[int, int, _Verdict | None]] = [(0, 0, None)]
        for end in range(1, len(groups) + 1):
            choice: tuple[int, int, _Verdict | None] = (best[end - 1][0], end - 1, None)
            length = 0
            for start in range(end - 1, -1, -1):
                length += groups[start][1] - groups[start][0]
                if length > _LONGEST:
                    break
                if length < _SHORTEST:
                    continue
                verdict = self._judge(text, groups, start, end, cue, check if end == len(groups) else None)
                if verdict and best[start][0] + verdict.score > choice[0]:
                    choice = (best[start][0] + verdict.score, start, verdict)
            best.append(choice)
        segments = []
        at = len(groups)
        while at:
            _, start, verdict = best[at]
            segments.append((start, at, verdict))
            at = start
        local = 0
        for start, end, verdict in reversed(segments):
            size = groups[end - 1][1] - groups[end - 1][0]
            if verdict is None and local and end == start + 1 and size == local:
                verdict = _Verdict(Kind.PHONE, "landline", 0)
            if verdict and verdict.kind:
                yield self._extent(text, groups[start][0], groups[end - 1][1], verdict, check if end == len(groups) else None)
            local = size if verdict and verdict.rule in ("landline", "cue.phone") else 0

    def _judge(self, text: str, groups: list[tuple[int, int]], start: int, end: int, cue: Cue | None, check: re.Match[str] | None) -> _Verdict | None:
        parts = groups[start:end]
        digits = "".join([text[a:b] for a, b in parts])
        if check and len(digits) in (17, 14):
            digits += "X"
        first, last = parts[0][0], parts[-1][1]
        segment = _Segment(
            digits=digits,
            sizes=tuple([b - a for a, b in parts]),
            joiners=tuple([text[parts[i][1] : parts[i + 1][0]] for i in range(len(parts) - 1)]),
            cue=cue,
            is_first=start == 0,
            is_lettered=first > 0 and text[first - 1].isascii() and text[first - 1].isalpha(),
            amount_follows=bool(self._amount.match(text, last)),
            has_public=any(text[a:b] in self._public for a, b in parts),
        )
        for test in self._tests:
            verdict = test(segment)
            if verdict:
                return verdict
        return None

    def _extent(self, text: str, start: int, end: int, verdict: _Verdict, check: re.Match[str] | None) -> Found:
        """Return the span with the marks that belong to the number: +, brackets, check digit, extension."""
        assert verdict.kind is not None
        inner = text[start:end]
        if verdict.kind is Kind.IDENTITY and check:
            end = check.end()
        if start and text[start - 1] == "+":
            start -= 1
        for opening, closing in ("()", "[]", "【】", "<>"):
            if start and text[start - 1] == opening and inner.count(closing) > inner.count(opening):
                start -= 1
            elif inner.count(opening) > inner.count(closing) and text[end : end + 1] == closing:
                end += 1
        if verdict.rule in ("landline", "service", "cue.phone"):
            extension = self._extension.match(text, end)
            end = extension.end() if extension else end
        return start, end, verdict.kind, verdict.rule

    def _document(self, segment: _Segment) -> _Verdict | None:
        """Keep what follows the word for a document; a mobile only where a number is announced outright."""
        cue = segment.own_cue
        if cue not in (Cue.DOCUMENT, Cue.NUMBERED_DOCUMENT):
            return None
        if cue is Cue.DOCUMENT and _MOBILE.fullmatch(segment.digits):
            return None
        if len(segment.sizes) > 1 and not segment.has_one_joiner():
            return None
        return _Verdict(None, "document", 10 * len(segment.digits))

    def _covered(self, segment: _Segment) -> _Verdict | None:
        """Numbers of which some digits are starred out."""
        digits = segment.digits
        stars = digits.count("*")
        if not stars:
            return None
        length, known = len(digits), len(digits) - stars
        if known < 3 or not (digits[0].isdigit() or segment.own_cue):
            return _Verdict(None, "covered", 0)
        may_be_phone = segment.own_cue in (None, Cue.PHONE, Cue.CONTACT, Cue.PLATE)
        if may_be_phone and _COVERED_MOBILE.fullmatch(digits):
            return _Verdict(Kind.PHONE, "mobile.covered", 10 * length + 5)
        if _COVERED_LANDLINE.fullmatch(digits):
            return _Verdict(Kind.PHONE, "landline.covered", 10 * length)
        if segment.own_cue is Cue.CARD and length >= 8:
            return _Verdict(Kind.BANK_CARD, "card.covered", 10 * length)
        if segment.own_cue in (Cue.IDENTITY, Cue.LICENCE) and length >= 6:
            return _Verdict(Kind.IDENTITY, "identity.covered", 10 * length)
        if segment.own_cue in (Cue.PHONE, Cue.CONTACT) and length >= 7:
            return _Verdict(Kind.PHONE, "mobile.covered", 10 * length)
        if 14 <= length <= 20 and stars >= 2 and known >= 4 and not segment.is_dated():
            is_card = digits.startswith("62") or (length in (16, 17, 19) and digits[:2] not in self._provinces)
            kind = Kind.BANK_CARD if is_card else Kind.IDENTITY
            return _Verdict(kind, "number.covered", 9 * length)
        return None

    def _mobile(self, segment: _Segment) -> _Verdict | None:
        if _TWO_MOBILES.fullmatch(segment.digits) and len(segment.sizes) == 1:
            return _Verdict(Kind.PHONE, "mobile", 10 * len(segment.digits))
        match = _MOBILE.fullmatch(segment.digits)
        if not match or (segment.amount_follows and segment.own_cue is None):
            return None
        if segment.has_public and segment.sizes not in _MOBILE_SHAPES:
            return None
        prefix = len(segment.digits) - 11
        if not (segment.own_cue in (Cue.PHONE, Cue.CONTACT) or _has_mobile_shape(segment, prefix)):
            return None
        return _Verdict(Kind.PHONE, "mobile", 10 * len(segment.digits) + 5)

    def _identity(self, segment: _Segment) -> _Verdict | None:
        length = len(segment.digits)
        if length not in (15, 18):
            return None
        pattern = _IDENTITY if length == 18 else _OLD_IDENTITY
        match = pattern.fullmatch(segment.digits)
        if not (match and match[1] in self._provinces):
            if segment.digits.endswith("X") and len(segment.sizes) == 1 and length == 18:
                return _Verdict(Kind.IDENTITY, "identity.check_letter", 10 * length)
            return None
        if length == 15 and segment.is_lettered and segment.own_cue is None:
            return None
        is_spaced_out = len(segment.sizes) > 6 and not segment.has_one_joiner()
        if segment.is_dated() or is_spaced_out:
            return None
        if not segment.has_light_joiners() and segment.sizes not in _IDENTITY_SHAPES and segment.own_cue is not Cue.IDENTITY:
            return None
        return _Verdict(Kind.IDENTITY, "identity", 10 * length + 6)

    def _landline(self, segment: _Segment) -> _Verdict | None:
        match = _LANDLINE.fullmatch(segment.digits)
        is_cued = segment.own_cue in (Cue.PHONE, Cue.CONTACT)
        if not match and (is_cued or segment.sizes[0] in (2, 4)):
            match = _FOREIGN_LANDLINE.fullmatch(segment.digits)
        if not match or (len(segment.digits) not in (11, 12, 13, 14) and not is_cued):
            return None
        area = len(segment.digits) - len(match[2])
        local = _after(segment.sizes, area)
        is_spelt_out = max(local) == 1 and segment.has_one_joiner()
        if is_cued or is_spelt_out or len(segment.sizes) == 1 or local in ((7,), (8,), (4, 4), (3, 4), (2, 2, 2, 2), (4, 3), (3, 5), (5, 3)):
            return _Verdict(Kind.PHONE, "landline", 10 * len(segment.digits) + 5)
        return None

    def _card(self, segment: _Segment) -> _Verdict | None:
        length = len(segment.digits)
        is_cued = segment.own_cue is Cue.CARD
        if segment.has_public:
            return None
        if not 16 <= length <= 19 or segment.digits.endswith("X"):
            return None
        if not is_cued and (segment.digits.startswith("20") or segment.is_lettered or segment.amount_follows):
            return None
        one, groups = len(segment.sizes) == 1, segment.sizes
        in_fours = all(size == 4 for size in groups[:-1]) and groups[-1] <= 4
        in_few = segment.has_light_joiners() and len(groups) <= 6 and segment.digits.startswith(_CARD_PREFIXES)
        singles = max(groups) == 1 and segment.has_one_joiner()
        if is_cued or one or in_fours or in_few or singles:
            return _Verdict(Kind.BANK_CARD, "card", 10 * length + (4 if one or in_fours else 0))
        return None

    def _service(self, segment: _Segment) -> _Verdict | None:
        """400 and 800 numbers belong to companies, unless they are given as the writer's own contact."""
        if segment.own_cue is not None and _SERVICE.fullmatch(segment.digits):
            is_own = segment.own_cue is Cue.CONTACT
            return _Verdict(Kind.PHONE if is_own else None, "service", 10 * len(segment.digits))
        return None

    def _cued(self, segment: _Segment) -> _Verdict | None:
        """Numbers of no known form that a word calls personal."""
        length, cue = len(segment.digits), segment.cue
        if segment.has_public:
            return None
        if cue in (Cue.PHONE, Cue.CONTACT):
            if 7 <= length <= 13 and self._is_cued_phone(segment):
                return _Verdict(Kind.PHONE, "cue.phone", 10 * length - 5)
            return None
        least, kind = _CUED.get(cue, (0, None)) if segment.is_first and cue else (0, None)
        if kind is None or length < least or segment.is_dated() or not segment.has_light_joiners():
            return None
        return _Verdict(kind, f"cue.{cue}", 10 * length - 5)

    def _is_cued_phone(self, segment: _Segment) -> bool:
        digits = segment.digits
        if segment.is_dated() or (_DATE.fullmatch(digits) and digits.startswith(("19", "20"))) or segment.amount_follows:
            return False
        if _SERVICE.fullmatch(digits) or digits[3:] in self._public or digits[4:] in self._public:
            return False
        if not segment.is_first:
            return segment.sizes in ((7,), (8,), (4, 4), (3, 4))
        return len(segment.sizes) <= 4 and segment.has_light_joiners()

    def _spoken(self, view: View) -> Iterator[Found]:
        """Yield numbers of which at least one digit is written as a Chinese numeral."""
        spoken = view.spoken
        for run in self._spoken_run.finditer(view.text):
            start, end = run.span()
            if end - start < _SHORTEST or not self._spoken_digit.search(view.text, start, end):
                continue
            positions = [i for i in range(start, end) if spoken[i].isdigit() or spoken[i] in "*X"]
            digits = "".join([spoken[i] for i in positions])
            yield from self._judge_spoken(view.text, digits, positions)

    def _judge_spoken(self, text: str, digits: str, positions: list[int]) -> Iterator[Found]:
        cue = self._cues.before(text, positions[0])
        match = _SPOKEN_IDENTITY.search(digits)
        if match and digits[match.start() : match.start() + 2] in self._provinces:
            yield positions[match.start()], positions[match.end() - 1] + 1, Kind.IDENTITY, "identity.spoken"
            return
        if cue is Cue.CARD or (16 <= len(digits) <= 19 and digits[:1] in "3456789"):
            yield positions[0], positions[-1] + 1, Kind.BANK_CARD, "card.spoken"
            return
        mobiles = list(_SPOKEN_MOBILE.finditer(digits))
        for match in mobiles:
            yield positions[match.start()], positions[match.end() - 1] + 1, Kind.PHONE, "mobile.spoken"
        if mobiles:
            return
        kinds = {Cue.IDENTITY: Kind.IDENTITY, Cue.LICENCE: Kind.IDENTITY, Cue.PASSPORT: Kind.PASSPORT}
        if cue in (Cue.PHONE, Cue.CONTACT) and len(digits) >= 7:
            yield positions[0], positions[-1] + 1, Kind.PHONE, "phone.spoken"
        elif cue in kinds and len(digits) >= 6:
            yield positions[0], positions[-1] + 1, kinds[cue], "identity.spoken"
        elif match := _SPOKEN_LANDLINE.search(digits):
            yield positions[match.start()], positions[match.end() - 1] + 1, Kind.PHONE, "landline.spoken"


_CUED: dict[Cue, tuple[int, Kind]] = {
    Cue.IDENTITY: (6, Kind.IDENTITY),
    Cue.LICENCE: (8, Kind.IDENTITY),
    Cue.VEHICLE: (6, Kind.IDENTITY),
    Cue.CARD: (8, Kind.BANK_CARD),
    Cue.PASSPORT: (7, Kind.PASSPORT),
}
"""How many digits make a number personal after a cue word, and what it is then."""

_SPOKEN_IDENTITY = re.compile(r"\d{6}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]")
_SPOKEN_MOBILE = re.compile(r"(?:(?:00)?86|0)?1[3-9]\d(?:\d{8}|\*{3,5}\d{4})")
_SPOKEN_LANDLINE = re.compile(r"0(?:10|2\d|[3-9]\d\d)[2-8]\d{6,7}")


def _after(sizes: tuple[int, ...], skipped: int) -> tuple[int, ...]:
    """Return the sizes of the groups after the first `skipped` digits."""
    rest = list(sizes)
    while skipped > 0 and rest:
        taken = min(skipped, rest[0])
        rest[0] -= taken
        skipped -= taken
        if not rest[0]:
            rest.pop(0)
    return tuple(rest)


def _has_mobile_shape(segment: _Segment, prefix: int) -> bool:
    """Say whether the groups are ones in which people write mobile numbers, rather than a list of figures."""
    sizes = _after(segment.sizes, prefix)
    if len(sizes) == 1 or sizes in _MOBILE_SHAPES:
        return True
    if segment.is_dated() or not segment.has_light_joiners():
        return False
    if any("\n" in joiner for joiner in segment.joiners):
        return len(sizes) <= 3
    return segment.has_one_joiner() or (sizes[0] >= 3 and len(sizes) <= 4)
