"""Texts with marked spans ⟦…⟧, read from data files; whether a span is gone from a masked text, or still there."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

_TEXTS = Path(__file__).parent / "texts"
_MARK = re.compile("⟦([^⟦⟧]*)⟧")


@dataclass(frozen=True)
class Marked:
    """A text without its marks, the marked spans, and its line in the file (`names.txt:12`)."""

    text: str
    spans: tuple[str, ...]
    place: str


def marked_texts(file: str) -> Iterator[Marked]:
    """Yield the texts of a file, one a line; lines that begin with # are about the file."""
    for number, line in enumerate((_TEXTS / file).read_text(encoding="utf-8").splitlines(), start=1):
        if line and not line.startswith("#"):
            yield _unmarked(line, f"{file}:{number}")


def with_other_digits(marked: Marked, rng: Random) -> Marked:
    """Return the text with other digits in the second half of each longer number of its spans."""
    line = marked.text
    spans = []
    for span in marked.spans:
        other = re.sub("[0-9]{3,}", lambda match: _other_half(match.group(), rng), span)
        line = line.replace(span, other, 1)
        spans.append(other)
    return Marked(line, tuple(spans), marked.place)


def with_other_spans(marked: Marked, make: Callable[[], str]) -> Marked:
    """Return the text with something new of the same kind in each of its spans."""
    line, spans = marked.text, []
    for span in marked.spans:
        spans.append(make())
        line = line.replace(span, spans[-1], 1)
    return Marked(line, tuple(spans), marked.place)


def is_gone(span: str, text: str, masked: str) -> bool:
    """Whether less than half of a span, and not its end, can still be read where it stood.

    A place's name or a surname that stays tells little; a given name, a house number or a room tells whose it is.
    """
    text, masked, span = (_folded(each) for each in (text, masked, span))
    end = span[-min(3, max(2, len(span) - 1)) :]
    halves = (span[start : start + -(-len(span) // 2)] for start in range(len(span) // 2 + 1))
    return all(len(part) < 2 or masked.count(part) < text.count(part) for part in (end, *halves))


def still_there(span: str, text: str, masked: str) -> bool:
    """Whether a span can be read in the masked text as often as before, whole."""
    return masked.count(span) >= text.count(span)


def _unmarked(line: str, place: str) -> Marked:
    return Marked(_MARK.sub(r"\1", line), tuple(_MARK.findall(line)), place)


def _other_half(number: str, rng: Random) -> str:
    kept = -(-len(number) // 2)
    return number[:kept] + "".join(rng.choice("0123456789") for _ in number[kept:])


def _folded(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
