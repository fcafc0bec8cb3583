"""Finds phones, identity numbers and bank cards among all the numbers of a text.

Numbers are written in groups with blanks, dashes, dots and line breaks between them, and one number follows
another with the same marks between. So a run of groups is split as a whole, into the kinds of numbers that
account for most of its digits.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from analysis.ingest.masking.cues import Cue, CueFinder
from analysis.ingest.masking.number_kinds import (
    HEAVY_MARKS,
    LIGHT_MARKS,
    LONGEST,
    SHORTEST,
    NumberJudge,
    Segment,
    Verdict,
)
from analysis.ingest.masking.patterns import any_of, one_of
from analysis.ingest.masking.rules import MaskingRules
from analysis.ingest.masking.spans import Kind
from analysis.ingest.masking.view import View

Found = tuple[int, int, Kind, str]
"""Start and end in the view, the kind, the name of the rule."""

_RUN = re.compile(f"[0-9*]++(?:[{LIGHT_MARKS}{HEAVY_MARKS}]{{1,8}}+[0-9*]++)*+")
_GROUP = re.compile(r"[0-9*]++")
_CHECK_LETTER = re.compile(r"[\s-]?[Xx](?![A-Za-z0-9])")
_SERIAL_LETTERS = re.compile("[A-Za-z]+-?$")
_MOST_LETTERS = 5
"""Letters that the number of a document can begin with (快递单号SF…)."""

_TABLE = 60
"""Groups from which a run is a table of figures; in it, a number has no more groups than it is usual to write."""

_USUAL_GROUPS = 5

_LIST_GAP = 3
"""How many characters may stand between two phones, so that the second needs no word before it."""

_LIST_DIGITS = 2

_SPOKEN_IDENTITY = re.compile(r"\d{6}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]")
_SPOKEN_MOBILE = re.compile(r"(?:(?:00)?86|0)?1[3-9]\d(?:\d{8}|\*{3,5}\d{4})")
_SPOKEN_LANDLINE = re.compile(r"0(?:10|2\d|[3-9]\d\d)[2-8]\d{6,7}")
_CHECKED = 17
"""Digits of an identity number before its check letter."""

_SPOKEN_MARKS = r",、/\\|~…()\[\]"
"""Heavy marks that stand between spoken digits as well (for a character class)."""

_LONG = range(15, 21)
"""How many Chinese numerals in a row are nothing but an identity number or a bank card."""

_WORD_NUMERALS = 2
"""How many Chinese numerals beside a number may belong to the words around it (…5678一直, 统一138…)."""

_SPOKEN_CUED = {
    Cue.PHONE: (7, Kind.PHONE),
    Cue.CONTACT: (7, Kind.PHONE),
    Cue.IDENTITY: (6, Kind.IDENTITY),
    Cue.LICENCE: (6, Kind.IDENTITY),
    Cue.PASSPORT: (6, Kind.PASSPORT),
    Cue.CARD: (8, Kind.BANK_CARD),
}
"""How many Chinese numerals after a cue word are a number, and of what kind."""


@dataclass(frozen=True)
class _Run:
    """Groups of digits with nothing but marks between them.

    groups: start and end of each in `text`; cue: what the word before says; check: a check letter after the
    last group.
    """

    text: str
    groups: list[tuple[int, int]]
    cue: Cue | None
    check: re.Match[str] | None

    def length(self, group: int) -> int:
        start, end = self.groups[group]
        return end - start

    def joiner(self, group: int) -> str:
        """Return what stands between a group and the next."""
        return self.text[self.groups[group][1] : self.groups[group + 1][0]]


def _covered(numbers: list[Found]) -> int:
    return sum(end - start for start, end, _, _ in numbers)


class NumberRecogniser:
    """Splits runs of digits into phones, identity numbers, bank cards and what stays."""

    def __init__(self, rules: MaskingRules, cues: CueFinder) -> None:
        numbers = rules.numbers
        self._cues = cues
        self._judge = NumberJudge(rules)
        self._provinces = frozenset(rules.identity.provinces)
        self._public = frozenset(numbers.public_numbers)
        self._amount = re.compile(rf"\s?(?!{any_of(numbers.amount_exceptions)}){any_of(numbers.amount_units)}")
        extension = f"(?:{any_of(numbers.extension_words)}|[-#])"
        self._extension = re.compile(rf"[\s(,-]{{0,3}}{extension}[\s:]?\d{{1,6}}(?!\d)\)?", re.IGNORECASE)
        self._spoken_digit = re.compile(one_of(numbers.spoken_digits))
        digit = one_of([*numbers.spoken_digits, *"0123456789*"])
        self._spoken_run = re.compile(rf"{digit}(?:[{LIGHT_MARKS}{_SPOKEN_MARKS}]{{0,3}}+{digit})*+")

    def find(self, view: View) -> Iterator[Found]:
        """Yield what is found in `view`, in no particular order."""
        last_phone_end = -_LIST_GAP - 1
        for match in _RUN.finditer(view.text):
            if match.end() - match.start() < SHORTEST:
                continue
            is_beside_phone = 0 < match.start() - last_phone_end <= _LIST_GAP
            for found in self._split(self._run(view, match, Cue.PHONE if is_beside_phone else None)):
                if found[2] is Kind.PHONE:
                    last_phone_end = found[1]
                yield found
        yield from self._spoken(view)

    def _run(self, view: View, match: re.Match[str], default_cue: Cue | None) -> _Run:
        groups = [(match.start() + m.start(), match.start() + m.end()) for m in _GROUP.finditer(match[0])]
        cue = self._cues.before(view, match.start())
        letters = _SERIAL_LETTERS.search(view.text, max(0, match.start() - _MOST_LETTERS), match.start())
        if cue is None and letters and (lettered := self._cues.before(view, letters.start())) is not Cue.DOCUMENT:
            cue = lettered
        cue = cue or default_cue
        return _Run(view.text, groups, cue, _CHECK_LETTER.match(view.text, match.end()))

    def _split(self, run: _Run) -> Iterator[Found]:
        """Yield the numbers of the split of `run` that has the highest score."""
        local = 0
        for start, end, best in self._best_split(run):
            verdict, size = best, run.length(end - 1)
            if verdict is None and local and end == start + 1 and size == local:
                verdict = Verdict(Kind.PHONE, "landline", 0)
            if verdict and verdict.kind:
                yield self._extent(run, start, end, verdict.kind, verdict.rule)
            local = size if verdict and verdict.rule in ("landline", "cue.phone") else 0

    def _best_split(self, run: _Run) -> list[tuple[int, int, Verdict | None]]:
        """Return the segments of the best split: first group, group after the last, verdict."""
        most_groups = LONGEST if len(run.groups) < _TABLE else _USUAL_GROUPS
        scores = [0]
        choices: list[tuple[int, int, Verdict | None]] = [(0, 0, None)]
        for end in range(1, len(run.groups) + 1):
            score: int = scores[end - 1]
            choice: tuple[int, int, Verdict | None] = (end - 1, end, None)
            length = 0
            for start in range(end - 1, max(-1, end - 1 - most_groups), -1):
                length += run.length(start)
                if length > LONGEST:
                    break
                verdict = self._judge.judge(self._segment(run, start, end)) if length >= SHORTEST else None
                if verdict and scores[start] + verdict.score > score:
                    score, choice = scores[start] + verdict.score, (start, end, verdict)
            scores.append(score)
            choices.append(choice)
        segments = []
        at = len(run.groups)
        while at:
            segments.append(choices[at])
            at = choices[at][0]
        return segments[::-1]

    def _segment(self, run: _Run, start: int, end: int) -> Segment:
        text, parts = run.text, run.groups[start:end]
        digits = "".join([text[a:b] for a, b in parts])
        if run.check and end == len(run.groups) and len(digits.replace("*", "")) in (17, 14):
            digits += "X"
        first, last = parts[0][0], parts[-1][1]
        return Segment(
            digits=digits,
            sizes=tuple([b - a for a, b in parts]),
            joiners=tuple([run.joiner(i) for i in range(start, end - 1)]),
            cue=run.cue,
            is_first=start == 0,
            is_lettered=first > 0 and "A" <= text[first - 1] <= "Z",
            amount_follows=self._amount.match(text, last) is not None,
            is_alone=self._is_alone(run, start, end),
            has_public=any(text[a:b] in self._public for a, b in parts),
        )

    def _is_alone(self, run: _Run, start: int, end: int) -> bool:
        """Say whether the groups beside the segment stand farther from it than its own from each other.

        A short number that begins the run may be that of a list.
        """
        if start == 1 and end == len(run.groups) and run.length(0) <= _LIST_DIGITS:
            return True
        inner = {run.joiner(i) for i in range(start, end - 1)}
        beside = [run.joiner(i) for i in (start - 1, end - 1) if 0 <= i < len(run.groups) - 1]
        return inner.isdisjoint(beside)

    def _extent(self, run: _Run, first: int, last: int, kind: Kind, rule: str) -> Found:
        """Return the span with the marks that belong to the number: +, brackets, check letter, extension."""
        text = run.text
        start, end = run.groups[first][0], run.groups[last - 1][1]
        inner = text[start:end]
        if kind is Kind.IDENTITY and run.check and last == len(run.groups):
            end = run.check.end()
        if start and text[start - 1] == "+":
            start -= 1
        for opening, closing in ("()", "[]", "【】", "<>"):
            if start and text[start - 1] == opening and inner.count(closing) > inner.count(opening):
                start -= 1
            elif inner.count(opening) > inner.count(closing) and text[end : end + 1] == closing:
                end += 1
        if rule in ("landline", "service", "cue.phone") and (extension := self._extension.match(text, end)):
            end = extension.end()
        return start, end, kind, rule

    def _spoken(self, view: View) -> Iterator[Found]:
        """Yield numbers of which at least one digit is written as a Chinese numeral."""
        for run in self._spoken_run.finditer(view.text):
            start, end = run.span()
            if end - start < SHORTEST or not self._spoken_digit.search(view.text, start, end):
                continue
            spoken = view.spoken
            positions = [i for i in range(start, end) if spoken[i].isdigit() or spoken[i] in "*X"]
            digits = "".join([spoken[i] for i in positions])
            check = _CHECK_LETTER.match(view.text, end)
            if check and len(digits) == _CHECKED:
                positions.append(check.end() - 1)
                digits += "X"
            cue = self._cues.before(view, start)
            is_spoken = len(self._spoken_digit.findall(view.text, start, end)) > _WORD_NUMERALS
            numbers = self._spoken_numbers(digits, cue, is_long=is_spoken and len(digits) in _LONG)
            if "*" in digits:
                known = [i for i in positions if spoken[i] != "*"]
                whole = self._spoken_numbers(digits.replace("*", ""), cue, is_long=is_spoken and len(known) in _LONG)
                if _covered(whole) > _covered(numbers):  # the stars stand between the digits, not over them
                    positions, numbers = known, whole
            for first, last, kind, rule in numbers:
                yield positions[first], positions[last - 1] + 1, kind, f"{rule}.spoken"

    def _spoken_numbers(self, digits: str, cue: Cue | None, *, is_long: bool) -> list[Found]:
        """Return the numbers in a run of spoken digits; a word of numerals may follow (…七八一直没人接)."""
        identity = _SPOKEN_IDENTITY.search(digits)
        if identity and identity[0][:2] in self._provinces:
            return [(*identity.span(), Kind.IDENTITY, "identity")]
        if is_long:
            return [(0, len(digits), Kind.IDENTITY if len(digits) in (15, 18) else Kind.BANK_CARD, "number")]
        mobiles = [(*m.span(), Kind.PHONE, "mobile") for m in _SPOKEN_MOBILE.finditer(digits)]
        if mobiles:
            return mobiles
        if cue in _SPOKEN_CUED and len(digits) >= _SPOKEN_CUED[cue][0]:
            return [(0, len(digits), _SPOKEN_CUED[cue][1], f"cue.{cue}")]
        return [(*m.span(), Kind.PHONE, "landline") for m in _SPOKEN_LANDLINE.finditer(digits)]
