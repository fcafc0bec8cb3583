"""Bytes to text: strict, by evidence, never with replacement characters."""

import re
from dataclasses import dataclass

from analysis.ingest.reasons import ReadFault

_BOMS: tuple[tuple[bytes, str], ...] = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_UTF8_HANZI = re.compile(rb"[\xe3-\xe9][\x80-\xbf]{2}")
_USUAL = re.compile(r"[\t\r\n -~\u00b7\u2010-\u2027\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_USUAL_SHARE = 0.9
_SAMPLE = 100_000
_BYTES = "latin-1"
"""Turns every byte into one character and back."""


@dataclass(frozen=True)
class Decoded:
    """The text of a file.

    foreign_lines: physical lines (from 1) that are not in the encoding of the others; their text is
        unusable, but commas, quotes and line ends in it stand where they stood.
    """

    text: str
    encoding: str
    foreign_lines: frozenset[int] = frozenset()

    def foreign(self, line: str) -> str:
        """Return a foreign line as it probably reads, for a human's eyes only."""
        other = "gb18030" if self.encoding == "utf-8" else "utf-8"
        return line.encode(_BYTES).decode(other, "backslashreplace")


def decode(data: bytes) -> Decoded:
    """Decode a text file: byte-order mark, UTF-16 by evidence, strict UTF-8, then strict GB18030.

    UTF-8 is tried first, because GB18030 accepts most UTF-8 and misreads it silently. A file whose lines
    are in both keeps the lines of the majority; the others are listed as foreign.

    Raises:
        ReadFault: nothing fits.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            body = data[len(bom) :]
            return _by_lines(body) if encoding == "utf-8" else Decoded(_strict(body, encoding), encoding)
    if b"\x00" in data[:_SAMPLE]:
        for encoding in ("utf-16-le", "utf-16-be"):
            if _is_evident(data, encoding):
                return Decoded(_strict(data, encoding), encoding)
    return _by_lines(data)


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ReadFault("unknown_encoding", f"{encoding.upper()} 在第 {error.start} 字节处中断") from error


def _is_evident(data: bytes, encoding: str) -> bool:
    try:
        sample = data[:_SAMPLE].decode(encoding)
    except UnicodeDecodeError:
        return False
    return "\x00" not in sample and len(_USUAL.findall(sample)) >= _USUAL_SHARE * len(sample)


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _by_lines(data: bytes) -> Decoded:
    if _decodes(data, "utf-8"):
        return Decoded(data.decode("utf-8"), "utf-8")
    lines = data.splitlines(keepends=True)
    utf8, gb, neither = set(), set(), set()
    for number, line in enumerate(lines, start=1):
        if line.isascii():
            continue
        if _decodes(line, "utf-8") and _UTF8_HANZI.search(line):
            utf8.add(number)
        elif _decodes(line, "gb18030"):
            gb.add(number)
        else:
            neither.add(number)
    encoding, foreign = ("utf-8", gb | neither) if len(utf8) > len(gb) else ("gb18030", utf8 | neither)
    if len(neither) >= max(len(utf8), len(gb)):
        raise ReadFault("unknown_encoding", f"{len(neither)} 行既不是 UTF-8 也不是 GB18030")
    text = "".join(line.decode(_BYTES if n in foreign else encoding) for n, line in enumerate(lines, start=1))
    return Decoded(text, encoding, frozenset(foreign))
