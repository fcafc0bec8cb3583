"""回头看核查表: the sampled problems, a column for each way of looking, and the questions to print and take along."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.codebook.look_back import LookBackBook
from analysis.contracts import LOOK_BACK_RESULTS
from analysis.exchange.files import PRIVATE_MODE
from analysis.exchange.ledger_view import as_date, as_text
from analysis.exchange.returned_sheet import Form
from analysis.exchange.seal import Seal, as_read
from analysis.exchange.sheet_writer import write_book
from analysis.exchange.sheets import Book, Kind, Sheet, SheetColumn, SheetRow, Value
from analysis.exchange.style import Filler

BOOK_NAME = "回头看核查表"
_CHECKLIST = "检查清单"
FINDINGS = ("符合", "不符合")
"""What a way of looking found; one that was not used is left empty."""
IDENTITY_FIELDS = ("sample_id", "row_id", "version")
_S = Filler.SUPERVISOR

_SHOWN = (
    SheetColumn("problem_id", "问题编号", 8.6, Kind.SHORT),
    SheetColumn("unit_short_name", "责任单位", 8.6, Kind.SHORT),
    SheetColumn("category_name", "问题类别", 7, Kind.SHORT),
    SheetColumn("sub_problem_name", "问题小类", 8.6, Kind.SHORT),
    SheetColumn("statement", "具体问题", 18),
    SheetColumn("measure", "整改措施", 16),
    SheetColumn("evidence", "佐证材料", 9),
    SheetColumn("closed_on", "销号日期", 10.6, Kind.DATE),
    SheetColumn("verification", "核查意见", 12),
)
SEALED_FIELDS = tuple(column.field for column in _SHOWN)
RESULT_FIELDS = ("people", "looked_back_on", "result", "told")

_NOTES = (
    "灰色栏由回头看人员填写：用了哪种方式就在哪一栏选“符合”或“不符合”，没有用的留空；至少用一种。",
    "结论选“巩固”或“反弹”；选“反弹”的必须写明情况。没有查的行留空，以后再填、再导入。",
    "填好后用 hotline lookback import 导入：逐格核对，有错整份不记。",
)


@dataclass(frozen=True)
class Issue:
    """By what a 回头看核查表 is made and known again: office, site, day, sample, and what seals the rows."""

    office: str
    site_code: str
    as_of: date
    sample_id: str
    seed: str
    population_count: int
    seal: Seal


def method_field(code: str) -> str:
    """Return the field of the column of a way of looking."""
    return f"method_{code}"


def look_back_columns(book: LookBackBook) -> tuple[SheetColumn, ...]:
    """Return the columns of the sheet."""

    def filled(field: str, heading: str, width: float, kind: Kind, *choices: str, hint: str = "") -> SheetColumn:
        return SheetColumn(field, heading, width, kind, _S, choices=choices, hint=hint)

    return (
        SheetColumn("number", "序号", 4.6, Kind.SHORT),
        *_SHOWN,
        *(filled(method_field(m.code), m.name, 7, Kind.SHORT, *FINDINGS) for m in book.method),
        filled("people", "参加人", 9, Kind.SHORT, hint="几个人用顿号隔开"),
        filled("looked_back_on", "回头看日期", 10.6, Kind.DATE),
        filled("result", "结论", 6.6, Kind.SHORT, *LOOK_BACK_RESULTS.values()),
        filled("told", "情况说明", 14, Kind.TEXT, hint="结论是“反弹”的必填"),
        SheetColumn("sample_id", "抽样编号", 12, Kind.SHORT, is_hidden=True),
        SheetColumn("row_id", "行标识", 12, Kind.SHORT, is_hidden=True),
        SheetColumn("version", "版本", 6, Kind.SHORT, is_hidden=True),
        SheetColumn("seal", "校验码", 12, Kind.SHORT, is_hidden=True),
    )


def look_back_form(book: LookBackBook) -> Form:
    """Return what is known of every 回头看核查表."""
    columns = look_back_columns(book)
    return Form(
        BOOK_NAME,
        "由 hotline lookback sample 写出的回头看核查表",
        "问题",
        columns,
        tuple(c.field for c in columns if c.field != "number"),
        shared=("people", "looked_back_on"),
        own_sheets=(_CHECKLIST,),
    )


def row_identity(fields: dict[str, str], site_code: str) -> dict[str, str]:
    """Return what a row is, as it is sealed."""
    return {"site": site_code, **{name: fields[name] for name in IDENTITY_FIELDS}}


def write_look_back_workbook(path: Path, sampled: pd.DataFrame, book: LookBackBook, issue: Issue) -> Path:
    """Write the 回头看核查表, readable by its owner alone, and return its path.

    Args:
        path: where to write it.
        sampled: the drawn problems, rows of `build_ledger`.
        book: the ways of looking.
        issue: whose it is, and by what it is known again.
    """
    below = f"抽样编号：{issue.sample_id}　　出具单位：{issue.office}　　抽样日期：{issue.as_of:%Y-%m-%d}"
    share = (
        f"从 {issue.population_count} 个已销号问题中按单位、类别、销号季度抽出 {len(sampled)} 个，种子“{issue.seed}”。"
    )
    table = Sheet(
        name=BOOK_NAME,
        title="已销号问题回头看核查表",
        subtitle=below,
        notes=(share, *_NOTES),
        columns=look_back_columns(book),
        rows=[_row(number, row, issue) for number, row in enumerate(sampled.to_dict("records"), 1)],
        frozen_columns=2,
        is_protected=True,
    )
    checklist = Sheet(
        name=_CHECKLIST,
        title="回头看检查清单",
        subtitle=below,
        notes=("打印后随查随记；结果填回“回头看核查表”。不得查找、追问反映人（《信访工作条例》第四十六条）。",),
        columns=(
            SheetColumn("method", "方式", 10, Kind.SHORT),
            SheetColumn("question", "查什么", 44),
            SheetColumn("answer", "记录", 30, filler=_S),
        ),
        rows=[SheetRow({"method": m.name, "question": question}) for m in book.method for question in m.questions],
        is_portrait=True,
    )
    return write_book(path, Book(BOOK_NAME, issue.office, issue.as_of, (table, checklist)), PRIVATE_MODE)


def _row(number: int, problem: dict[Any, Any], issue: Issue) -> SheetRow:
    dates = {column.field for column in _SHOWN if column.kind is Kind.DATE}
    shown: dict[str, Value] = {
        name: as_date(problem[name]) if name in dates else as_text(problem[name]) for name in SEALED_FIELDS
    }
    problem_id, version = str(problem["problem_id"]), str(int(problem["version"]))
    identity = {"sample_id": issue.sample_id, "row_id": problem_id, "version": version}
    cells = {name: as_read(shown[name]) for name in SEALED_FIELDS}
    seal = issue.seal.of(row_identity(identity, issue.site_code), cells)
    return SheetRow({"number": number} | shown | identity | {"seal": seal})
