"""Reads the terms of the codebook: which texts a term can begin with, and which of them are the whole of it.

A term is a regular expression in which `~` is a gap. What most terms consist of (characters, groups, classes, optional
parts) is understood here and can be written out; the rest is left to Python's matcher.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from analysis.classify.clauses import DELIMITERS

_GAP_SIGN = re.compile(r"~(\d*)")
_DEFAULT_GAP = 6
_SPELT_OUT = re.compile(r"[^\\.^$*+?{}\[\]()|~]*")
_END = ""
_DIGITS = "0123456789"
_LARGEST_CLASS = 100
_LEAST_CHARACTERS, _MOST_BEGINNINGS = 2, 50
"""How far a term is written out: beyond two characters only as long as that gives no more than so many beginnings."""


@dataclass(frozen=True)
class _Choice:
    """One of several sequences, or nothing where it is optional."""

    alternatives: tuple["_Sequence", ...]
    is_optional: bool = False


@dataclass(frozen=True)
class _Opaque:
    """A part that is not written out; it begins a term only with one of the characters `begins`."""

    may_be_empty: bool
    begins: str = ""


_Sequence = tuple["str | _Choice | _Opaque", ...]
_GAP = _Opaque(may_be_empty=True)
_REPETITION = _Opaque(may_be_empty=True)
"""The further turns of the item before it."""
_UNKNOWN = _Opaque(may_be_empty=False)


def expression(term: str) -> str:
    """Return a term as Python's regular expression: a gap never leaves the clause."""
    return _GAP_SIGN.sub(lambda m: f"[^{re.escape(DELIMITERS)}]{{0,{m.group(1) or _DEFAULT_GAP}}}", term)


@dataclass(frozen=True)
class Beginnings:
    """Texts that a term can begin with; none of them is empty.

    whole: where one of these stands, the term occurs. partial: where one of these stands, it may occur.
    """

    whole: frozenset[str]
    partial: frozenset[str]


def beginnings(term: str) -> Beginnings:
    r"""Write out how a term can begin.

    Of a repetition at the very beginning (`\d+分`) the last turn is taken for the beginning: the others are no further
    occurrences.

    Raises:
        ValueError: the term cannot work, or could be empty.
        re.error: it is no regular expression.
    """
    if term and _SPELT_OUT.fullmatch(term):
        return Beginnings(frozenset([term]), frozenset())
    reader = _Reader(term)
    front: _Front = {"": list(reader.read())}
    if not reader.is_plain:
        re.compile(expression(term))
    whole, partial = set[str](), set[str]()
    length = 0
    while front:
        ended, unclear, longer = _followed(front)
        if length >= _LEAST_CHARACTERS and len(longer) > _MOST_BEGINNINGS:
            unclear, longer = front.keys() - ended, {}
        whole |= ended
        partial |= unclear
        front = longer
        length += 1
    if "" in whole:
        raise ValueError("会匹配空串")
    if "" in partial:
        raise ValueError("开头应是一个字")
    return Beginnings(frozenset(whole), frozenset(partial))


_Front = dict[str, list[_Sequence]]
"""What can follow on each of several beginnings."""


def _followed(front: _Front) -> tuple[set[str], set[str], _Front]:
    """Return which beginnings are a whole term, which cannot be followed further, and the longer ones of the others."""
    ended, unclear, longer = set[str](), set[str](), defaultdict(list)
    for text, rests in front.items():
        steps = [step for rest in rests for step in _steps(rest, is_first=not text)]
        characters = {character for character, _ in steps}
        if _END in characters:
            ended.add(text)
        elif None in characters:
            unclear.add(text)
        else:
            for character, rest in steps:
                longer[f"{text}{character}"].append(rest)
    return ended, unclear, longer


def _may_be_empty(item: str | _Choice | _Opaque) -> bool:
    if isinstance(item, _Choice):
        return item.is_optional or any(all(map(_may_be_empty, sequence)) for sequence in item.alternatives)
    return isinstance(item, _Opaque) and item.may_be_empty


