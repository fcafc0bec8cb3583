"""Small counts of a published table cannot be reckoned back from what is shown of it (row 15)."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from analysis.summary.cells import hide_small
from tests.trust.tally import Tally

Counts = NDArray[np.int64]


def table_with_totals(rng: np.random.Generator) -> Counts:
    """Return counts of units by categories as offices have them, many of them small, with their sums."""
    rows, columns = rng.integers(1, 8), rng.integers(1, 6)
    inner = rng.poisson(rng.choice([0.5, 2, 6, 20], size=(rows, columns)))
    with_sums = np.vstack([inner, inner.sum(axis=0)])
    return np.hstack([with_sums, with_sums.sum(axis=1, keepdims=True)]).astype(np.int64)


def reckoned(counts: Counts, hidden: NDArray[np.bool_]) -> list[tuple[int, int, float, float]]:
    """Return the least and the greatest value that each hidden cell can have, by what is shown and by the sums."""
    rows, columns = counts.shape
    equations, values = [], []
    for row in range(rows):
        line = np.zeros(counts.shape)
        line[row, :-1], line[row, -1] = 1, -1
        equations.append(line.ravel())
    for column in range(columns):
        line = np.zeros(counts.shape)
        line[:-1, column], line[-1, column] = 1, -1
        equations.append(line.ravel())
    values = np.zeros(len(equations))
    # What is hidden is not nothing: a zero is shown.
    bounds = [(1, None) if h else (n, n) for n, h in zip(counts.ravel(), hidden.ravel(), strict=True)]
    found = []
    for row, column in np.argwhere(hidden):
        aim = np.zeros(counts.size)
        aim[row * columns + column] = 1
        ends = [linprog(sign * aim, A_eq=np.array(equations), b_eq=values, bounds=bounds) for sign in (1, -1)]
        assert ends[0].status == 0, ends[0].message
        found.append((int(row), int(column), ends[0].fun, -ends[1].fun if ends[1].status == 0 else np.inf))
    return found


@pytest.mark.promise("small_cell")
@pytest.mark.parametrize("smallest", [5, 20])
def test_sums_do_not_give_a_small_cell_away(smallest: int, tally: Tally, times: Callable[[int, int], int]) -> None:
    rng = np.random.default_rng(20261129 + smallest)
    for number in range(times(20, 500)):
        counts = table_with_totals(rng)
        hidden = hide_small(counts, smallest)
        shown_small = (counts > 0) & (counts < smallest) & ~hidden
        tally.count(not shown_small.any(), f"table {number}: a small cell is shown")
        for row, column, low, high in reckoned(counts, hidden):
            is_small = counts[row, column] < smallest
            tally.count(not (is_small and high - low < 0.5), f"table {number}: cell {row}, {column} follows")
