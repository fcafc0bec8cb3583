"""Text that is safe to put in a cell, and how much room it takes there."""

import re
import unicodedata
from functools import cache, lru_cache

CELL_LIMIT = 32_767
"""Longest text of a cell, in UTF-16 units; Excel and xlsxwriter drop what is longer without a word."""

_ILLEGAL_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_BREAKS = re.compile("\r\n?")
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""Excel reads a typed text that starts so as a formula; in Chinese input mode the full-width ones too."""
_CHINESE = "[一-鿿，。、：；？！（）《》“”]+"
"""A run of characters that are all two units wide: they are counted, not looked at one by one."""
_WORDS = re.compile(rf"{_CHINESE}|[!-~]+|.", re.DOTALL)
_QUOTES = str.maketrans("", "", "\"'“”‘’「」『』\u200b\ufeff")
_LATIN_WIDTH = 1.15
"""Latin letters of the fonts that replace 宋体 on other systems are wider than half a Chinese character."""


def clean_text(text: str) -> str:
    """Return `text` without characters that no workbook can hold, with plain line breaks; nothing else changes."""
    return _ILLEGAL_IN_XML.sub("", _LINE_BREAKS.sub("\n", text))


def cut_to_cell(text: str) -> str:
    """Return `text`, or its beginning with a visible note where it is longer than a cell can hold."""
    if fits_in_cell(text):
        return text
    note = f"……【此处截断：单元格放不下，原文共{len(text)}字】"
    room = 2 * (CELL_LIMIT - len(note))
    return text.encode("utf-16-le")[:room].decode("utf-16-le", errors="ignore") + note


def fits_in_cell(text: str) -> bool:
    """Say whether a cell can hold `text` whole."""
    return 2 * len(text) <= CELL_LIMIT or len(text) + sum(character > "\uffff" for character in text) <= CELL_LIMIT


def reads_as_formula(text: str) -> bool:
    """Say whether a spreadsheet would take `text` for a formula if a user typed or re-entered it."""
    return text.startswith(("\t", "\r")) or text.lstrip().startswith(_FORMULA_STARTS)


def plain_words(text: str) -> str:
    """Return a heading or a choice as it is compared: whatever white space, width and quotes it was retyped with.

    >>> plain_words("被反映 单位") == plain_words("被反映单位")
    True
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split()).casefold()
    return plain.translate(_QUOTES)


@cache
def _character_width(character: str) -> float:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WFA" else _LATIN_WIDTH


def display_width(text: str) -> float:
    """Return how wide `text` is in halves of a Chinese character.

    >>> display_width("整改台账")
    8
    """
    return sum(map(_character_width, text))


@lru_cache(maxsize=20_000)
def _word_width(word: str) -> float:
    return display_width(word)


@lru_cache(maxsize=5_000)
def wrapped_line_count(text: str, units: float) -> int:
    """Return how many lines `text` takes in a cell that is `units` halves of a Chinese character wide, at least one.

    Latin words and numbers move to the next line as a whole where they fit there, as office programs do it. Words and
    short cells repeat from row to row, so the last ones are remembered.
    """
    return sum(_lines_of_paragraph(paragraph, max(units, 2)) for paragraph in text.split("\n"))


def _lines_of_paragraph(paragraph: str, units: float) -> int:
    if 2 * len(paragraph) <= units:
        return 1
    lines, used = 1, 0.0
    for word in _WORDS.findall(paragraph):
        width = _word_width(word) if len(word) == 1 or word[0] <= "~" else 2 * len(word)
        if used + width <= units:
            used += width
        elif len(word) > 1 and word[0] > "~":
            left = len(word) - int((units - used) // 2)
            further = -(-left // int(units // 2))
            lines, used = lines + further, 2 * (left - (further - 1) * int(units // 2))
        elif width <= units:
            lines, used = lines + 1, width
        else:
            full_lines, used = divmod(used + width, units)
            lines += int(full_lines)
    return lines
