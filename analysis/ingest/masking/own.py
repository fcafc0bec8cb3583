"""Finds the complainant's own details, known from the ticket's fields, wherever they stand in the text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analysis.ingest.masking.addresses import AddressRecogniser
from analysis.ingest.masking.numbers import Found
from analysis.ingest.masking.patterns import any_of
from analysis.ingest.masking.rules import NameRules
from analysis.ingest.masking.spans import Kind
from analysis.ingest.masking.view import FILLER, View

_BETWEEN_CHARACTERS = " \n·.,、_*-"
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_NAME = re.compile(f"[{_HAN}]+(?:·[{_HAN}]+)*|[A-Za-z][A-Za-z .'-]*[A-Za-z]")
_SPACE_IN_NAME = re.compile(f"(?<=[{_HAN}])[ _]+(?=[{_HAN}])")
_DIGITS = re.compile("[0-9]+")
_BLANKS = re.compile(r"\s+")
_NUMERALS = "零一二三四五六七八九"
_FIGURE = re.compile(f"[0-9]+|[{_NUMERALS}十]+")
_SHORTEST_NUMBER = 5
_LAST_DIGITS = 4
"""How many digits of a phone people tell instead of the whole (尾号1234)."""
_TOLD_TAIL = re.compile(f"(?:尾号|后四位|末四位|后4位|末4位)[是为: ]{{0,2}}([0-9]{{{_LAST_DIGITS}}})(?![0-9])")

_SHORTEST_ADDRESS_TAIL = 3


@dataclass(frozen=True)
class OwnDetails:
    """What the ticket's own fields say about the complainant.

    phones: as written; each may hold several numbers.
    """

    name: str | None = None
    phones: tuple[str, ...] = ()
    account: str | None = None
    address: str | None = None


class OwnRecogniser:
    """Finds a complainant's own name, numbers, account and address in the view of a text.

    The details must be folded like the text: pass them through the same view.
    """

    def __init__(self, rules: NameRules, words: frozenset[str], addresses: AddressRecogniser) -> None:
        self._words = words
        self._addresses = addresses
        self._generic = frozenset(rules.keep.generic_complainants)
        self._organisation = re.compile(f"{any_of(rules.keep.organisation_endings)}$")
        self._compound = frozenset(rules.surnames.compound)
        self._surnames = frozenset(rules.surnames.bare + rules.surnames.role + rules.surnames.strong)
        titles = any_of([*rules.cues.titles, *rules.cues.short_titles])
        self._title_end = re.compile(f"{titles}$")
        self._after_surname = re.compile(f"(?:某{{1,3}}|[*xX○□]{{1,3}}(?![A-Za-z0-9]))|(?={titles})")
        self._long_title = re.compile(f"{any_of(rules.cues.titles)}|[哥姐叔姨婶嫂]")
        self._act = re.compile(f"[^{_HAN}0-9]|$|{any_of([*rules.cues.verbs, *rules.context.followers])}")
        self._prefixes = frozenset(rules.cues.prefixes)
        self._road_after = re.compile("[东南西北中]?[一二三四五]?[路街巷桥]")

    def find(self, view: View, own: OwnDetails) -> Iterator[Found]:
        """Yield where the details of `own` stand in `view`."""
        for name in self._names(own.name):
            yield from self._name(view.text, name)
        for number in _numbers([*own.phones, own.account or ""]):
            yield from _number(view, number)
            for tail in _TOLD_TAIL.finditer(view.spoken):
                if tail[1] == number[-_LAST_DIGITS:]:
                    yield *tail.span(1), Kind.PHONE, "own.phone_tail"
        if own.account and len(own.account) >= 2:
            yield from self._account(view.text, own.account.strip())
        if own.address:
            yield from self._address(view.text, own.address.strip())

    def _names(self, field: str | None) -> list[str]:
        """Return the names of persons that a name field holds; none for «匿名» or a public office."""
        if not field:
            return []
        names = _NAME.findall(_SPACE_IN_NAME.sub("", field))
        return [n for n in names if not self._is_nobody(n)]

    def _is_nobody(self, value: str) -> bool:
        return value.lower() in self._generic or FILLER in value or self._organisation.search(value) is not None

    def _name(self, text: str, name: str) -> Iterator[Found]:
        title = self._title_end.search(name)
        bare = name[: title.start()] if title and title.start() else name
        if len(bare) >= 2:
            for start, end in _spread(text, bare):
                if not self._is_other_word(text, start, end):
                    yield start, end, Kind.NAME, "own.name"
        surname = bare[:2] if bare[:2] in self._compound else bare[:1]
        yield from self._given(text, surname, bare[len(surname) :])
        if surname in self._compound or surname in self._surnames:
            yield from self._surname(text, surname)

    def _given(self, text: str, surname: str, given: str) -> Iterator[Found]:
        """Yield the given name without the surname, or before it: 桂兰, 建国（胡）; alone only if it is no word."""
        if len(given) < 2 or given not in text:  # looked for first: a pattern for each person takes far longer
            return
        for match in re.finditer(f"{re.escape(given)}(?:[ (]{re.escape(surname)}\\)?)?", text):
            if match.end() - match.start() > len(given) or given not in self._words:
                yield *match.span(), Kind.NAME, "own.given"

    def _surname(self, text: str, surname: str) -> Iterator[Found]:
        """Yield the surname with a title, with 某 or in a familiar name."""
        for match in re.finditer(re.escape(surname), text):
            start, end = match.span()
            before, after = text[max(0, start - 1) : end], self._after_surname.match(text, end)
            is_clear = after is not None and (after.end() > end or self._long_title.match(text, end))
            if before in self._words and not (is_clear or self._is_called(text, start)):
                continue
            if after:
                yield start, after.end(), Kind.NAME, "own.surname"
            elif before[0] in self._prefixes and text[start : start + 2] not in self._words:
                yield start, end, Kind.NAME, "own.surname"

    def _is_called(self, text: str, start: int) -> bool:
        """Say whether a familiar name that is a word too (小叶, 老高) stands before a mark or what persons do."""
        goes_on = self._act.match(text, start + 1) or text[start + 1 : start + 3] in self._words
        return text[start - 1 : start] in self._prefixes and bool(goes_on)

    def _is_other_word(self, text: str, start: int, end: int) -> bool:
        """Say whether a name that is also a word stands in a longer one (高峰 in 早高峰, 黄兴 in 黄兴路)."""
        name = text[start:end]
        if name not in self._words:
            return False
        longer = (text[start - 1 : end] if start else "", text[start : end + 1])
        is_longer = any(word != name and word in self._words for word in longer)
        return is_longer or self._road_after.match(text, end) is not None

    def _account(self, text: str, account: str) -> Iterator[Found]:
        if self._is_nobody(account):
            return
        is_word = account in self._words or len(account) < 3
        edge = "(?<![A-Za-z0-9])" if account[0].isascii() else ""
        end = "(?![A-Za-z0-9])" if account[-1].isascii() else ""
        quoted = "(?<=[\"“‘'「『@:])" if is_word and not account.isascii() else ""
        for match in re.finditer(f"{edge}{quoted}{re.escape(account)}{end}", text, re.IGNORECASE):
            yield *match.span(), Kind.ACCOUNT, "own.account"

    def _address(self, text: str, address: str) -> Iterator[Found]:
        detail = self._addresses.detail_start(address)
        if detail is None:
            return
        tail = address[detail:].strip()
        lead = "" if len(tail) >= 6 else address[max(0, detail - 2) : detail]
        if len(lead + tail) < _SHORTEST_ADDRESS_TAIL:
            return
        for start, end in _spread(text, lead + tail):
            yield start + len(lead), end, Kind.ADDRESS, "own.address"
        yield from self._address_parts(text, address)

    def _address_parts(self, text: str, address: str) -> Iterator[Found]:
        """Yield what names the same home in other words: fewer parts, other marks, Chinese numerals.

        It has the address's own numbers in their order, at least two of them or after the same name of compound,
        village or street.
        """
        own, packed = _figures(address), _BLANKS.sub("", address)
        for start, end in self._addresses.places(text):
            part, before = text[start:end], _BLANKS.sub("", text[max(0, start - 4) : start])[-2:]
            figures = _figures(part)
            if figures and not _in_order(figures, own):
                continue
            is_same = len(figures) >= 2 or (bool(figures) and _named_before(packed, before, figures[0]))
            if is_same or (not figures and len(part) > 2 and part in packed):
                yield start, end, Kind.ADDRESS, "own.address_part"


def _figures(address: str) -> list[str]:
    """Return the numbers of an address in their order, Chinese numerals as digits (十二栋 is 12)."""
    return [_value(number) for number in _FIGURE.findall(address)]


def _value(number: str) -> str:
    if number.isascii():
        return number.lstrip("0") or "0"
    tens, ten, ones = number.partition("十")
    if not ten:
        return "".join(str(_NUMERALS.index(each)) for each in number).lstrip("0") or "0"
    return str(10 * (_NUMERALS.index(tens[-1]) if tens else 1) + (_NUMERALS.index(ones[0]) if ones else 0))


def _in_order(figures: list[str], own: list[str]) -> bool:
    rest = iter(own)
    return all(figure in rest for figure in figures)


def _named_before(address: str, name: str, figure: str) -> bool:
    """Say whether the name stands before that number in the address (花园 before 3 in …阳光花园3栋)."""
    at = address.find(name)
    while len(name) == 2 and at >= 0:
        following = _FIGURE.search(address, at + 2)
        if following and following.start() <= at + 3 and _value(following[0]) == figure:
            return True
        at = address.find(name, at + 1)
    return False


def _numbers(fields: Iterable[str]) -> Iterator[str]:
    """Yield the numbers of phone fields, digits only, as people would repeat them."""
    for field in fields:
        for part in re.split("[/、,;，； \n]+(?=[0-9+(])", field):
            digits = "".join(_DIGITS.findall(part))
            for prefix in ("0086", "86"):
                if digits.startswith(prefix) and len(digits) - len(prefix) >= 10:
                    digits = digits.removeprefix(prefix)
            if len(digits) >= _SHORTEST_NUMBER:
                yield digits
                if digits.startswith("0") and len(digits) in (11, 12):
                    yield digits[len(digits) - 8 :] if len(digits) == 12 else digits[-7:]


def _number(view: View, number: str) -> Iterator[Found]:
    """Yield where `number` stands in the view, whatever marks are between its digits."""
    for text in {view.text, view.spoken}:
        for start, end in _spread(text, number):
            if not (text[start - 1 : start].isdigit() and start) and not text[end : end + 1].isdigit():
                yield start, end, Kind.PHONE, "own.phone"


def _spread(text: str, wanted: str) -> Iterator[tuple[int, int]]:
    """Yield the places at which `wanted` stands in `text`, with up to three marks between its characters."""
    wanted = "".join(wanted.split())
    start = text.find(wanted[0])
    while start >= 0:
        end = _match_spread(text, wanted, start)
        if end:
            yield start, end
        start = text.find(wanted[0], end or start + 1)


def _match_spread(text: str, wanted: str, start: int) -> int | None:
    at = start + 1
    for character in wanted[1:]:
        for _ in range(3):
            if text[at : at + 1] == character or text[at : at + 1] not in _BETWEEN_CHARACTERS or not text[at : at + 1]:
                break
            at += 1
        if text[at : at + 1] != character:
            return None
        at += 1
    return at
