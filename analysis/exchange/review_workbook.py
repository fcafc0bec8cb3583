"""复核表: the review queue as a workbook, one row per complaint, with drop-downs for the reviewer's decision."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.contracts import DECISIONS
from analysis.exchange.complaint_details import excerpt
from analysis.exchange.files import PRIVATE_MODE
from analysis.exchange.ledger_view import UNKNOWN_TIME, as_text
from analysis.exchange.review_columns import SHEET_NAME, review_columns
from analysis.exchange.sheet_writer import write_book
from analysis.exchange.sheets import Book, Sheet, SheetRow, Value

LONGEST_STATEMENT = 750
"""What the highest row that Excel allows can show in the width of the column."""

_WARNING = "本表含诉求内容：只限监督单位复核人员使用，不得转给被反映单位。"
_NOTES = (
    "黄色栏由复核人填写，红色粗体是系统的判断依据。“复核结论”选“纳入”的，至少选一个小类并选被反映单位；选“不纳入”的，小类和单位留空。",
    "每行写明复核人和复核日期；拿不准或没看的行，结论、小类、单位、理由都留空，导入时略过。",
    "纳入分是模型估计的概率（0 到 1）。系统判断和建议只供参考，请独立判断。两人以上复核的各用一份表，不互相参看。",
    "“裁定”只用于解决复核意见不一致：选“是”并写明理由。长文只显示判断依据前后，略去处注明字数，全文可在复核笔记本里看。请勿改动深蓝栏头的各栏和隐藏栏。",
    "填好后用 hotline review import 导入：逐格核对，有错整份不记；下次运行生效。",
)


def write_review_workbook(
    path: Path, queue: pd.DataFrame, scheme: Scheme, source_names: Mapping[str, str], office: str, as_of: date
) -> Path:
    """Write the queue as a workbook readable by its owner alone, and return its path.

    Args:
        path: where to write it.
        queue: rows of the review queue in the order in which they are to be looked at; columns of `QUEUE_COLUMNS`.
        scheme: names of the sub-problems that can be chosen.
        source_names: Chinese names of the source codes.
        office: who issues it.
        as_of: day of the export.
    """
    rows = [SheetRow(_values(n, row, scheme, source_names)) for n, row in enumerate(queue.to_dict("records"), 1)]
    sheet = Sheet(
        name=SHEET_NAME,
        title="道路交通安全和运输执法诉求人工复核表",
        subtitle=f"共 {len(rows)} 件，最值得复核的在前　　出具单位：{office}　　导出日期：{as_of:%Y-%m-%d}",
        warning=_WARNING,
        notes=_NOTES,
        columns=review_columns(scheme),
        rows=rows,
        frozen_columns=2,
        is_protected=True,
        when_empty="（没有待复核的诉求）",
    )
    return write_book(path, Book("人工复核表", office, as_of, [sheet]), PRIVATE_MODE)


def _values(number: int, row: Mapping[Any, Any], scheme: Scheme, source_names: Mapping[str, str]) -> dict[str, Value]:
    received = UNKNOWN_TIME if pd.isna(row["received_at"]) else f"{row['received_at']:%Y-%m-%d %H:%M}"
    source = as_text(row["source_code"])
    assistant = as_text(row.get("assistant"))
    reasons = [*as_text(row["reasons"]).split("；"), as_text(row["opinions"]), assistant and f"助手意见：{assistant}"]
    return {
        "number": number,
        "complaint_id": as_text(row["complaint_id"]),
        "origin": f"{source_names.get(source, source)}\n{received}",
        "statement": excerpt(dict(row) | _strongest(row["evidence"]), LONGEST_STATEMENT),
        "reasons": "\n".join(filter(None, reasons)),
        "scope_score": None if pd.isna(row["scope_score"]) else float(row["scope_score"]),
        "judgement": DECISIONS.get(as_text(row["decision"]), "待重新判断"),
        "proposed_codes": "、".join(_name(code, scheme) for code in as_text(row["codes"]).split(";") if code),
        "proposed_unit": as_text(row["unit_kind"]),
        "row_id": as_text(row["complaint_id"]),
        "text_digest": as_text(row["text_digest"]),
    }


def _name(code: str, scheme: Scheme) -> str:
    return scheme.sub_problems[code].name if code in scheme.sub_problems else code


def _strongest(evidence: str) -> dict[str, int | None]:
    """Return the span of the best proposal; of several only one can stand out in a cell that is still read at once."""
    found = json.loads(evidence)
    if not found:
        return {"evidence_start": None, "evidence_end": None}
    return {"evidence_start": found[0]["start"], "evidence_end": found[0]["end"]}
