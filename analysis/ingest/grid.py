"""What the reading child hands to its parent: sheets of raw cells, as JSON lines.

A cell is its text, an int or float (a number cell), a bool, None (nothing in it), or a pair
``[tag, value]`` for what is none of these.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from itertools import count, islice
from typing import Any, BinaryIO

from analysis.ingest.reasons import ReadFault

Cell = str | int | float | bool | list[str] | None

DAMAGED_NUMBER = 10**15
"""Excel keeps 15 digits: what lies at or above this as a number has lost its last ones."""

MOST_FORMULAS = 10_000
"""More formulas of a sheet are counted, but not told one by one."""


class Tag(StrEnum):
    """Kinds of cells that plain JSON values cannot express; the second item of the pair is given in brackets."""

    DATE = "date"
    """A date cell (ISO date or date and time)."""
    TIME = "time"
    """A time of day or a duration without a date (as text)."""
    ERROR = "error"
    """An Excel error (#REF!, #N/A …)."""
    UNCACHED = "uncached"
    """A formula whose result was never stored (empty)."""
    NESTED = "nested"
    """A JSON object or list where a value should be (empty)."""
    NUMBER = "number"
    """A number that a float cannot hold as it was written (its digits)."""


def distinct_names(names: Iterable[str]) -> list[str]:
    """Return the names of the sheets of a file, repeated ones numbered («数据（2）»), so that each is one address."""
    given = list(names)
    found: dict[str, None] = {}
    for name in given:
        copies = (f"{name}（{n}）" for n in count(2))
        shown = name if name not in found else next(c for c in copies if c not in found and c not in given)
        found[shown] = None
    return list(found)


def is_blank(cell: Cell) -> bool:
    """Say whether there is nothing in a cell but white space."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


@dataclass(frozen=True)
class Row:
    """A row that is not empty: its number in the sheet (from 1) and its cells.

    Where the cells cannot be told, `fault` is the code of why, and the one cell is the raw row for a human to read.
    """

    number: int
    cells: list[Cell]
    fault: str | None = None


@dataclass(frozen=True)
class SheetInfo:
    """What is known of a sheet beside its rows.

    header: headings where the format gives them with each value (JSON); else they are looked for.
    delimiter: of delimited text, where the number of cells of a row means something; else empty.
    formulas: where the formulas stand (row, column), counted from 0; of many only the first MOST_FORMULAS.
    merges: merged ranges (first row, first column, last row, last column), counted from 0.
    """

    name: str
    is_hidden: bool = False
    header: list[str] | None = None
    delimiter: str = ""
    is_1904: bool = False
    formula_count: int = 0
    formulas: list[list[int]] = field(default_factory=list)
    merges: list[list[int]] = field(default_factory=list)


@dataclass(frozen=True)
class FileInfo:
    """What is known of a file: its real format and, for text, its encoding and delimiter."""

    format: str
    encoding: str = ""
    has_external_links: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet with its rows; on the parent's side they are read as they are asked for."""

    info: SheetInfo
    rows: list[Row] | Iterator[Row]


_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_HALF_CHARACTERS = "surrogatepass"
"""What a broken file may hold; told to the user by whoever looks into the cell."""


def _line(message: Any) -> bytes:
    return _ENCODER.encode(message).encode("utf-8", _HALF_CHARACTERS) + b"\n"


def _read_line(line: bytes) -> Any:
    return json.loads(line.decode("utf-8", _HALF_CHARACTERS))


def write_file_info(out: BinaryIO, info: FileInfo) -> None:
    """Write the first line of a reading."""
    out.write(_line(asdict(info)))


def write_sheet(out: BinaryIO, info: SheetInfo, rows: list[Row]) -> None:
    """Write a sheet and its rows."""
    out.write(_line({**asdict(info), "row_count": len(rows)}))
    for row in rows:
        out.write(_line([row.number, row.cells] if row.fault is None else [row.number, row.cells, row.fault]))


def write_end(out: BinaryIO, file_id: str) -> None:
    """Write the line that says that all was read, with the SHA-256 of what was read."""
    out.write(_line({"file_id": file_id}))


def write_fault(out: BinaryIO, fault: ReadFault) -> None:
    """Write the line that says why the file could not be read."""
    out.write(_line({"code": fault.code, "detail": fault.detail}))


def read_file_info(stream: BinaryIO) -> FileInfo:
    """Read the first line of a reading."""
    return FileInfo(**_read_line(stream.readline()))


def read_sheets(stream: BinaryIO) -> Iterator[Sheet]:
    """Read the sheets that follow; the rows of one must be used before the next is asked for."""
    while True:
        content = _read_line(stream.readline())
        if "row_count" not in content:
            return
        row_count = content.pop("row_count")
        rows = (Row(*_read_line(line)) for line in islice(stream, row_count))
        yield Sheet(SheetInfo(**content), rows)
        for _ in rows:
            pass
