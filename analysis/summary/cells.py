"""Small cells of a table with totals, hidden so that they cannot be reckoned back from what is shown."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]


def hide_small(counts: Counts, smallest: int, is_small: Mask | None = None) -> Mask:
    """Return which cells of a table of counts are to be hidden.

    Every line (a row, a column) is thought to be published with its sum, which is why the table is to be given with
    its totals: the last row and the last column are the sums of the others. A cell from 1 to below `smallest` is
    hidden. As long as a line has one hidden cell only, or its hidden cells together are still small, or a hidden
    small cell follows from all lines together, the smallest cell that is still shown is hidden with it.

    Args:
        counts: rows by columns, the totals last; zeros tell of nobody and stay.
        smallest: the least count that is shown; 0 and 1 hide nothing.
        is_small: cells to be hidden besides, because of another count of theirs.
    """
    small = (counts > 0) & (counts < smallest)
    if is_small is not None and smallest > 1:
        small |= is_small & (counts > 0)
    hidden = small.copy()
    while (line := _exposed(counts, hidden, small, smallest)) is not None:
        rest = np.where(line & ~hidden & (counts > 0), counts, np.iinfo(np.int64).max)
        hidden[np.unravel_index(int(rest.argmin()), rest.shape)] = True
    return hidden


def _lines(shape: tuple[int, ...]) -> Iterator[Mask]:
    for axis, length in enumerate(shape):
        for position in range(length):
            line = np.zeros(shape, dtype=np.bool_)
            line[(position, slice(None)) if axis == 0 else (slice(None), position)] = True
            yield line


def _exposed(counts: Counts, hidden: Mask, small: Mask, smallest: int) -> Mask | None:
    """Return a line in which something must still be hidden, and can be."""
    is_total = np.zeros(counts.shape, dtype=np.bool_)
    is_total[-1, :] = is_total[:, -1] = True
    for line in _lines(counts.shape):
        own = line & hidden
        if not own.any() or not (line & ~hidden & (counts > 0)).any():
            continue
        end = np.argwhere(line)[-1]
        cells = own.copy()
        cells[tuple(end)] = False
        if own.sum() == 1 or (not hidden[tuple(end)] and counts[cells].sum() < smallest):
            return line
    for row, column in np.argwhere(determined(hidden) & small):
        line = np.zeros(counts.shape, dtype=np.bool_)
        line[row, :] = line[:, column] = True
        if (line & ~hidden & (counts > 0)).any():
            return line
    return None


def determined(hidden: Mask) -> Mask:
    """Return which hidden cells follow from the shown ones, as each line's cells add up to its last one."""
    places = np.argwhere(hidden)
    result = np.zeros(hidden.shape, dtype=np.bool_)
    if not len(places):
        return result
    rows, columns = hidden.shape
    equations = np.zeros((rows + columns, len(places)))
    for unknown, (row, column) in enumerate(places):
        equations[row, unknown] = -1.0 if column == columns - 1 else 1.0
        equations[rows + column, unknown] = -1.0 if row == rows - 1 else 1.0
    free = np.eye(len(places)) - np.linalg.pinv(equations) @ equations
    result[tuple(places[np.abs(np.diag(free)) < 1e-9].T)] = True
    return result
