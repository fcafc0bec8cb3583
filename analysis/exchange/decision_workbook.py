"""监督台账: what waits for the supervisor's decision, and all other problems, as a workbook to decide in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.codebook.units import UnitRegister
from analysis.contracts import FINISHED_STATUSES, PROBLEMS, ColumnType
from analysis.exchange.decision_columns import (
    BOOK_NAME,
    DECISION_COLUMNS,
    DECISION_WORDS,
    FINISHED_SHEET,
    GUIDE_SHEET,
    OPEN_SHEET,
    SEALED_FIELDS,
    WAITING_SHEET,
    seal_identity,
)
from analysis.exchange.files import PRIVATE_MODE
from analysis.exchange.ledger_view import COUNTING_RULE, as_date, as_text
from analysis.exchange.released import released_text
from analysis.exchange.seal import Seal, as_read
from analysis.exchange.sheet_writer import write_book
from analysis.exchange.sheets import Book, Kind, Sheet, SheetColumn, SheetRow, Value
from analysis.exchange.style import Filler

TASKS = ("裁定异议", "批复延期", "核查销号", "处理反弹", "移送线索", "核定责任单位", "交办")
"""What problems wait for, the most pressing first."""

_WARNING = "本表只限监督单位使用，不得转给责任单位。"
_NOTES = (
    "在灰色栏里作决定：“决定”从下拉列表选，每行一个；其余各栏按所选的决定填写，用不着的留空。没有决定的行留空，导入时略过。",
    "深蓝栏头的各栏和隐藏栏请勿改动。导出以后有变化的问题，导入时会逐行说明，重新导出再定。",
    "填好后用 hotline decide import 导入：逐格核对，有错整份不记；不会重复记入。用 hotline export 或下次运行更新台账。",
    "打印为 A3 横向、一页宽，到“延期至”为止；移送、验收、并入、放行各栏和参考各栏在它右边，只在屏幕上看和填。",
)
_LEAD_WARNING = "本表含线索，严格保密：不得交给被反映单位或个人（《信访工作条例》第四十六条）。"


@dataclass(frozen=True)
class DecisionIssue:
    """By what a 监督台账 is made and known again.

    Attributes:
        office: who issues it.
        site_code: of the site.
        as_of: day of the export.
        seal: seals the rows.
        units: the register to choose from.
        with_leads: it holds leads, which few may see.
    """

    office: str
    site_code: str
    as_of: date
    seal: Seal
    units: UnitRegister
    with_leads: bool


def waiting_for(problem: Mapping[Any, Any]) -> str:
    """Return what a problem waits for the supervisor to do, one of TASKS; "" where it waits for nobody or for its unit.

    Args:
        problem: a row of `build_ledger`.
    """
    status = problem["status"]
    if problem["is_restricted"] and status in ("registered", "awaiting_handover"):
        return "移送线索"
    if status == "rectifying":
        return "批复延期" if as_date(problem["extension_due_on"]) else ""
    tasks = {
        "objected": "裁定异议",
        "closure_requested": "核查销号",
        "verifying": "核查销号",
        "relapsed": "处理反弹",
        "registered": "核定责任单位",
        "awaiting_handover": "交办",
    }
    return tasks.get(status, "")


def write_decision_workbook(
    path: Path,
    ledger: pd.DataFrame,
    offers: Mapping[str, tuple[str, ...]],
    last_steps: Mapping[str, str],
    issue: DecisionIssue,
) -> Path:
    """Write the 监督台账, readable by its owner alone, and return its path.

    Args:
        path: where to write it.
        ledger: result of `build_ledger`, with the leads that may be in it.
        offers: by problem, the steps that can be decided now (keys of DECISION_WORDS among them).
        last_steps: by problem, its last step in words.
        issue: whose it is, and by what it is known again.
    """
    told = ledger.assign(task=[waiting_for(p) for p in ledger.to_dict("records")])
    order = told["task"].map({task: number for number, task in enumerate(TASKS)})
    told = told.assign(order=order).sort_values(["order", "due_on", "problem_id"])
    is_waiting, is_finished = told["task"] != "", told["status"].isin(FINISHED_STATUSES)
    parts = (
        (WAITING_SHEET, "等待监督单位决定的问题", told[is_waiting], "（没有等待决定的问题）"),
        (OPEN_SHEET, "其他在办问题", told[~is_waiting & ~is_finished], "（没有其他在办问题）"),
        (FINISHED_SHEET, "已办结问题", told[is_finished], "（没有已办结的问题）"),
    )
    units = tuple(u.short_name for u in issue.units.unit if u.is_valid_on(issue.as_of))
    columns = tuple(replace(c, choices=units) if c.field == "unit" else c for c in DECISION_COLUMNS)
    sheets = [
        Sheet(
            name=name,
            title=f"监督台账：{title}",
            subtitle=f"共 {len(own)} 个　　出具单位：{issue.office}　　导出日期：{issue.as_of:%Y-%m-%d}",
            warning=_LEAD_WARNING if issue.with_leads else _WARNING,
            notes=(*_NOTES, COUNTING_RULE) if name == WAITING_SHEET else (),
            has_tone_legend=name != FINISHED_SHEET,
            columns=columns,
            rows=[_row(n, p, offers, last_steps, issue) for n, p in enumerate(own.to_dict("records"), 1)],
            frozen_columns=2,
            is_protected=True,
            when_empty=when_empty,
        )
        for name, title, own, when_empty in parts
    ]
    return write_book(path, Book(BOOK_NAME, issue.office, issue.as_of, [*sheets, _guide(issue)]), PRIVATE_MODE)


def _row(
    number: int,
    problem: Mapping[Any, Any],
    offers: Mapping[str, tuple[str, ...]],
    last_steps: Mapping[str, str],
    issue: DecisionIssue,
) -> SheetRow:
    problem_id = str(problem["problem_id"])
    shown: dict[str, Value] = {
        name: _shown(name, problem[name]) for name in SEALED_FIELDS if name not in ("last_step", "complaint_count")
    }
    shown |= {"last_step": last_steps.get(problem_id, ""), "complaint_count": int(problem["complaint_count"])}
    shown["released_text"] = released_text(problem)
    identity = {"row_id": problem_id, "version": str(int(problem["version"]))}
    cells = {name: as_read(shown[name]) for name in SEALED_FIELDS}
    seal = issue.seal.of(seal_identity(identity, issue.site_code), cells)
    words = tuple(word for kind, word in DECISION_WORDS.items() if kind in offers.get(problem_id, ()))
    return SheetRow(
        {"number": number} | shown | identity | {"seal": seal}, problem["tone"], choices={"decision": words}
    )


def _shown(name: str, value: Any) -> Value:
    if name in ("complainant_count", "matter_count"):
        return int(value)
    is_day = name in PROBLEMS.column_names and PROBLEMS[name].type is ColumnType.DATE
    return as_date(value) if is_day else as_text(value)


def _guide(issue: DecisionIssue) -> Sheet:
    decided = [c for c in DECISION_COLUMNS if c.filler is Filler.SUPERVISOR]
    rows = [SheetRow({"heading": c.heading, "how": f"{c.hint}。"}) for c in decided]
    return Sheet(
        name=GUIDE_SHEET,
        title="监督台账填写说明",
        subtitle=f"出具单位：{issue.office}",
        notes=("可以作的决定：" + "、".join(DECISION_WORDS.values()) + "。各问题现在可以作哪些，见该行的下拉列表。",),
        columns=(SheetColumn("heading", "栏目", 16, Kind.SHORT), SheetColumn("how", "怎样填写", 80)),
        rows=rows,
        is_portrait=True,
    )
