"""Text as such: length-preserving normalisation, so that offsets stay true, and the digest of a version."""

import hashlib
import unicodedata
from functools import cache
from itertools import chain

import numpy as np
import numpy.typing as npt

_FOLDABLE = (
    range(0x80, 0x3400),
    range(0xA640, 0xAC00),
    range(0xF900, 0x10000),
    range(0x10780, 0x107C0),
    range(0x1D400, 0x1FC00),
    range(0x2F800, 0x2FA20),
)
"""Where Unicode has characters that NFKC changes; walking all of it would take a third of a second at every start."""


@cache
def _folded_code_points() -> npt.NDArray[np.uint32]:
    """Return for every code point the one it folds to: itself, where its NFKC form is not one character."""
    table = np.arange(0x110000, dtype=np.uint32)
    for code_point in chain.from_iterable(_FOLDABLE):
        folded = unicodedata.normalize("NFKC", chr(code_point))
        if len(folded) == 1:
            table[code_point] = ord(folded)
    return table


def code_points(text: str) -> npt.NDArray[np.uint32]:
    """Return the code points of `text`."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def fold(text: str) -> str:
    """Return `text` with full-width and compatibility characters folded one to one.

    The result has the same length as the input: a character whose NFKC form is longer than one
    character stays as it is. Case is kept.

    >>> fold("Ａ市１２３４５，（湘A）")
    'A市12345,(湘A)'
    """
    return _folded_code_points()[code_points(text)].tobytes().decode("utf-32-le", "surrogatepass")


def text_digest(title: str | None, text: str) -> str:
    """Return what tells one version of a complaint's masked text from another: SHA-256 of «title + newline + text».

    A complaint without a title counts as one with an empty title.
    """
    return hashlib.sha256(f"{title or ''}\n{text}".encode()).hexdigest()
