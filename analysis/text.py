"""Length-preserving normalisation, so that offsets into the result are offsets into the original."""

import unicodedata
from functools import cache


@cache
def _fold_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


def fold(text: str) -> str:
    """Return `text` with full-width and compatibility characters folded one to one.

    The result has the same length as the input: a character whose NFKC form is longer than one
    character stays as it is. Case is kept.

    >>> fold("Ａ市１２３４５，（湘A）")
    'A市12345,(湘A)'
    """
    return "".join(map(_fold_character, text))
