"""Finds number plates, passports, police numbers and the numbers of vehicles."""

import re
from collections.abc import Iterator

from analysis.ingest.masking.cues import Cue, CueFinder
from analysis.ingest.masking.numbers import Found
from analysis.ingest.masking.patterns import any_of, one_of
from analysis.ingest.masking.rules import MaskingRules
from analysis.ingest.masking.spans import Kind
from analysis.ingest.masking.view import View

_MARK = r"[ \n·.\-_:()'\",/~]"
_GAP = re.compile(r"[ \n·.\-_]{0,3}")
_PIECE = re.compile(r"[A-Za-z0-9*]+")
_LIST_MARK = re.compile("[、,/和及与]")
_LISTED_PLATE = re.compile(rf"(?:[、,/ 和与及或]){{1,2}}([A-Za-z]{_MARK}?[A-Za-z0-9*]{{5,6}})(?![A-Za-z0-9])")
_NEW_ENERGY = re.compile(r"[A-HJK][A-HJ-NP-Z0-9]\d{4}|\d{5}[A-HJK]", re.IGNORECASE)
_CUED_PLATE = re.compile(
    rf"(?:[\u4e00-\u9fff*]{{1,3}}{_MARK}{{0,2}}(?=[A-Za-z]))?"
    r"([A-Za-z0-9*](?:[ ·.-]{0,2}[A-Za-z0-9*]){4,6})(?![A-Za-z0-9])"
)

_PASSPORT = re.compile(
    r"(?<![A-Za-z0-9])(?:[EGeg][ -]?\d(?:[ -]?\d){7}|[Ee][ -]?[A-HJ-NP-Za-hj-np-z][ -]?\d(?:[ -]?\d){6}"
    r"|[EGeg]\d{0,4}\*{3,7}\d{1,4})(?![A-Za-z0-9*])"
)
_CUED_PASSPORT = re.compile(r"[A-Za-z]{0,3}[ -]?[\d*](?:[ -]?[\d*]){5,10}(?![A-Za-z0-9*])")
_DATED = re.compile(r"[A-Za-z]+20[0-4]\d(?:0[1-9]|1[0-2])")
_BADGE = re.compile(r"[\u4e00-\u9fff]?[A-Za-z]{0,2}[ -]?[\d*](?:[ -]?[\d*]){2,11}(?![A-Za-z0-9*])")
_VEHICLE = re.compile(
    r"(?=[A-Za-z*-]*\d)[A-Za-z0-9*-]{6,20}(?![A-Za-z0-9*])|[A-Za-z0-9*](?: ?[A-Za-z0-9*]){16}(?![A-Za-z0-9*])"
)


