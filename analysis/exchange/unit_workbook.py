"""整改台账: the workbook that a responsible unit gets, fills in and sends back; it tells nothing about complainants."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.codebook.units import Unit, UnitRegister
from analysis.exchange.edition import Edition
from analysis.exchange.ledger_view import UNKNOWN_TIME, name_places
from analysis.exchange.sheet_writer import write_book
from analysis.exchange.sheets import Book, Kind, Sheet, SheetColumn, SheetRow, Value
from analysis.exchange.style import Filler

PROGRESS = ("完成整改", "达到序时进度", "未达序时进度")
CLOSING = ("未申请", "申请销号")
"""What a unit can say; only the supervisor's verification closes a problem."""
LOOK_BACK = ("巩固", "反弹")

_UNIT, _SUPERVISOR = Filler.UNIT, Filler.SUPERVISOR
_FACTS, _DUTY, _MENDING, _CLOSING = "问题情况", "责任分工", "整改落实", "核查销号"

LEDGER_COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("number", "序号", 4.6, Kind.SHORT, band=_FACTS, has_tone=True),
    SheetColumn("problem_id", "问题编号", 8.6, Kind.SHORT, band=_FACTS, hint="终身不变，回填、来函都用这个编号"),
    SheetColumn("source_label", "问题来源", 4.4, Kind.SHORT, band=_FACTS),
    SheetColumn("category_name", "问题类别", 6, Kind.SHORT, band=_FACTS),
    SheetColumn("sub_problem_name", "问题小类", 8.4, Kind.SHORT, band=_FACTS),
    SheetColumn("statement", "具体问题", 19, band=_FACTS, hint="用中性文字概括，不含反映人的原话"),
    SheetColumn("complaint_count", "涉及诉求数", 6.2, Kind.COUNT, band=_FACTS),
    SheetColumn("complainant_count", "涉及人数", 6.2, Kind.COUNT, band=_FACTS),
    SheetColumn("place", "地点", 8.6, Kind.SHORT, band=_FACTS, hint="只到道路或街道；反映的人太少时只写辖区内"),
    SheetColumn("first_month", "首次反映", 6.4, Kind.SHORT, band=_FACTS, hint="只到月；来源没有时间的写“不详”"),
    SheetColumn("last_month", "最近反映", 6.4, Kind.SHORT, band=_FACTS, hint="只到月；来源没有时间的写“不详”"),
    SheetColumn(
        "unit_short_name", "责任单位", 8.4, Kind.SHORT, band=_DUTY, hint="有异议的，在备注写明理由，由监督单位核定"
    ),
    SheetColumn(
        "supporting_unit",
        "配合单位",
        8.4,
        Kind.SHORT,
        _UNIT,
        _DUTY,
        has_free_text=True,
        hint="没有的空着；多个用顿号隔开",
    ),
    SheetColumn("leader", "责任领导", 6.6, Kind.SHORT, _UNIT, _DUTY, hint="姓名"),
    SheetColumn("handler", "责任人", 6.6, Kind.SHORT, _UNIT, _DUTY, hint="姓名"),
    SheetColumn("goal", "整改目标", 11, Kind.TEXT, _UNIT, _MENDING, hint="整改后要达到的状态，能够核查"),
    SheetColumn(
        "measure", "整改措施", 14.5, Kind.TEXT, _UNIT, _MENDING, hint="逐条写明做什么、谁来做；不要写反映人的情况"
    ),
    SheetColumn("due_on", "整改时限", 10.6, Kind.DATE, band=_MENDING, has_tone=True, hint="需要延期的，在备注写明理由"),
    SheetColumn("time_words", "时限状态", 8.6, Kind.SHORT, band=_MENDING, has_tone=True),
    SheetColumn("progress", "整改进展", 8.4, Kind.SHORT, _UNIT, _MENDING, choices=PROGRESS),
    SheetColumn("completed_on", "完成日期", 10.6, Kind.DATE, _UNIT, _MENDING, hint="实际完成整改的日期"),
    SheetColumn("evidence", "佐证材料", 8.6, Kind.TEXT, _UNIT, _MENDING, hint="材料名称、文号和日期，材料另附"),
    SheetColumn("verification", "核查意见", 8.6, Kind.TEXT, _SUPERVISOR, _CLOSING),
    SheetColumn("accepting_unit", "验收单位", 7, Kind.SHORT, _SUPERVISOR, _CLOSING),
    SheetColumn("acceptor", "验收人", 6.6, Kind.SHORT, _SUPERVISOR, _CLOSING),
    SheetColumn("accepted_on", "验收日期", 10.6, Kind.DATE, _SUPERVISOR, _CLOSING),
    SheetColumn(
        "closing",
        "销号状态",
        7,
        Kind.SHORT,
        _UNIT,
        _CLOSING,
        choices=CLOSING,
        hint="完成整改后选“申请销号”；核查通过才销号",
    ),
    SheetColumn("closed_on", "销号日期", 10.6, Kind.DATE, _SUPERVISOR, _CLOSING),
    SheetColumn("look_back", "回头看结果", 6.6, Kind.SHORT, _SUPERVISOR, _CLOSING, choices=LOOK_BACK),
    SheetColumn("remark", "备注", 8.6, Kind.TEXT, _UNIT, "备注", hint="异议、延期的理由写在这里"),
)
"""The columns of the unit's ledger, in the order of the offices' own 台账."""

