"""Checks reviews before they are recorded: every row that cannot stand is told with its reason, and none is taken."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.contracts import REVIEW_DECISIONS, REVIEW_SOURCES, UNIT_KINDS
from analysis.errors import UsageError
from analysis.ledger.reviews import join_codes
from analysis.line import one_line

REVIEW_INPUT = (
    "complaint_id",
    "text_digest",
    "decision",
    "codes",
    "unit_kind",
    "reviewer",
    "reason",
    "is_final",
    "reviewed_on",
    "source",
    "source_file",
    "source_row",
)
"""Columns that a table of reviews must have to be recorded; their meaning is that of REVIEWS."""

_LONGEST_REVIEWER = 40
"""Longer than any name; a cell that holds more was filled in by mistake."""
_SHOWN = 40


@dataclass(frozen=True)
class RowFault:
    """Why one row cannot be recorded: where it stands, in which column, and what to do."""

    position: int
    source_file: str | None
    source_row: int | None
    complaint_id: str
    column: str
    reason: str

    def __str__(self) -> str:
        complaint = f"诉求 {_shown(self.complaint_id)}" if self.complaint_id else "诉求编号为空"
        return f"{_place(self.position, self.source_row)}（{complaint}）{self.reason}"


class InvalidReviewsError(UsageError):
    """Some rows cannot be recorded, so that none was; `faults` has one entry per row and reason."""

    def __init__(self, faults: Iterable[RowFault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.position))
        row_count = len({fault.position for fault in self.faults})
        super().__init__(f"复核表有 {row_count} 行不能记入，一行也没有记入：{'；'.join(map(str, self.faults))}。")


def prepare_reviews(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of REVIEW_INPUT in one spelling: no blanks around, codes sorted, missing text "" or None.

    What is no date, or neither true nor false, stays as it is, for `find_faults` to tell.

    Raises:
        UsageError: a column is missing.
    """
    missing = [name for name in REVIEW_INPUT if name not in reviews]
    if missing:
        raise UsageError(f"复核表缺少 {'、'.join(missing)} 列。请用导出的复核表填写。")
    rows = [_prepared(row) for row in reviews[list(REVIEW_INPUT)].astype(object).to_dict("records")]
    return pd.DataFrame(rows, columns=list(REVIEW_INPUT), dtype=object)


def _prepared(row: dict[Any, Any]) -> dict[str, Any]:
    texts = {name: _text(row[name]) for name in REVIEW_INPUT}
    nullable = {name: row[name] if texts[name] else None for name in ("source_row", "reviewed_on")}
    day, is_final = nullable["reviewed_on"], row["is_final"] if texts["is_final"] else False
    return texts | {
        "codes": join_codes(filter(None, map(str.strip, texts["codes"].split(";")))),
        "unit_kind": texts["unit_kind"] or None,
        "is_final": bool(is_final) if is_final in (True, False) else is_final,
        "reviewed_on": day.date() if isinstance(day, datetime) else day,
        "source_file": texts["source_file"] or None,
        "source_row": nullable["source_row"],
    }


def _text(value: Any) -> str:
    """Return a value as one line without control characters; a missing one as the empty text."""
    if value is None or value is pd.NA or value != value:  # NaN and NaT differ from themselves
        return ""
    return " ".join(one_line(str(value)).split())


def find_faults(
    reviews: pd.DataFrame, current: pd.DataFrame, scheme: Scheme, today: date, longest_reason: int
) -> list[RowFault]:
    """Return what is wrong with single reviews, in the order of their rows.

    Args:
        reviews: rows of the result of `prepare_reviews`.
        current: complaint_id and text_digest of the stored complaints that the reviews name.
        scheme: the sub-problems that can be chosen.
        today: no review can be of a later day.
        longest_reason: characters that a reason may have.
    """
    digests = dict(zip(current["complaint_id"], current["text_digest"], strict=True))
    faults = []
    for position, row in zip(reviews.index + 1, reviews.to_dict("records"), strict=True):
        found = [
            *_text_faults(row, digests),
            *_decision_faults(row, scheme),
            *_signature_faults(row, today, longest_reason),
        ]
        faults += [_fault(position, row, column, reason) for column, reason in found]
    return faults


