"""诉求明细: which complaint says what, where in its text, judged by whom, and from which file and row."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.contracts import ASSESSORS
from analysis.exchange.edition import Edition
from analysis.exchange.ledger_view import UNKNOWN_TIME, as_text
from analysis.exchange.sheets import Kind, Marked, SheetColumn, SheetRow, Value

LONGEST_EXCERPT = 400
"""Longer texts are shown around their evidence, so that a row still fits on a page."""
_LEAD_IN = 60
"""Characters shown before evidence that stands further back than an excerpt reaches."""

DETAIL_COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("number", "序号", 5.5, Kind.SHORT),
    SheetColumn("problem_id", "问题编号", 8.6, Kind.SHORT),
    SheetColumn("complaint_id", "诉求编号", 15, Kind.SHORT),
    SheetColumn("source", "来源", 9, Kind.SHORT),
    SheetColumn("received_at", "受理时间", 15.5, Kind.TIME),
    SheetColumn("excerpt", "标题与内容（已去隐私；红色粗体为判断依据）", 66),
    SheetColumn("sub_problem_name", "判定小类", 9, Kind.SHORT),
    SheetColumn("assessor", "判断者", 8.6, Kind.SHORT),
    SheetColumn("score", "得分", 6, Kind.SCORE),
    SheetColumn("cue_id", "线索规则", 10, Kind.SHORT),
    SheetColumn("model_id", "模型版本", 10, Kind.SHORT),
    SheetColumn("codebook_version", "代码本版本", 7, Kind.SHORT),
    SheetColumn("file_name", "文件", 15, Kind.SHORT),
    SheetColumn("sheet_name", "工作表", 7, Kind.SHORT),
    SheetColumn("row_number", "行号", 6.6, Kind.SHORT),
)


def mark_leads(details: pd.DataFrame, scheme: Scheme) -> pd.DataFrame:
    """Return judged complaints with what says who may see them.

    Args:
        details: columns of `sql/shown_details.sql`: one row per complaint and sub-problem, with the problem (missing
            when in none); a complaint that awaits review without any finding has one row.
        scheme: which categories are restricted.

    Returns:
        Also `is_restricted` (the finding is a lead) and `has_lead` (some finding about this complaint is a lead).
    """
    restricted = {code for code in scheme.sub_problems if scheme.category_of(code).is_restricted}
    is_restricted = details["sub_problem_code"].isin(restricted)
    with_lead = details.loc[is_restricted, "complaint_id"]
    return details.assign(is_restricted=is_restricted, has_lead=details["complaint_id"].isin(with_lead))


def left_out(listed: int, total: int) -> tuple[str, ...]:
    """Return what is to be said where not all complaints are listed, as notes of a sheet."""
    if listed >= total:
        return ()
    words = f"共有{total}件诉求，本表列出其中{listed}件：各问题最近的、复核价值最高的。"
    return (f"{words}其余的用 hotline trace 加问题编号查看，或查快照。",)


def detail_rows(details: pd.DataFrame, edition: Edition) -> list[SheetRow]:
    """Return the rows of a 诉求明细 sheet; text of a complaint that holds a lead is shown beside that lead only."""
    return [SheetRow(_values(number, detail, edition)) for number, detail in enumerate(details.to_dict("records"), 1)]


def _values(number: int, detail: Mapping[Any, Any], edition: Edition) -> dict[str, Value]:
    code = as_text(detail["sub_problem_code"])
    is_hidden = detail["has_lead"] and not detail["is_restricted"]
    words = ("problem_id", "complaint_id", "cue_id", "model_id", "codebook_version", "file_name", "sheet_name")
    return {name: as_text(detail[name]) for name in words} | {
        "number": number,
        "source": edition.source_name(detail["source_code"]),
        "received_at": UNKNOWN_TIME if pd.isna(detail["received_at"]) else detail["received_at"].to_pydatetime(),
        "excerpt": "（含线索内容，见《线索移送清单》）" if is_hidden else excerpt(detail),
        "sub_problem_name": edition.scheme.sub_problems[code].name if code else "待人工复核",
        "assessor": ASSESSORS.get(as_text(detail["assessor"]), ""),
        "score": float(detail["score"] if code else detail["scope_score"]),
        "row_number": int(detail["row_number"]),
    }


def excerpt(detail: Mapping[Any, Any], longest: int = LONGEST_EXCERPT) -> Marked | str:
    """Return title and text with the evidence marked, cut to what a row can show; cuts are said with their length."""
    document = f"{as_text(detail['title'])}\n{detail['text']}"
    start, end = detail["evidence_start"], detail["evidence_end"]
    if pd.isna(start) or pd.isna(end):
        return _cut_after(document, longest).strip("\n")
    if not 0 <= start < end <= len(document):
        return f"（证据位置 {start}–{end} 不在原文内）{_cut_after(document, longest)}"
    before = _before(document, int(start), int(end), longest).lstrip("\n")
    evidence = _cut_after(document[start:end], longest)
    room = longest - len(before) - len(evidence)
    after = _cut_after(document[end:], max(room, _LEAD_IN))
    return Marked(before + evidence + after, len(before), len(before) + len(evidence))


def _before(document: str, start: int, end: int, longest: int) -> str:
    """Return what is shown before the evidence: all of it, or the title and the last words before it."""
    if end <= longest or start <= longest // 2:
        return document[:start]
    title_end = document.index("\n") + 1
    first = start - _LEAD_IN
    if first <= title_end:
        return f"……（前略{first}字）{document[first:start]}"
    title = _cut_after(document[: title_end - 1], longest)
    return f"{title}\n……（前略{first - title_end}字）{document[first:start]}"


def _cut_after(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}……（后略{len(text) - length}字）"
