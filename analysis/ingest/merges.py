"""Merged cells in the body of a sheet."""

from collections.abc import Iterable

from analysis.ingest.grid import Cell, Row, SheetInfo, is_blank


class Merges:
    """Merged cells of a sheet whose rows are asked for in order.

    A value that spans rows counts for each of them, in the columns of `filled_positions`.
    """

    def __init__(self, info: SheetInfo, first_data_row: int, filled_positions: frozenset[int]) -> None:
        self._spans = {(m[0] + 1, m[1]): m[3] - m[1] + 1 for m in info.merges}
        self._ends: dict[int, list[tuple[int, int]]] = {}
        for first_row, column, last_row, _ in info.merges:
            if last_row > first_row and first_row + 1 >= first_data_row:
                self._ends.setdefault(first_row + 1, []).append((column, last_row + 1))
        self._open: dict[int, tuple[int, Cell]] = {}
        self._filled_positions = filled_positions
        self.filled_count = 0

    def spans(self, row_number: int, column: int) -> int:
        """Return how many columns the cell spans."""
        return self._spans.get((row_number, column), 1)

    def is_open(self, positions: Iterable[int]) -> bool:
        """Say whether the last row lies below the first of a merged range in one of these columns."""
        return any(p in self._open for p in positions)

    def fill(self, row: Row) -> list[Cell]:
        """Return the cells of the next row, with what merged cells above hold for it."""
        if not self._ends:
            return row.cells
        self._open = {p: (end, cell) for p, (end, cell) in self._open.items() if end >= row.number}
        cells = list(row.cells)
        if any(not is_blank(c) for c in cells):
            for position, (_, cell) in self._open.items():
                if position in self._filled_positions:
                    cells.extend(None for _ in range(position + 1 - len(cells)))
                    if cells[position] is None and cell is not None:
                        cells[position] = cell
                        self.filled_count += 1
        for position, end in self._ends.get(row.number, []):
            self._open[position] = (end, cells[position] if position < len(cells) else None)
        return cells
