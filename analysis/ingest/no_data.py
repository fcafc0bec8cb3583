"""Rows in the body of a sheet that hold no data: totals, footers, banners, repeated headers."""

from collections.abc import Sequence

from analysis.ingest.grid import Cell, SheetInfo, is_blank
from analysis.ingest.layout import Layout
from analysis.ingest.merges import Merges
from analysis.ingest.sources import Sources, normalise

_BANNER_COLUMNS = 3


def is_ragged(cells: Sequence[Cell], info: SheetInfo, layout: Layout) -> bool:
    """Say whether a row of delimited text has another width than the header; empty cells at its end do not count."""
    width = len(layout.header.headings)
    return bool(info.delimiter) and (len(cells) < width or not all(map(is_blank, cells[width:])))


def is_no_data(
    number: int, cells: Sequence[Cell], info: SheetInfo, layout: Layout, merges: Merges, sources: Sources
) -> bool:
    """Say whether a row that is not empty holds no data.

    Such a row begins with the words of a footer and has no text (a total may stand in any other column); or it
    says nothing in the column of the time of receipt (unless it repeats the header), and begins with the words of a
    footer, is one cell across the sheet, or fills only columns that are known and not read. In a sheet without times
    the id stands in for the time; as a total may stand there too, the words of a footer in the id or in a column
    that is not read suffice, and so does being one cell across the sheet; in a title, nothing may stand beside them.
    """
    mapping = layout.mapping
    filled = [(p, c) for p, c in enumerate(cells) if not is_blank(c)]
    position, first = filled[0]
    is_closing = isinstance(first, str) and sources.footer_pattern.match(first.strip()) is not None
    statement = {*mapping.columns.get("text", ()), *mapping.columns.get("title", ())}
    if is_closing and not any(p in statement for p, _ in filled):
        return True
    is_banner = len(filled) == 1 and merges.spans(number, position) >= _BANNER_COLUMNS
    if not layout.has_time and (is_banner or (is_closing and not _holds_value(position, layout))):
        return True
    marks = [(p, cells[p]) for p in mapping.columns[layout.anchor] if p < len(cells) and not is_blank(cells[p])]
    if marks:
        return _repeats_header(marks, layout) and (not layout.has_time or _repeats_header(filled, layout))
    if is_closing and (len(filled) == 1 or (layout.has_time and position not in mapping.columns.get("text", ()))):
        return True
    if is_ragged(cells, info, layout):
        return False
    return is_banner or all(p in mapping.ignored for p, _ in filled)


def _holds_value(position: int, layout: Layout) -> bool:
    return any(position in places for name, places in layout.mapping.columns.items() if name != "native_id")


def _repeats_header(filled: Sequence[tuple[int, Cell]], layout: Layout) -> bool:
    headings = layout.mapping.headings
    return layout.header.first_row > 0 and all(
        isinstance(c, str) and p in headings and normalise(c) == normalise(headings[p]) for p, c in filled
    )
