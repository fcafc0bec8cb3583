"""Cuts out of a text the place where most of the words that were looked for stand together, and marks them."""

import re
from collections.abc import Sequence

from analysis.text import fold


def cut_snippet(text: str, words: Sequence[str], width: int) -> str:
    """Return about `width` characters of `text` on one line with `words` in 【】; its beginning if none is there.

    Letters are found in either case, full-width ones as well.

    >>> cut_snippet("昨天停车买药，出来发现被交警抄牌。", ["抄牌", "交警"], 8)
    '…现被【交警】【抄牌】。'
    """
    places = _places(text, words)
    lead = width // 4
    best = max(places, key=lambda place: (_seen(text, places, place[0], width - lead), -place[0]), default=(0, 0))
    start = max(0, best[0] - lead)
    end = min(start + width, len(text))
    parts, position = ["…"] if start else [], start
    for first, last in places:
        if start <= first < end:
            parts += (text[position:first], f"【{text[first:last]}】")
            position = last
    parts.append(text[position:end])
    if max(position, end) < len(text):
        parts.append("…")
    return re.sub(r"\s+", " ", "".join(parts))


def _places(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Return where words stand, from left to right, the longest where several begin."""
    if not words:
        return []
    longest_first = sorted({fold(word) for word in words}, key=lambda word: (-len(word), word))
    pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)
    return [match.span() for match in pattern.finditer(fold(text))]


def _seen(text: str, places: Sequence[tuple[int, int]], start: int, width: int) -> int:
    """Return how many different words stand in a part of the text."""
    return len({text[first:last] for first, last in places if start <= first < start + width})
