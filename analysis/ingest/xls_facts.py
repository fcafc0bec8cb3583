"""The same facts for an .xls: a walk over its OLE container and BIFF records ([MS-CFB], [MS-XLS])."""

import struct
from collections.abc import Iterator

from analysis.ingest.grid import MOST_FORMULAS, Tag
from analysis.ingest.reasons import ReadFault
from analysis.ingest.xlsx_facts import SheetFacts, WorkbookFacts

_END = 0xFFFFFFFA
"""Sector numbers from here on are marks, not sectors."""
_ENTRY = 128
_BOF, _EOF, _FORMULA, _BOOLERR, _DATEMODE, _BOUNDSHEET, _SUPBOOK = 0x809, 0x0A, 0x06, 0x205, 0x22, 0x85, 0x1AE
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


class _Container:
    """The streams of an OLE compound file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._size = 1 << struct.unpack_from("<H", data, 30)[0]
        if self._size not in {512, 4096}:
            raise ReadFault("damaged_workbook")
        directory_start, cutoff, mini_fat_start = struct.unpack_from("<I4xII", data, 48)
        self._cutoff: int = cutoff
        self._fat = self._read_fat()
        self._mini_fat = self._numbers(self._chain(mini_fat_start))
        directory = self._chain(directory_start)
        self._entries: dict[str, tuple[int, int]] = {}
        for at in range(0, len(directory) - _ENTRY + 1, _ENTRY):
            name_length = struct.unpack_from("<H", directory, at + 64)[0]
            name = directory[at : at + max(min(name_length, 64) - 2, 0)].decode("utf-16-le", "replace")
            start, size = struct.unpack_from("<II", directory, at + 116)
            if directory[at + 66]:
                self._entries.setdefault("" if directory[at + 66] == 5 else name.lower(), (start, size))

    def _sector(self, number: int) -> bytes:
        return self._data[(number + 1) * self._size : (number + 2) * self._size]

    @staticmethod
    def _numbers(content: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])

    def _read_fat(self) -> tuple[int, ...]:
        sectors = list(struct.unpack_from("<109I", self._data, 76))
        following = struct.unpack_from("<I", self._data, 68)[0]
        seen: set[int] = set()
        while following < _END and following not in seen:
            seen.add(following)
            numbers = self._numbers(self._sector(following))
            sectors += numbers[:-1]
            following = numbers[-1] if numbers else _END
        return self._numbers(b"".join(self._sector(n) for n in sectors if n < _END))

    def _chain(self, start: int) -> bytes:
        return b"".join(self._sector(n) for n in _links(self._fat, start))

    def stream(self, *names: str) -> bytes | None:
        """Return the content of the first stream there is of these names (in lower case).

        Raises:
            ReadFault: the file ends before the stream does.
        """
        found = next((self._entries[n] for n in names if n in self._entries), None)
        if found is None:
            return None
        start, size = found
        if size >= self._cutoff:
            content = self._chain(start)
        else:
            mini = self._chain(self._entries.get("", (_END, 0))[0])
            content = b"".join(mini[n * 64 : n * 64 + 64] for n in _links(self._mini_fat, start))
        if len(content) < size:
            raise ReadFault("damaged_workbook")
        return content[:size]


def _links(table: tuple[int, ...], start: int) -> Iterator[int]:
    number, steps = start, 0
    while number < len(table) and steps <= len(table):
        yield number
        number = table[number]
        steps += 1


def xls_facts(data: bytes) -> WorkbookFacts:
    """Gather the facts of an .xls.

    Raises:
        ReadFault: an encrypted workbook, another kind of OLE file, or a damaged one.
    """
    try:
        container = _Container(data)
        if container.stream("encryptedpackage") is not None:
            raise ReadFault("encrypted")
        if container.stream("worddocument") is not None:
            raise ReadFault("wrong_kind", "Word 文档")
        book = container.stream("workbook", "book")
        if book is None:
            raise ReadFault("wrong_kind", "不是 Excel 工作簿的办公文件")
        return _book_facts(book)
    except struct.error as error:
        raise ReadFault("damaged_workbook") from error


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records of one substream, those of charts inside it left out."""
    at, depth = start, 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 1:
            yield kind, stream[at + 4 : at + 4 + length]
        if depth <= 0:
            return
        at += 4 + length


def _book_facts(stream: bytes) -> WorkbookFacts:
    starts: dict[str, int] = {}
    is_1904 = has_links = False
    is_biff8 = True
    for kind, body in _records(stream, 0):
        if kind == _BOF:
            is_biff8 = struct.unpack_from("<H", body)[0] >= 0x600
        elif kind == _DATEMODE:
            is_1904 = body[:1] == b"\x01"
        elif kind == _SUPBOOK:
            has_links = has_links or len(body) > 4
        elif kind == _BOUNDSHEET:
            name = _sheet_name(body, is_biff8)
            if name in starts:  # its reader would give one of the two twice
                raise ReadFault("damaged_workbook")
            starts[name] = struct.unpack_from("<I", body)[0]
    return WorkbookFacts({name: _sheet_facts(stream, at) for name, at in starts.items()}, is_1904, has_links)


def _sheet_name(body: bytes, is_biff8: bool) -> str:
    if not is_biff8:
        return body[7 : 7 + body[6]].decode("gb18030", "replace")
    is_wide = body[7] & 1
    return body[8 : 8 + body[6] * (1 + is_wide)].decode("utf-16-le" if is_wide else "latin-1")


def _sheet_facts(stream: bytes, start: int) -> SheetFacts:
    cells: dict[tuple[int, int], list[str]] = {}
    formula_count, formulas = 0, []
    for kind, body in _records(stream, start):
        if kind == _BOOLERR and body[7]:
            cells[struct.unpack_from("<HH", body)] = [Tag.ERROR, _ERRORS.get(body[6], "#ERROR")]
        elif kind == _FORMULA:
            formula_count += 1
            formulas += [list(struct.unpack_from("<HH", body))] if formula_count <= MOST_FORMULAS else []
            if body[12:14] == b"\xff\xff" and body[6] == 2:
                cells[struct.unpack_from("<HH", body)] = [Tag.ERROR, _ERRORS.get(body[8], "#ERROR")]
    return SheetFacts(cells, formula_count, formulas)
