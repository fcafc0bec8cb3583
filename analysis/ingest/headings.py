"""Finds the header of a sheet and says which of its columns holds what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from analysis.ingest.grid import Cell, Row, is_blank
from analysis.ingest.sources import Source, Sources, normalise, spellings

SEARCH_ROWS = 30
"""Rows that are not empty, from the top, among which a header is looked for."""
_MIN_KNOWN = 2
_MAX_HEADING = 60


@dataclass(frozen=True)
class Header:
    """The header of a sheet.

    headings: by column, the spellings that may be meant (in order) and, first of them, the one that users see.
    first_row, last_row: row numbers of the header, from 1; 0 where the format names each value.
    titles: text of the rows above.
    """

    headings: tuple[tuple[str, ...], ...]
    first_row: int = 0
    last_row: int = 0
    titles: str = ""


@dataclass(frozen=True)
class _Candidate:
    index: int
    height: int
    headings: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Mapping:
    """Which columns of a sheet hold what.

    columns: positions by canonical column; several where cells are joined, or where a heading stands twice.
    headings: the heading that users see, by position.
    unknown: headings that columns.toml does not list.
    unused: known headings that another one of the same canonical column comes before.
    ignored: positions of columns that are known and not read.
    """

    columns: dict[str, tuple[int, ...]]
    headings: dict[int, str]
    unknown: tuple[str, ...]
    unused: tuple[str, ...]
    ignored: frozenset[int]


def find_header(rows: Sequence[Row], merges: Sequence[Sequence[int]], sources: Sources) -> Header | None:
    """Return the row, or the two rows, with the most known headings; None if no row has two of them."""
    rows = [r for r in rows if r.fault is None]
    singles = [_Candidate(i, 1, _one_row(row)) for i, row in enumerate(rows)]
    pairs = [
        _Candidate(i, 2, _two_rows(*two, merges)) for i, two in enumerate(pairwise(rows)) if _can_pair(*two, sources)
    ]
    best = max((*singles, *pairs), key=lambda c: (_known_count(c, sources), -c.height, -c.index), default=None)
    if best is None or _known_count(best, sources) < _MIN_KNOWN:
        return None
    last = best.index + best.height - 1
    if best.height == 1 and _is_split(rows[best.index : best.index + 2], merges):
        best, last = _Candidate(best.index, 2, _two_rows(rows[last], rows[last + 1], merges)), last + 1
    titles = " ".join(_label(c) for r in rows[: best.index] for c in r.cells)
    return Header(best.headings, rows[best.index].number, rows[last].number, titles)


def _can_pair(top: Row, bottom: Row, sources: Sources) -> bool:
    """Say whether the lower row may belong to the header: most of what is in it are known headings."""
    below = [label for c in bottom.cells if not is_blank(c) for label in [_label(c)]]
    known = sum(any(s in sources.known_headings for s in spellings(label)) for label in below)
    return bottom.number == top.number + 1 and len(below) >= _MIN_KNOWN and 2 * known >= len(below)


def _is_split(rows: Sequence[Row], merges: Sequence[Sequence[int]]) -> bool:
    """Say whether the first row is merged with the second, and all of the second stands under groups of the first."""
    if len(rows) < 2 or rows[1].number != rows[0].number + 1:
        return False
    top = rows[0].number - 1
    is_merged_down = any(first_row == top < last_row for first_row, _, last_row, _ in merges)
    groups = {p for row, first, _, last in merges if row == top and last > first for p in range(first, last + 1)}
    above = rows[0].cells
    return is_merged_down and all(
        p in groups or p >= len(above) or is_blank(above[p]) for p, c in enumerate(rows[1].cells) if not is_blank(c)
    )


def _known_count(candidate: _Candidate, sources: Sources) -> int:
    return sum(
        any(s in sources.known_headings for name in heading for s in spellings(name)) for heading in candidate.headings
    )


def _label(cell: Cell) -> str:
    return " ".join(cell.split()) if isinstance(cell, str) and len(cell) <= _MAX_HEADING else ""


def _one_row(row: Row) -> tuple[tuple[str, ...], ...]:
    return tuple((label,) if (label := _label(c)) else () for c in row.cells)


def _two_rows(top: Row, bottom: Row, merges: Sequence[Sequence[int]]) -> tuple[tuple[str, ...], ...]:
    """Return headings of a header in two rows: a group heading stands over all columns up to the next one."""
    width = max(len(top.cells), len(bottom.cells))
    upper, lower = (([*map(_label, r.cells)] + [""] * width)[:width] for r in (top, bottom))
    groups = dict(_group_ends(top.number - 1, merges))
    headings: list[tuple[str, ...]] = []
    group, end = "", -1
    for column in range(width):
        if upper[column]:
            group, end = upper[column], groups.get(column, width if not merges else column)
        above = group if column <= end else ""
        if not lower[column]:
            headings.append((upper[column],) if upper[column] else ())
        elif above:
            headings.append((above + lower[column], lower[column]))
        else:
            headings.append((lower[column],))
    return tuple(headings)


def _group_ends(row: int, merges: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
    for first_row, first_column, last_row, last_column in merges:
        if first_row <= row <= last_row:
            yield first_column, last_column


def find_source(
    kind: str, file_name: str, sheet_name: str, header: Header, sources: Sources
) -> tuple[Source | None, bool]:
    """Return the source that file name, sheet name, titles or headings speak for, and whether it is the mere default.

    The sheet speaks before the file; the longest hint wins; only sources of this kind of folder are asked.
    """
    eligible = [s for s in sources.source if kind in s.file_kinds]
    for text in (f"{sheet_name} {header.titles}", file_name):
        found = [(len(hint), s) for s in eligible for hint in s.hints if normalise(hint) in normalise(text)]
        longest = max((length for length, _ in found), default=0)
        best = {s.source_code: s for length, s in found if length == longest}
        if len(best) == 1:
            return best.popitem()[1], False
    present = {s for h in header.headings for name in h for s in spellings(name)}
    for source in eligible:
        if source.required_headings and set(map(normalise, source.required_headings)) <= present:
            return source, False
    return next((s for s in eligible if s.is_default), None), True


def map_headings(header: Header, source: Source | None, sources: Sources) -> Mapping:
    """Map the columns of a sheet of a source (or of a yet unknown one) to canonical columns."""
    headings_of = sources.headings_of(source) if source else sources.headings
    ranks = {
        normalise(name): (column, rank) for column, names in headings_of.items() for rank, name in enumerate(names)
    }
    found: dict[str, list[tuple[int, int]]] = {}
    unknown: list[str] = []
    ignored: set[int] = set()
    for position, heading in enumerate(header.headings):
        names = (s for name in heading for s in spellings(name))
        meant = next((n for n in names if n in ranks or n in sources.ignored_headings), None)
        if meant in ranks:
            column, rank = ranks[meant]
            found.setdefault(column, []).append((rank, position))
        elif meant is not None:
            ignored.add(position)
        elif heading:
            unknown.append(heading[0])
    columns: dict[str, tuple[int, ...]] = {}
    unused: list[str] = []
    for column, places in found.items():
        top = min(rank for rank, _ in places)
        is_joined = column in sources.joined.columns
        columns[column] = tuple(p for rank, p in sorted(places) if is_joined or rank == top)
        unused += [header.headings[p][0] for rank, p in places if rank != top and not is_joined]
    shown = {p: heading[0] for p, heading in enumerate(header.headings) if heading}
    return Mapping(columns, shown, tuple(unknown), tuple(unused), frozenset(ignored))