_SHOWN = (
    "problem_id",
    "source_label",
    "category_name",
    "sub_problem_name",
    "statement",
    "unit_short_name",
    "due_on",
    "time_words",
)
"""Fields of the ledger that a unit sees as they are."""

_INSTRUCTION_COLUMNS = (
    SheetColumn("number", "序号", 6, Kind.SHORT),
    SheetColumn("heading", "栏目", 14, Kind.SHORT),
    SheetColumn("filler", "由谁填写", 16, Kind.SHORT),
    SheetColumn("how", "怎样填写", 60),
)


def write_unit_workbook(path: Path, ledger: pd.DataFrame, unit: Unit, edition: Edition) -> Path:
    """Write the 整改台账 of `unit` and return its path.

    Args:
        path: where to write it.
        ledger: the whole ledger; rows of other units and of restricted categories are left out here.
        unit: the responsible unit.
        edition: office, register, run, and the count below which a number is not told.
    """
    own = unit_problems(ledger, unit.unit_id)
    columns = _columns_for(unit, edition.units, edition.run.as_of)
    title = f"{edition.settings.site.name}道路交通安全和运输执法领域突出问题整改台账"
    below = edition.subtitle(f"责任单位：{unit.name}")
    least = edition.settings.exchange.small_count
    entries = Sheet(
        name="整改台账",
        title=title,
        subtitle=below,
        notes=(
            "填写：深蓝栏头由系统生成，请勿改动；黄色栏头由责任单位填写；灰色栏头由监督单位填写。",
            f"小于{least}的数只写“少于{least}”；诉求数按件计，人数按反映人去重，查不到反映人的每件按一人计。",
        ),
        has_tone_legend=True,
        columns=columns,
        rows=[_row(number, problem, least) for number, problem in enumerate(own.to_dict("records"), 1)],
        frozen_columns=2,
    )
    return write_book(path, Book(title, edition.office, edition.run.as_of, (_instructions(below, columns), entries)))


def unit_problems(ledger: pd.DataFrame, unit_id: str) -> pd.DataFrame:
    """Return the problems that a unit may see, by problem id.

    Leads of a restricted category are left out: passing an accusation on to the accused is an offence
    (信访工作条例第四十六条, 检举控告工作规则第四十七条).
    """
    return ledger[(ledger["unit_id"] == unit_id) & ~ledger["is_restricted"]].sort_values("problem_id")


def tell_count(count: int, least: int) -> int | str:
    """Return a count, or only that it is less than `least` where so few might be recognised."""
    return count if count >= least else f"少于{least}"


def _columns_for(unit: Unit, units: UnitRegister, day: date) -> tuple[SheetColumn, ...]:
    """Return the columns with the other units of the register as choices of 配合单位."""
    others = tuple(u.short_name for u in units.unit if u.unit_id != unit.unit_id and u.is_valid_on(day))
    return tuple(
        replace(column, choices=others) if column.field == "supporting_unit" else column for column in LEDGER_COLUMNS
    )


def _row(number: int, problem: dict[Any, Any], least: int) -> SheetRow:
    values: dict[str, Value] = {
        "number": number,
        "complaint_count": tell_count(problem["complaint_count"], least),
        "complainant_count": tell_count(problem["complainant_count"], least),
        "place": "、".join(name_places(problem["places"], least)) or "辖区内",
        "first_month": _month(problem["first_received_on"]),
        "last_month": _month(problem["last_received_on"]),
        "closing": CLOSING[0],
    }
    return SheetRow(values | {name: problem[name] for name in _SHOWN}, problem["tone"])


def _month(day: date | None) -> str:
    return f"{day.year}年\n{day.month}月" if day else UNKNOWN_TIME


def _instructions(below: str, columns: tuple[SheetColumn, ...]) -> Sheet:
    rows = []
    for number, column in enumerate(columns, 1):
        if column.has_free_text:
            choices = "可从下拉列表中选，也可自填。"
        else:
            choices = f"从下拉列表中选：{'、'.join(column.choices)}。" if column.choices else ""
        form = "日期，如 2026-11-20。" if column.kind is Kind.DATE and column.filler is not Filler.SYSTEM else ""
        how = choices + form + (f"{column.hint}。" if column.hint else "")
        if not how:
            how = "无须填写。" if column.filler is Filler.SYSTEM else "核查、验收时填写。"
        values: dict[str, Value] = {
            "number": number,
            "heading": column.heading,
            "filler": column.filler.value,
            "how": how,
        }
        rows.append(SheetRow(values))
    return Sheet(
        name="填写说明",
        title="整改台账填写说明",
        subtitle=below,
        notes=(
            "1. 本文件每夜按最新诉求重新生成，请另存副本后填写，填好的副本发回监督单位。",
            "2. 请勿增删、合并、移动行和列，勿改工作表名称；没有进展的行可以空着，空着不代表办结。",
            "3. “申请销号”是责任单位的申请，经监督单位书面或实地核查通过后才销号。",
            "4. 台账不含诉求原文和反映人信息。请勿查找、追问反映人，不要写反映人的情况（《信访工作条例》第四十六条）。",
            "5. 打印已设为A4横向、一页宽；嫌字小时，在打印窗口把纸张改为A3。",
        ),
        columns=_INSTRUCTION_COLUMNS,
        is_portrait=True,
        rows=rows,
    )
