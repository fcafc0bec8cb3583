"""Delimited text to rows, with a dialect fixed by evidence; a broken record never shifts those after it."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from analysis.ingest.decode import Decoded
from analysis.ingest.grid import Row, Sheet, SheetInfo
from analysis.ingest.reasons import ReadFault

_DELIMITERS = (",", "\t", ";", "|")
_SAMPLE_RECORDS = 50
_DIRECTIVE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
_MAX_REPAIRS = 200
_FIELD_LIMIT = 4_000_000
"""Characters of a cell beyond which an open quote is taken to have swallowed the rest of the file."""


def read_delimited(decoded: Decoded, max_rows: int) -> Sheet:
    """Return the rows of a delimited text.

    A record with an open or stray quote is one faulty row at its first physical line; reading goes on at the
    next physical line. Rows keep their width, so that a missing or surplus delimiter shows.

    Raises:
        ReadFault: more rows than allowed, or quotes that do not match all over the file.
    """
    csv.field_size_limit(_FIELD_LIMIT)
    lines = list(io.StringIO(decoded.text, newline=""))
    directive = _DIRECTIVE.fullmatch(lines[0]) if lines else None
    first = 1 if directive else 0
    delimiter = directive[1] if directive else _delimiter(lines)
    rows: list[Row] = []
    for number, cells, line_count in _records(lines, first, delimiter):
        if cells == [] or (cells is not None and not any(cells)):
            continue
        if len(rows) >= max_rows:
            raise ReadFault("too_many_rows", str(max_rows))
        record = range(number, number + line_count)
        if cells is None:
            rows.append(Row(number, [_raw(decoded, lines, record)], "unbalanced_quotes"))
        elif decoded.foreign_lines and decoded.foreign_lines.intersection(record):
            rows.append(Row(number, [_raw(decoded, lines, record)], "mixed_encoding"))
        else:
            rows.append(Row(number, [cell or None for cell in cells]))
    return Sheet(SheetInfo("", delimiter=delimiter), rows)


def _raw(decoded: Decoded, lines: list[str], record: range) -> str:
    """Return the physical lines of a record for a human to read."""
    shown = (decoded.foreign(lines[n - 1]) if n in decoded.foreign_lines else lines[n - 1] for n in record)
    return "".join(shown).rstrip("\r\n")


def _records(lines: list[str], first: int, delimiter: str) -> Iterator[tuple[int, list[str] | None, int]]:
    """Yield physical line (from 1), cells (None for a broken record) and number of lines of each record."""
    start = first
    repairs = 0
    while start < len(lines):
        reader = csv.reader((lines[i] for i in range(start, len(lines))), delimiter=delimiter, strict=True)
        record_start = start
        try:
            for cells in reader:
                yield record_start + 1, cells, start + reader.line_num - record_start
                record_start = start + reader.line_num
            return
        except csv.Error:
            repairs += 1
            if repairs > _MAX_REPAIRS:
                raise ReadFault("broken_quotes", str(repairs)) from None
            yield record_start + 1, None, 1
            start = record_start + 1


def _delimiter(lines: list[str]) -> str:
    """Return the delimiter by which most of the first records have the same number of cells."""
    best, best_score = _DELIMITERS[0], (0, 0)
    for delimiter in _DELIMITERS:
        widths: Counter[int] = Counter()
        for _, cells, _ in _records(lines, 0, delimiter):
            widths[len(cells or [])] += 1
            if widths.total() >= _SAMPLE_RECORDS:
                break
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]), default=(0, 0))
        score = (count, width) if width > 1 else (0, 0)
        if score > best_score:
            best, best_score = delimiter, score
    return best