class PlateRecogniser:
    """Finds full number plates, with and without the province where a word announces them."""

    def __init__(self, rules: MaskingRules) -> None:
        plates = rules.plates
        province = one_of(plates.provinces)
        self._public = frozenset(rules.numbers.public_numbers)
        self._suffix = re.compile(f"{_MARK}{{0,2}}{one_of(plates.suffixes)}")
        place = f"(?:{province}{_MARK}{{0,2}}|(?:{any_of(plates.province_names)}|{province}[牌字]){_MARK}?)"
        digit = f"[A-Za-z0-9*{''.join(rules.numbers.spoken_digits)}]"
        self._head = re.compile(f"{place}[A-Za-z](?![A-Za-z]{{3}}){_MARK}{{0,4}}临?{_MARK}?(?={digit})")
        self._police = re.compile(rf"WJ{_MARK}?{province}?{_MARK}?\d{{4,5}}[A-Z0-9]?(?![A-Z0-9])", re.IGNORECASE)

    def find(self, view: View, announced: list[tuple[Cue, int]]) -> Iterator[Found]:
        """Yield plates; `announced` are the cues of the text."""
        for head in self._head.finditer(view.text):
            text = view.spoken
            start = head.end()
            end = self._tail_end(view, start)
            if end is None and view.text[start] == "*":  # a mark here (湘A*D12345), rather than over a character
                end = self._tail_end(view, start + 1)
            if end is None:
                continue
            yield head.start(), end, Kind.PLATE, "plate"
            following = _LISTED_PLATE.match(text, end)
            if following and _known_count(following[1]) >= 3:
                yield following.start(1), following.end(), Kind.PLATE, "plate.listed"
        for match in self._police.finditer(view.text):
            yield *match.span(), Kind.PLATE, "plate.police"
        for cue, position in announced:
            value = _CUED_PLATE.match(view.spoken, position) if cue is Cue.PLATE else None
            if value and _known_count(value[1]) >= 3 and value[1] not in self._public:
                yield value.start(), self._with_suffix(view.spoken, value.end()), Kind.PLATE, "plate.cued"

    def _tail_end(self, view: View, start: int) -> int | None:
        """Return where the characters after province and letter end, or None if they make no plate.

        A plate has five characters after them, six for new energy, four before a suffix (挂). They may stand in
        pieces; a piece that exceeds the plate belongs to what follows. So does a Chinese numeral after a plate
        that is whole without it («…977两条轮胎»).
        """
        text = view.spoken
        plain = _PIECE.match(view.text, start)
        if plain and plain.end() < len(text) and _PIECE.match(text, plain.end()) and self._is_plate(plain[0]):
            return plain.end()
        tails: list[tuple[str, int]] = []
        tail, position = "", start
        while len(tail) < 6 and (piece := _PIECE.match(text, position)):
            tail += piece[0]
            tails.append((tail, piece.end()))
            gap = _GAP.match(text, piece.end())
            position = gap.end() if gap else piece.end()
        for tail, end in sorted(tails, key=lambda t: -len(t[0])):
            if (text[end : end + 1].isascii() and text[end : end + 1].isalnum()) or not _known_count(tail):
                continue
            if self._is_tail(tail, is_whole=tail == tails[0][0], has_suffix=self._suffix.match(text, end) is not None):
                return self._with_suffix(text, end)
        return None

    def _is_plate(self, tail: str) -> bool:
        return bool(_known_count(tail)) and self._is_tail(tail, is_whole=True, has_suffix=False)

    def _is_tail(self, tail: str, *, is_whole: bool, has_suffix: bool) -> bool:
        known = _known_count(tail)
        if len(tail) == 6:
            return _NEW_ENERGY.fullmatch(tail) is not None or (is_whole and (known >= 5 or "*" in tail))
        return known >= 2 and (len(tail) == 5 or (len(tail) == 4 and has_suffix))

    def _with_suffix(self, text: str, end: int) -> int:
        suffix = self._suffix.match(text, end)
        return suffix.end() if suffix else end


class CodeRecogniser:
    """Finds passports and permits, police numbers, and the numbers of chassis and engines."""

    def __init__(self, cues: CueFinder) -> None:
        self._cues = cues

    def find(self, view: View, announced: list[tuple[Cue, int]]) -> Iterator[Found]:
        """Yield codes; all but passports of China need a word before them, of those that are `announced`."""
        for match in _PASSPORT.finditer(view.text):
            is_document = self._cues.before(view, match.start()) in (Cue.DOCUMENT, Cue.NUMBERED_DOCUMENT)
            if not is_document and not _DATED.match(match[0]):
                yield *match.span(), Kind.PASSPORT, "passport"
        for cue, position in announced:
            if cue not in _CODES:
                continue
            pattern, kind, rule = _CODES[cue]
            value = pattern.match(view.spoken, position)
            while value:
                yield *value.span(), kind, rule
                mark = _LIST_MARK.match(view.text, value.end())
                value = pattern.match(view.spoken, mark.end()) if mark else None


_CODES = {
    Cue.PASSPORT: (_CUED_PASSPORT, Kind.PASSPORT, "passport.cued"),
    Cue.BADGE: (_BADGE, Kind.BADGE, "badge"),
    Cue.VEHICLE: (_VEHICLE, Kind.IDENTITY, "vehicle"),
}
"""What follows each cue, what it is, and the rule's name."""


def _known_count(text: str) -> int:
    """Return how many digits, or stars in their places, `text` has."""
    return sum(c.isdigit() or c == "*" for c in text)