def _fault(position: int, row: dict[Any, Any], column: str, reason: str) -> RowFault:
    source_row = None if row["source_row"] is None else int(row["source_row"])
    source_file = None if row["source_file"] is None else str(row["source_file"])
    return RowFault(position, source_file, source_row, row["complaint_id"], column, reason)


def _text_faults(row: dict[Any, Any], digests: dict[str, str]) -> Iterator[tuple[str, str]]:
    digest = digests.get(row["complaint_id"])
    if digest is None:
        yield "complaint_id", "台账里没有这件诉求，请核对诉求编号"
    elif digest != row["text_digest"]:
        yield "text_digest", "文本与复核时所见的不同，请重新导出复核表再看一次"


def _decision_faults(row: dict[Any, Any], scheme: Scheme) -> Iterator[tuple[str, str]]:
    codes = [code for code in row["codes"].split(";") if code]
    if row["decision"] not in REVIEW_DECISIONS:
        yield "decision", f"“{_shown(row['decision'])}”不是决定，只能选{'或'.join(REVIEW_DECISIONS.values())}"
    elif row["decision"] == "out_of_scope":
        if codes:
            yield "codes", "决定不纳入却选了小类，请改决定或清空小类"
        if row["unit_kind"] is not None:
            yield "unit_kind", "决定不纳入却选了单位类型，请改决定或清空单位类型"
    else:
        if not codes:
            yield "codes", "决定纳入却没有小类，请至少选一个"
        unknown = [_shown(code) for code in codes if code not in scheme.sub_problems]
        if unknown:
            yield "codes", f"没有小类 {'、'.join(unknown)}，请从 scheme.toml 的小类里选"
        if row["unit_kind"] not in UNIT_KINDS:
            yield "unit_kind", f"决定纳入的要选单位类型：{'、'.join(UNIT_KINDS)}"


def _signature_faults(row: dict[Any, Any], today: date, longest_reason: int) -> Iterator[tuple[str, str]]:
    if not 0 < len(row["reviewer"]) <= _LONGEST_REVIEWER:
        yield "reviewer", f"复核人没有填写，或超过 {_LONGEST_REVIEWER} 字不像姓名，请改正"
    if len(row["reason"]) > longest_reason:
        yield "reason", f"理由超过 {longest_reason} 字，请写得简短些"
    if row["is_final"] not in (True, False):
        yield "is_final", "是否裁定只能是 True 或 False"
    elif row["is_final"] and not row["reason"]:
        yield "reason", "裁定要写明理由"
    if not isinstance(row["reviewed_on"], date):
        yield "reviewed_on", "复核日期没有填写或认不出，请写成 2026-11-20 的样子"
    elif row["reviewed_on"] > today:
        yield "reviewed_on", "复核日期晚于今天，请核对"
    if row["source"] not in REVIEW_SOURCES:
        yield "source", f"来源只能是 {'、'.join(REVIEW_SOURCES)}"


def find_contradictions(reviews: pd.DataFrame) -> list[RowFault]:
    """Return the rows that leave open what their reviewer, or who ruled, decided; reviews as for `find_faults`."""
    faults = []
    first_said: dict[tuple[Any, ...], int] = {}
    for position, row in enumerate(reviews.to_dict("records"), 1):
        keys: dict[tuple[Any, ...], str] = {
            ("reviewer", row["complaint_id"], row["reviewer"]): "同一复核人对同一件诉求有两行，请只留一行"
        }
        if row["is_final"] is True:
            keys[("is_final", row["complaint_id"])] = "同一件诉求有两个裁定，请只留一个"
        for key, reason in keys.items():
            first = first_said.setdefault(key, position)
            if first != position:
                place = _place(first, reviews["source_row"].iloc[first - 1])
                faults.append(_fault(position, row, key[0], f"与{place}重复：{reason}"))
    return faults


def _place(position: int, source_row: Any) -> str:
    return f"第 {position} 条" if source_row is None else f"第 {int(source_row)} 行"


def _shown(text: str) -> str:
    """Return a value short enough for a message."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