def _steps(sequence: _Sequence, *, is_first: bool) -> Iterator[tuple[str | None, _Sequence]]:
    """Yield each character a sequence can begin with, and what is left behind it.

    Instead of a character: `_END`, where nothing more is needed; None, where it cannot be told.
    """
    if not sequence:
        yield _END, ()
        return
    item, rest = sequence[0], sequence[1:]
    if isinstance(item, _Choice):
        for alternative in item.alternatives:
            yield from _steps(alternative + rest, is_first=is_first)
        if item.is_optional:
            yield from _steps(rest, is_first=is_first)
        return
    if is_first and rest and rest[0] is _REPETITION:
        rest = rest[1:]
    if isinstance(item, str):
        yield item, rest
    elif is_first and item.begins:
        yield from ((character, rest) for character in item.begins)
    else:
        yield _END if all(map(_may_be_empty, sequence)) else None, ()


class _Reader:
    """Reads one term; `is_plain` says afterwards whether all of it was understood."""

    def __init__(self, term: str) -> None:
        self._term = term
        self._at = 0
        self.is_plain = True

    def read(self) -> tuple[_Sequence, ...]:
        """Return the alternatives that the term consists of."""
        alternatives = self._alternatives()
        if self._at < len(self._term):
            raise ValueError("括号不配对")
        return alternatives

    def _alternatives(self) -> tuple[_Sequence, ...]:
        """Read up to the end or the bracket that closes the group."""
        found: list[_Sequence] = [()]
        while self._next not in ("", ")"):
            if self._next == "|":
                self._at += 1
                found.append(())
            else:
                found[-1] += self._part()
        return tuple(found)

    @property
    def _next(self) -> str:
        return self._term[self._at : self._at + 1]

    def _part(self) -> _Sequence:
        """Read a character, class, group or gap, with what says how often it stands."""
        item = self._item()
        if self._next == "?":
            self._at += 1
            return (_Choice(((item,),), is_optional=True),)
        if self._next == "+":
            self._at += 1
            return item, _REPETITION
        if self._next in ("*", "{"):
            self.is_plain = False
            self._at += 1
            return (_UNKNOWN,)
        return (item,)

    def _item(self) -> str | _Choice | _Opaque:
        character = self._next
        self._at += 1
        if character == "(":
            return self._group()
        if character == "[":
            return self._class()
        if character == "~":
            while self._next.isdecimal():
                self._at += 1
            return _GAP
        if character == "\\" and self._next == "d":
            self._at += 1
            return _Opaque(may_be_empty=False, begins=_DIGITS)
        if character in "\\.^$*+?{":
            self.is_plain = False
            self._at += character == "\\"
            return _UNKNOWN
        return character

    def _group(self) -> _Choice | _Opaque:
        is_known = self._next != "?"
        self.is_plain &= is_known
        alternatives = self._alternatives()
        if self._next != ")":
            raise ValueError("括号不配对")
        self._at += 1
        return _Choice(alternatives) if is_known else _UNKNOWN

    def _class(self) -> _Choice | _Opaque:
        end = self._term.find("]", self._at)
        if end < 0:
            raise ValueError("方括号不配对")
        inside, self._at = self._term[self._at : end], end + 1
        characters = _characters(inside)
        self.is_plain &= bool(characters)
        is_small = 0 < len(characters) <= _LARGEST_CLASS
        return _Choice(tuple((c,) for c in characters)) if is_small else _UNKNOWN


def _characters(inside: str) -> str:
    """Return the characters of a class, ranges written out; none, where it is not as simple as that."""
    if inside.startswith("^") or "\\" in inside or "[" in inside:
        return ""
    for first, last in re.findall("(.)-(.)", inside):
        inside = inside.replace(f"{first}-{last}", "".join(map(chr, range(ord(first), ord(last) + 1))))
    return inside
