"""Seals over the cells of a row that nobody may change: which row, which export, and which cell was changed."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from analysis.exchange.cells import clean_text, cut_to_cell, plain_words
from analysis.exchange.sheets import Value

_ALGORITHM = "sha256"
_MARK = "-"
_PART_LENGTH = 4
"""Enough to say which cell it was; that any was changed, the whole digest says."""


@dataclass(frozen=True)
class Seal:
    """Makes and checks seals with a key; white space, width and quotes in a cell make no difference."""

    key: bytes

    def of(self, identity: Mapping[str, str], cells: Mapping[str, str]) -> str:
        """Return the seal of a row: HMAC-SHA256 of all of it, then a few digits for each cell.

        Args:
            identity: what the row is: site, unit, export, problem, version.
            cells: the locked cells as text, days in ISO form.
        """
        known = [[name, plain_words(value)] for name, value in identity.items()]
        told = {name: sealed_text(value) for name, value in cells.items()}
        whole = self._digest(known, *told.items())
        return _MARK.join((whole, "".join(self._digest(known, cell)[:_PART_LENGTH] for cell in told.items())))

    def changed(self, seal: str, identity: Mapping[str, str], cells: Mapping[str, str]) -> list[str] | None:
        """Return the names of the cells that were changed since a row was sealed, None where the identity was.

        Args:
            seal: what stands in the row.
            identity: see `of`.
            cells: as they are now, in the same order.
        """
        expected = self.of(identity, cells)
        if hmac.compare_digest(seal.encode(), expected.encode()):
            return []
        parts, own = seal.rpartition(_MARK)[2], expected.rpartition(_MARK)[2]
        places = range(0, len(own), _PART_LENGTH)
        is_same = [parts[n : n + _PART_LENGTH] == own[n : n + _PART_LENGTH] for n in places]
        # A cell or two that still fit may be chance; where none or all do, it is no cell that was changed.
        if len(parts) != len(own) or all(is_same) or not any(is_same):
            return None
        return [name for name, same in zip(cells, is_same, strict=True) if not same]

    @staticmethod
    def cell_count(seal: str) -> int:
        """Return of how many cells a seal says that it is; it need not be a true one."""
        return len(seal.rpartition(_MARK)[2]) // _PART_LENGTH

    def _digest(self, *content: object) -> str:
        return hmac.digest(self.key, json.dumps(content, ensure_ascii=False).encode(), _ALGORITHM).hex()


def sealed_text(text: str) -> str:
    """Return a cell's text as it is sealed: what its cell can hold of it, however it is spaced."""
    return plain_words(cut_to_cell(clean_text(text)))


def as_read(value: Value) -> str:
    """Return what a cell that holds `value` says when it is read back."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
