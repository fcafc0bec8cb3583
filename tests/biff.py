"""Writes small .xls files (BIFF8 in an OLE container), so that tests need no binary fixtures."""

import struct
from collections.abc import Sequence
from pathlib import Path

_SECTOR = 512
_END_OF_CHAIN, _FAT_SECTOR, _FREE = 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_MINI_CUTOFF = 4096
ERROR_CODES = {"#DIV/0!": 7, "#VALUE!": 15, "#REF!": 23, "#N/A": 42}

XlsCell = str | float | None


def write_xls(
    path: Path, rows: Sequence[Sequence[XlsCell]], *, sheet_name: str = "数据", is_1904: bool = False, copies: int = 1
) -> None:
    """Write one sheet (listed `copies` times).

    Text that is an Excel error (#REF! …) becomes an error cell, with «=» before it a formula's.
    """
    name = sheet_name.encode("utf-16-le")
    body = _bof(0x10) + b"".join(_cell(r, c, v) for r, row in enumerate(rows) for c, v in enumerate(row)) + _record(10)
    date_mode = _record(0x22, struct.pack("<H", is_1904))
    tail = struct.pack("<BBBB", 0, 0, len(sheet_name), 1) + name
    start = len(_bof(5)) + len(date_mode) + copies * (4 + 4 + len(tail)) + 4
    book = _bof(5) + date_mode + copies * _record(0x85, struct.pack("<I", start) + tail) + _record(10) + body
    write_ole(path, "Workbook", book)


def write_ole(path: Path, stream_name: str, content: bytes) -> None:
    """Write an OLE compound file with one stream."""
    content = content.ljust(_MINI_CUTOFF, b"\x00")
    content += b"\x00" * (-len(content) % _SECTOR)
    count = len(content) // _SECTOR
    links = [_FAT_SECTOR, _END_OF_CHAIN, *range(3, count + 2), _END_OF_CHAIN]
    fat = struct.pack(f"<{len(links)}I", *links).ljust(_SECTOR, b"\xff")
    assert len(fat) == _SECTOR
    directory = _entry("Root Entry", 5, _END_OF_CHAIN, 0, child=1) + _entry(stream_name, 2, 2, len(content))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, _MINI_CUTOFF, _END_OF_CHAIN, 0, _END_OF_CHAIN, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", _FREE) * 108
    path.write_bytes(header + fat + directory.ljust(_SECTOR, b"\x00") + content)


def _entry(name: str, kind: int, start: int, size: int, child: int = _FREE) -> bytes:
    encoded = (name + "\0").encode("utf-16-le")
    links = struct.pack("<BBIII", kind, 1, _FREE, _FREE, child)
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<H", len(encoded))
        + links
        + bytes(36)
        + struct.pack("<III", start, size, 0)
    )


def _record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _bof(kind: int) -> bytes:
    return _record(0x809, struct.pack("<HHHHII", 0x600, kind, 0x0DBB, 1996, 0, 6))


def _cell(row: int, column: int, value: XlsCell) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if value is None:
        return b""
    if isinstance(value, str) and value.lstrip("=") in ERROR_CODES:
        code = ERROR_CODES[value.lstrip("=")]
        if value.startswith("="):
            result = struct.pack("<BBBBBBH", 2, 0, code, 0, 0, 0, 0xFFFF)
            return _record(6, place + result + struct.pack("<HIH", 0, 0, 0))
        return _record(0x205, place + struct.pack("<BB", code, 1))
    if isinstance(value, str):
        return _record(0x204, place + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
    return _record(0x203, place + struct.pack("<d", value))
