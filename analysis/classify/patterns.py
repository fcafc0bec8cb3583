"""Compiles terms and literals to Python's patterns."""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from analysis.classify.terms import expression


@cache
def compile_terms(terms: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern that finds any of the terms; `~` in a term is a gap of up to six characters, `~3` up to three.

    >>> compile_terms(("(没|没有)~2管", "推诿")).search("交警没有人管").group()
    '没有人管'
    """
    return re.compile("|".join(map(expression, terms)))


def compile_literals(literals: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the literals, at each place the longest."""
    rests: dict[str, list[str]] = defaultdict(list)
    for literal in sorted(literals, key=lambda text: (-len(text), text)):
        rests[literal[0]].append(re.escape(literal[1:]))
    return re.compile("|".join(re.escape(first) + f"(?:{'|'.join(rest_of)})" for first, rest_of in rests.items()))
