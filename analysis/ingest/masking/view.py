"""The view of a text that recognisers match on: spellings folded together, invisible characters gone."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from analysis.ingest.masking.spans import TOKEN, Kind, PersonalSpan
from analysis.text import fold

STAR = "*"
"""Stands in the view for whatever was written over a digit."""

FILLER = "\ue000"
"""Stands in the view for each character of a token of an earlier masking; no recogniser matches it."""

_LOOKALIKES = dict(zip("АВЕКМНОРСТУХавекмнорстухΑΒΕΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXabekmhopctyxABEHIKMNOPTYX", strict=True))
_DOTS = "•・‧∙⋅․᛫ㆍ"
_DASHES = "‐‑‒–—―−﹘﹣ー─━⸺"
_ONE_TO_ONE = _LOOKALIKES | dict.fromkeys(_DOTS, "·") | dict.fromkeys(_DASHES, "-") | {"➕": "+"}
_INVISIBLE = {"Cf", "Mn", "Me", "Cc", "Cs"}
_BLANKS = "\u2800\u3164\u115f\u1160\uffa0"

_HTML_BLANK = re.compile("&nbsp;|<br ?/?>", re.IGNORECASE)

_ENCLOSED = "①-⑨⑴-⑼⒈-⒐❶-❾➀-➈➊-➒⓵-⓽"
_ENCLOSED_DIGIT = f"{_ENCLOSED}⓪⓿"
_LIST_NUMBER = re.compile(
    f"[{_ENCLOSED}](?<![0-9０-９{_ENCLOSED_DIGIT}].)(?=[0-9０-９]|[{_ENCLOSED_DIGIT}]{{11}}(?![{_ENCLOSED_DIGIT}]))"
)
"""An enclosed digit that numbers a list (①13812345678), rather than being a digit of the number."""

_DISGUISED = re.compile(r"[0-9*](?:[OolI]|[xX]{2}|[#?_=~^%&@$+.-]{3}|…)|[lI][3-9][\dOolI]{9}")
_ZERO = re.compile(r"(?<=\d)[Oo]+(?=[\dOo])")
_ONE = re.compile(r"(?<=\d)[lI]+(?=[\dlI])|(?<![A-Za-z0-9])[lI](?=[3-9][\dlI]{9})")
"""Letters that stand for digits in the middle of a number."""

_COVER = re.compile(
    r"(?<=[\d*])(?:[xX]{3,}|([#?_=~^%&@$+.-])\1{2,})(?![A-Za-z])|(?<=\d)…+(?=\d)|(?<=\d)[xX]{2,}(?=[\d*])"
)
"""Marks and letters that cover the digits of a number."""


class FoldTable(dict[int, str | None]):
    """For `str.translate`: what each character is in the view; None for one that cannot be seen."""

    def __init__(self, star_characters: str) -> None:
        super().__init__({ord(c): STAR for c in star_characters})

    def __missing__(self, code: int) -> str | None:
        self[code] = folded = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str | None:
    if character in "\n\t\r" or character in _BLANKS:
        return "\n" if character == "\n" else " "
    if unicodedata.category(character) in _INVISIBLE:
        return None
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    folded = fold(character)
    return " " if folded.isspace() else _ONE_TO_ONE.get(folded, folded)


@dataclass(frozen=True)
class View:
    """A text as recognisers see it.

    text: the folded text without invisible characters.
    spoken_table: what `text` is translated by to read Chinese numerals as digits.
    origins: for each character of `text` its position in the original, or None where both are the same.
    """

    text: str
    spoken_table: Mapping[int, str]
    origins: list[int] | None

    @cached_property
    def spoken(self) -> str:
        """`text` with Chinese numerals as digits; of the same length."""
        return self.text.translate(self.spoken_table)

    @cached_property
    def lowered(self) -> str:
        """`text` in lower case; of the same length."""
        lowered = self.text.lower()
        if len(lowered) == len(self.text):
            return lowered
        return "".join([c.lower() if len(c.lower()) == 1 else c for c in self.text])

    def span(self, start: int, end: int, kind: Kind, rule: str) -> PersonalSpan:
        """Return the span of the original text that `start` to `end` of the view stands for."""
        if self.origins is None:
            return PersonalSpan(start, end, kind, rule)
        return PersonalSpan(self.origins[start], self.origins[end - 1] + 1, kind, rule)


def view_of(original: str, table: FoldTable, spoken_table: Mapping[int, str]) -> View:
    """Return the view of `original`.

    Letters that stand for digits become digits; whatever covers digits (138xxxx1234, 138####1234) becomes as
    many stars.
    """
    text = TOKEN.sub(lambda m: FILLER * len(m[0]), original) if "〔" in original else original
    if "&" in text or "<" in text:
        text = _HTML_BLANK.sub(lambda m: " " * len(m[0]), text)
    folded = _LIST_NUMBER.sub(FILLER, text).translate(table)
    origins = None
    if len(folded) != len(text):
        origins = [i for i, c in enumerate(text) if table[ord(c)] is not None]
    if _DISGUISED.search(folded):
        folded = _ZERO.sub(lambda m: "0" * len(m[0]), folded)
        folded = _ONE.sub(lambda m: "1" * len(m[0]), folded)
        folded = _COVER.sub(lambda m: STAR * len(m[0]), folded)
    return View(folded, spoken_table, origins)
