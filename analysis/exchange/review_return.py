"""A filled-in 复核表 read back: every cell to what it says, or to why it cannot be told."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from analysis.codebook.scheme import Scheme
from analysis.contracts import REVIEW_DECISIONS, UNIT_KINDS
from analysis.exchange.cells import plain_words
from analysis.exchange.returned_sheet import (
    CellFault,
    Form,
    ReadDay,
    RefusedWorkbookError,
    ReturnedCell,
    ReturnedSheet,
    ReturnedTable,
    brief,
    find_table,
)
from analysis.exchange.review_columns import (
    CODE_FIELDS,
    FINAL_WORD,
    review_columns,
    sub_problem_labels,
    sub_problem_spellings,
)

_NOT_FINAL = {"", "否"}
_DECISIONS = {plain_words(word): decision for decision, word in REVIEW_DECISIONS.items()}
_UNITS = {plain_words(kind): kind for kind in UNIT_KINDS}
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = ("reviewer", "reviewed_on")
"""One person reviews many rows on one day, so a cell merged over several rows holds for each of them."""


class ReviewWorkbookError(RefusedWorkbookError):
    """Some cells of a 复核表 cannot stand, so that nothing was recorded."""

    def __init__(self, faults: Sequence[CellFault]) -> None:
        super().__init__("复核表", "请逐处改正后重新导入；暂时改不了的，清空该行的黄色栏即可略过。", faults)


@dataclass(frozen=True)
class ReturnedReviews:
    """What a sheet says.

    Attributes:
        reviews: one record per row with a conclusion whose cells could all be told: complaint_id, text_digest,
            decision, codes (joined by ;), unit_kind, reason, reviewer, reviewed_on, is_final, source_row.
        skipped_count: rows of complaints without a conclusion.
        faults: cells that cannot be told.
        unread: headings of other columns and names of other sheets, which are not read.
    """

    reviews: Sequence[Mapping[str, Any]]
    skipped_count: int
    faults: Sequence[CellFault]
    unread: Sequence[str]
    _table: ReturnedTable

    def fault(self, row: int, name: str, complaint_id: str, reason: str) -> CellFault:
        """Return a fault of a review that was told, found later: in which cell it stands.

        Args:
            row: its source_row.
            name: which of its values is wrong; the row as a whole where no single cell holds it.
            complaint_id: the complaint that the review is about.
            reason: what is wrong (Chinese).
        """
        return self._table.fault(row, _CELL_OF.get(name, name), complaint_id, reason)


_CELL_OF = {"codes": CODE_FIELDS[0], "text_digest": "complaint_id"}
"""Where to look for a value that stands in no single cell, or in one that nobody sees."""


def read_review_workbook(sheets: Sequence[ReturnedSheet], scheme: Scheme, read_day: ReadDay) -> ReturnedReviews:
    """Read the one sheet that is a 复核表; what its rows mean together is not checked here.

    Rows without a conclusion and without anything that needs one are skipped, even where a reviewer signed them.

    Args:
        sheets: all sheets of the workbook, hidden ones as well.
        scheme: the sub-problems that can be chosen.
        read_day: how days are read.

    Raises:
        UsageError: none or several of the sheets are a 复核表, or columns of it are missing or doubled.
    """
    table = find_table(sheets, review_form(scheme))
    reader = _RowReader(table, scheme, read_day)
    faults = list(table.merge_faults())
    reviews, skipped = [], 0
    for number in table.row_numbers():
        cells = table.cells(number)
        if not reader.is_concluded(cells):
            skipped += bool(cells["row_id"].text or cells["complaint_id"].text)
            continue
        review, found = reader.read(number, cells)
        faults += found
        if not found:
            reviews.append(review)
    return ReturnedReviews(reviews, skipped, faults, table.unread(sheets), table)


def review_form(scheme: Scheme) -> Form:
    """Return what is known of every 复核表."""
    origin = "由 hotline review export 导出的复核表"
    return Form("复核表", origin, "诉求", review_columns(scheme), _NEEDED, shared=_SIGNATURE)


_FILLED = ("decision", *CODE_FIELDS, "unit_kind", "reason", *_SIGNATURE, "is_final")
_NEEDED = ("complaint_id", *_FILLED, "row_id", "text_digest")
_CONCLUDING = tuple(name for name in _FILLED if name not in _SIGNATURE)


@dataclass(frozen=True)
class _RowReader:
    """Tells what the cells of one row say."""

    table: ReturnedTable
    scheme: Scheme
    read_day: ReadDay

    @cached_property
    def _codes(self) -> dict[str, str]:
        return sub_problem_spellings(self.scheme)

    def is_concluded(self, cells: Mapping[str, ReturnedCell]) -> bool:
        """Say whether a row holds anything that makes a conclusion, or a part of one."""
        return any(cells[name] for name in _CONCLUDING)

    def read(self, number: int, cells: Mapping[str, ReturnedCell]) -> tuple[dict[str, Any], list[CellFault]]:
        complaint_id = cells["row_id"].text
        faults = [
            self.table.fault(number, name, complaint_id, reason)
            for name, reason in (*self._troubles(cells), *self._key_faults(cells))
        ]
        values: dict[str, Any] = {
            "complaint_id": complaint_id,
            "text_digest": cells["text_digest"].text,
            "reason": cells["reason"].text,
            "reviewer": cells["reviewer"].text,
            "source_row": number,
        }
        readers: dict[str, Callable[[ReturnedCell], Any]] = {
            "decision": self._decision,
            "unit_kind": self._unit,
            "reviewed_on": self.read_day,
            "is_final": _is_final,
            **dict.fromkeys(CODE_FIELDS, self._code),
        }
        for name, read in readers.items():
            try:
                values[name] = None if cells[name].trouble else read(cells[name])
            except ValueError as error:
                faults.append(self.table.fault(number, name, complaint_id, str(error)))
        codes = [values.pop(name, None) for name in CODE_FIELDS]
        return values | {"codes": ";".join(filter(None, codes))}, faults

    def _troubles(self, cells: Mapping[str, ReturnedCell]) -> Iterator[tuple[str, str]]:
        yield from ((name, cells[name].trouble) for name in _NEEDED if cells[name].trouble)

    def _key_faults(self, cells: Mapping[str, ReturnedCell]) -> Iterator[tuple[str, str]]:
        key, shown, digest = cells["row_id"], cells["complaint_id"], cells["text_digest"]
        if not key.text:
            yield "row_id", "这一行没有行标识，不是导出的行，看不出是哪件诉求。请在导出的行里填写，并清空这一行。"
        elif key.text != shown.text:
            yield "complaint_id", "诉求编号与这一行原来的不同，内容可能错了行。请重新导出复核表再填。"
        elif not _DIGEST.fullmatch(digest.text):
            yield "text_digest", "隐藏的文本指纹被改动了。请重新导出复核表再填。"

    @staticmethod
    def _decision(cell: ReturnedCell) -> str:
        if not cell.text:
            raise ValueError("填了别的却没有复核结论。请选纳入或不纳入，或清空这一行的黄色栏。")
        decision = _DECISIONS.get(plain_words(cell.text))
        if decision is None:
            raise ValueError(f"“{brief(cell.text)}”不是复核结论。请从下拉列表选纳入或不纳入。")
        return decision

    def _code(self, cell: ReturnedCell) -> str | None:
        if not cell.text:
            return None
        code = self._codes.get(plain_words(cell.text))
        if code is None:
            similar = get_close_matches(cell.text, self._names, n=1)
            proposal = f"是否为“{similar[0]}”？" if similar else ""
            raise ValueError(f"没有“{brief(cell.text)}”这个小类。{proposal}请从下拉列表选一个，一格一个。")
        return code

    @cached_property
    def _names(self) -> list[str]:
        return [*sub_problem_labels(self.scheme).values(), *(s.name for s in self.scheme.sub_problems.values())]

    @staticmethod
    def _unit(cell: ReturnedCell) -> str | None:
        if not cell.text:
            return None
        kind = _UNITS.get(plain_words(cell.text))
        if kind is None:
            raise ValueError(f"“{brief(cell.text)}”不在单位之列。请从下拉列表选：{'、'.join(UNIT_KINDS)}。")
        return kind


def _is_final(cell: ReturnedCell) -> bool:
    word = plain_words(cell.text)
    if word in _NOT_FINAL:
        return False
    if word != FINAL_WORD:
        raise ValueError(f"“{brief(cell.text)}”不能用在裁定栏。请选“{FINAL_WORD}”，或留空。")
    return True
