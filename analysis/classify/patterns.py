"""Compiles term sets, and finds where in a long text any of them begins.

Leading groups, classes and optional parts of a term are written out, so that each variant begins with a plain
character, mostly with two. A table of these beginnings tells by whole arrays where a set could match, and only
there Python's matcher is asked: searching for dozens of large alternations would cost most of a judgement's time.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.classify.arrays import Bits, Indices
from analysis.classify.clauses import DELIMITERS
from analysis.classify.key_table import KeyTable
from analysis.text import code_points

_GAP = re.compile(r"~(\d*)")
_DEFAULT_GAP = 6
_CHARACTER_BITS = 21
_SPECIAL = set(".^$*+{}")


def compile_terms(terms: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern that finds any of the terms; `~` in a term is a gap of up to six characters, `~3` up to three.

    >>> compile_terms(("(没|没有)~2管", "推诿")).search("交警没有人管").group()
    '没有人管'
    """
    rests: dict[str, list[str]] = defaultdict(list)
    for term in terms:
        for written_out in _heads(term):
            rests[written_out[0]].append(written_out[1:])
    branches = [
        re.escape(first) + f"(?:{'|'.join(_with_gaps(rest) for rest in dict.fromkeys(rest_of))})"
        for first, rest_of in rests.items()
    ]
    return re.compile("|".join(branches))


@dataclass(frozen=True)
class TermIndex:
    """Term sets made ready for searching; set i is the i-th that `build` was given.

    after_one, after_two: for each character (by code point), and each pair of characters (by position of its key in
    `pairs`), the bits of the sets of which a term begins so.
    """

    patterns: tuple[re.Pattern[str], ...]
    after_one: Bits
    pairs: KeyTable
    after_two: Bits

    @classmethod
    def build(cls, sets: Sequence[tuple[str, ...]]) -> "TermIndex":
        """Compile term sets.

        Raises:
            ValueError, re.error: a term cannot work; see `compile_terms`.
        """
        ones: dict[int, int] = defaultdict(int)
        twos: dict[int, int] = defaultdict(int)
        for number, terms in enumerate(sets):
            for head in {beginning for term in terms for beginning in _beginnings(term)}:
                if len(head) == 1:
                    ones[ord(head)] |= 1 << number
                else:
                    twos[_pair_key(*map(ord, head))] |= 1 << number
        keys = np.array(sorted(twos), dtype=np.int64)
        after_one = np.zeros((0x110000, _words(len(sets))), dtype=np.uint64)
        for point, bits in ones.items():
            after_one[point] = _split(bits, len(sets))
        after_two = np.array([_split(twos[int(key)], len(sets)) for key in keys], dtype=np.uint64)
        after_two = after_two.reshape(len(keys), _words(len(sets)))
        return cls(tuple(compile_terms(terms) for terms in sets), after_one, KeyTable.build(keys), after_two)

    def find(self, text: str) -> Iterator[Indices]:
        """Yield for each set where in `text` a term of it begins."""
        points = code_points(text).astype(np.int64)
        bits = self.after_one[points]
        if len(points) > 1:
            pair = self.pairs.look_up(_pair_key(points[:-1], points[1:]))
            known = pair >= 0
            bits[:-1][known] |= self.after_two[pair[known]]
        hopeful = np.flatnonzero(bits.any(axis=1))
        bits = bits[hopeful]
        for number, pattern in enumerate(self.patterns):
            candidates = hopeful[(bits[:, number // 64] >> np.uint64(number % 64)) & np.uint64(1) > 0].tolist()
            matches = pattern.match
            yield np.array([place for place in candidates if matches(text, place)], dtype=np.int64)


def _pair_key(first: Any, second: Any) -> Any:
    return (first << _CHARACTER_BITS) | second


def _words(set_count: int) -> int:
    return set_count // 64 + 1


def _split(bits: int, set_count: int) -> list[int]:
    return [(bits >> (64 * word)) & (2**64 - 1) for word in range(_words(set_count))]


def _beginnings(term: str) -> Iterator[str]:
    """Yield the one or two characters that a term can begin with; one, where anything may follow it."""
    for head in _heads(term):
        first, rest = head[0], head[1:]
        if "*" in rest:  # `_heads` wrote a repetition out: what follows it may come at once
            yield first
            continue
        try:
            yield from (first + second[0] for second in _heads(rest))
        except ValueError:  # the rest may be empty, or begins with a gap
            yield first


def compile_literals(literals: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the literals, at each place the longest."""
    rests: dict[str, list[str]] = defaultdict(list)
    for literal in sorted(literals, key=lambda text: (-len(text), text)):
        rests[literal[0]].append(re.escape(literal[1:]))
    return re.compile("|".join(re.escape(first) + f"(?:{'|'.join(rest_of)})" for first, rest_of in rests.items()))


def _with_gaps(term: str) -> str:
    return _GAP.sub(lambda m: f"[^{re.escape(DELIMITERS)}]{{0,{m.group(1) or _DEFAULT_GAP}}}", term)


def _heads(term: str) -> list[str]:
    """Write a term out until each variant starts with a plain character.

    Raises:
        ValueError: it starts with something that cannot be written out, or could be empty.
    """
    variants = _split_alternatives(term)
    if len(variants) > 1:
        return [head for variant in variants for head in _heads(variant)]
    if not term:
        raise ValueError("会匹配空串")
    if term[0] == "(":
        close = _closing(term)
        inner, rest, is_optional = _optional(term[1:close], term[close + 1 :])
        if inner.startswith("?"):
            raise ValueError("开头不能是 (?…) 这样的结构")
        heads = [head for variant in _split_alternatives(inner) for head in _heads(variant + rest)]
        return heads + (_heads(rest) if is_optional else [])
    if term[0] == "[":
        close = term.index("]")
        characters, rest, is_optional = _optional(term[1:close], term[close + 1 :])
        if rest.startswith("+"):
            rest = f"[{characters}]*{rest[1:]}"
        return [c + rest for c in characters] + (_heads(rest) if is_optional else [])
    if term.startswith("\\d"):
        follows = term[2:]
        if follows.startswith("+"):
            follows = "\\d*" + follows[1:]
        return [digit + follows for digit in "0123456789"]
    if term[0] in _SPECIAL or term[0] in "~\\?":
        raise ValueError("开头应是一个字")
    first, rest, is_optional = _optional(term[0], term[1:])
    return [first + rest] + (_heads(rest) if is_optional else [])


def _optional(part: str, rest: str) -> tuple[str, str, bool]:
    return (part, rest[1:], True) if rest.startswith("?") else (part, rest, False)


def _closing(term: str) -> int:
    depth = 0
    for index, character in enumerate(term):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return index
    raise ValueError("括号不配对")


def _split_alternatives(term: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for index, character in enumerate(term):
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            parts.append(term[start:index])
            start = index + 1
    return [*parts, term[start:]]
