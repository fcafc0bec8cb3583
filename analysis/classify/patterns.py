"""Compiles the terms of a term set into one regular expression that searches fast.

Python's matcher skips ahead only where every alternative starts with a plain character, so leading groups,
classes and optional parts are written out, and the alternatives are gathered by their first character.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from analysis.classify.clauses import DELIMITERS

_GAP = re.compile(r"~(\d*)")
_DEFAULT_GAP = 6
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
