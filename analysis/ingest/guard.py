"""Tells what a file really is and refuses what is too dangerous to open, before any parser sees it."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from zipfile import ZipFile

from analysis.ingest.reasons import ReadFault

_MEGABYTE = 1 << 20
_CHUNK = 4 * _MEGABYTE

MAX_ENTRIES = 10_000
"""Parts of a workbook: a few dozen; more than this is no workbook."""
MAX_RATIO = 100
"""Real workbooks pack 5 to 30 to one."""
RATIO_FLOOR = 64 * _MEGABYTE
"""Below this size a high ratio does no harm."""
MAX_GRID_CELLS = 40_000_000
"""Cells of the rectangle that a sheet spans: what the reader needs memory for, however few are filled."""

DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError, KeyError)
"""What reading a damaged zip can raise."""

_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF 文件"),
    (b"\x1f\x8b", "gzip 压缩包"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf\x27\x1c", "7z 压缩包"),
    (b"SQLite format 3\x00", "数据库文件"),
    (b"PAR1", "Parquet 文件"),
    (b"\x7fELF", "程序文件"),
    (b"MZ\x90", "程序文件"),
    *((magic, "图片") for magic in _PICTURES),
)
_OLD_BIFF = re.compile(rb"\x09[\x00\x02\x04]\x04\x00|\x09\x04\x06\x00|\x09\x08[\x06\x08\x10]\x00")
_DOCTYPE = re.compile(rb"<!DOCTYPE|<!ENTITY|<\x00!\x00D|\x00<\x00!\x00D")
_DOCTYPE_REACH = 64 * 1024
_FAR_CELL = re.compile(rb'\br="([A-Z]{3})([0-9]{1,7})"[^>/]*>')
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="([0-9]{1,7})"')
_MARKS = (b"<f>", b"<f ", b"<f/", b":f>", b":f ", b't="e"', b"t='e'")
_OVERLAP = 256


def binary_kind(data: bytes) -> str:
    """Return the format of a binary file that can be read («zip», «ole»), or «» for what may be text.

    Raises:
        ReadFault: a format that holds no table, or one that cannot be read.
    """
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    for magic, name in _MAGIC:
        if data.startswith(magic):
            raise ReadFault("wrong_kind", name)
    if _OLD_BIFF.match(data):
        raise ReadFault("unsupported_format", "Excel 95 以前的工作簿")
    return ""


def open_workbook_zip(data: bytes, max_unpacked_mb: int) -> ZipFile:
    """Open an xlsx as a zip after checking that it is one and that its parts may be unpacked.

    Raises:
        ReadFault: a damaged zip, a bomb, another kind of document, or a part with a DTD.
    """
    try:
        archive = ZipFile(io.BytesIO(data))
    except DAMAGED_ZIP as error:
        raise ReadFault("damaged_zip") from error
    entries = archive.infolist()
    if not entries:
        raise ReadFault("wrong_kind", "空的压缩包")
    if len(entries) > MAX_ENTRIES:
        raise ReadFault("zip_bomb", f"内含 {len(entries)} 个部件")
    unpacked = sum(e.file_size for e in entries)
    if unpacked > max_unpacked_mb * _MEGABYTE:
        raise ReadFault("zip_bomb", f"解压后 {unpacked // _MEGABYTE} MB")
    if unpacked > RATIO_FLOOR and unpacked > MAX_RATIO * len(data):
        raise ReadFault("zip_bomb", f"解压后是原来的 {unpacked // len(data)} 倍")
    if any(e.flag_bits & 1 for e in entries):
        raise ReadFault("encrypted")
    _require_workbook({e.filename for e in entries})
    for entry in entries:
        if entry.filename.endswith((".xml", ".rels")) and _DOCTYPE.search(_head(archive, entry.filename)):
            raise ReadFault("dtd_in_xml")
    return archive


def _require_workbook(names: set[str]) -> None:
    if "xl/workbook.xml" in names:
        return
    if "xl/workbook.bin" in names:
        raise ReadFault("unsupported_format", "Excel 二进制工作簿（xlsb）")
    if any(n.startswith("word/") for n in names):
        raise ReadFault("wrong_kind", "Word 文档")
    if any(n.startswith("ppt/") for n in names):
        raise ReadFault("wrong_kind", "演示文稿")
    if "content.xml" in names:
        raise ReadFault("unsupported_format", "OpenDocument 表格（ods）")
    raise ReadFault("wrong_kind", "压缩包")


def _head(archive: ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as part:
            return part.read(_DOCTYPE_REACH)
    except DAMAGED_ZIP as error:
        raise ReadFault("damaged_zip") from error


def _chunks(archive: ZipFile, name: str) -> Iterator[bytes]:
    tail = b""
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK):
            yield tail + chunk
            tail = chunk[-_OVERLAP:]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def scan_sheet_part(archive: ZipFile, name: str) -> bool:
    """Say whether a sheet's XML holds formulas or error cells, having checked how far its filled cells reach.

    Raises:
        ReadFault: a filled cell so far out that the sheet's rectangle would not fit into memory.
    """
    has_marks = False
    last_row = last_column = 1
    for chunk in _chunks(archive, name):
        has_marks = has_marks or any(mark in chunk for mark in _MARKS)
        for match in _FAR_CELL.finditer(chunk):
            last_column = max(last_column, _column_number(match[1]))
            last_row = max(last_row, int(match[2]))
        row_start = max(chunk.rfind(b"<row "), chunk.rfind(b":row "))
        row = _ROW.search(chunk, max(row_start - _OVERLAP, 0)) if row_start >= 0 else None
        last_row = max(last_row, int(row[1])) if row else last_row
        if last_row * last_column > MAX_GRID_CELLS:
            raise ReadFault("far_cell", f"第 {last_row} 行、第 {last_column} 列")
    return has_marks
