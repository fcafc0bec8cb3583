"""整改台账: the workbook that a responsible unit gets, fills in and sends back; it tells nothing about complainants."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.codebook.units import Unit, UnitRegister
from analysis.contracts import CLOSED_STATUSES, FILED_COLUMNS, LOOK_BACK_RESULTS, UNIT_STATUSES
from analysis.exchange.edition import Edition
from analysis.exchange.ledger_view import UNKNOWN_TIME, as_date, as_text, name_places
from analysis.exchange.released import released_text
from analysis.exchange.seal import Seal, as_read
from analysis.exchange.sheet_writer import write_book
from analysis.exchange.sheets import Book, Kind, Sheet, SheetColumn, SheetRow, Value
from analysis.exchange.style import Filler
from analysis.exchange.told_time import told_times
from analysis.exchange.unit_columns import (
    CLOSED_COLUMNS,
    CLOSED_SHEET_NAME,
    GUIDE_SHEET_NAME,
    IDENTITY_FIELDS,
    RELEASED_FIELD,
    SEALED_FIELDS,
    SHEET_NAME,
    ledger_columns,
)


@dataclass(frozen=True)
class UnitIssue:
    """By what a workbook is known again when it comes back.

    Attributes:
        site_code: of the site that sends it out.
        export_ids: by unit, the version of its ledger.
        filed: by problem, what that version holds in FILED_COLUMNS.
        seal: seals the rows.
    """

    site_code: str
    export_ids: Mapping[str, str]
    filed: Mapping[str, Mapping[str, Any]]
    seal: Seal


_SHOWN = (
    "problem_id",
    "source_label",
    "category_name",
    "sub_problem_name",
    "statement",
    "unit_short_name",
    "due_on",
    "time_words",
    "unit_id",
    "version",
)
"""Fields of the ledger that a unit sees as they are."""

_GUIDE = (
    "1. 本文件每夜按最新情况重新生成，以前填报并记入的内容已在其中。请另存副本后填写，填好的副本发回监督单位。",
    "2. 只填黄色栏头的各栏，填什么记什么，清空即删去以前填报的内容。可以只填、只交一部分；空着、删行不代表办结。",
    "3. 日期写成 2026-11-20 的样子。不要用公式，不要合并单元格，不要改深蓝栏头的各栏和隐藏栏：改了的整份退回。",
    "4. 申请销号：先填好责任人、整改措施、完成日期、佐证材料、佐证日期，再选“申请销号”。经监督单位核查通过才销号。",
    "5. 申请延期、提出异议、撤回销号申请：选定“申请事项”并写明“申请理由”，申请延期的还要写“申请延期至”。",
    "6. 下次收到的台账里，申请各栏是空的，办到哪一步看“状态”和“核查意见”。",
    "7. 要改正以前报错的，请在新收到的台账里改。同一内容监督单位已另有改动的，列入冲突清单，由监督单位定。",
    "8. 台账不含诉求原文和反映人信息。请勿查找、追问反映人，不要写反映人的情况（《信访工作条例》第四十六条）。",
    "9. 打印已设为A3横向、一页宽，到“备注”为止；只有A4的，在页面设置里把“1页宽”改为“2页宽”，每页都带序号和编号。",
)
_INSTRUCTION_COLUMNS = (
    SheetColumn("number", "序号", 6, Kind.SHORT),
    SheetColumn("heading", "栏目", 14, Kind.SHORT),
    SheetColumn("filler", "由谁填写", 16, Kind.SHORT),
    SheetColumn("how", "怎样填写", 60),
)


def write_unit_workbook(
    path: Path, ledger: pd.DataFrame, unit: Unit, edition: Edition, issue: UnitIssue, replies: Mapping[str, str]
) -> Path:
    """Write the 整改台账 of `unit` and return its path.

    Args:
        path: where to write it.
        ledger: the whole ledger; rows of other units and of restricted categories are left out here.
        unit: the responsible unit.
        edition: office, register, run, and the count below which a number is not told.
        issue: what makes the rows known again.
        replies: by problem, how the supervisor answered the unit's last application (Chinese).
    """
    own = unit_problems(ledger, unit.unit_id)
    title = f"{edition.settings.site.name}道路交通安全和运输执法领域突出问题整改台账"
    export_id = issue.export_ids.get(unit.unit_id, "")
    below = edition.subtitle(f"责任单位：{unit.name}", *([f"导出编号：{export_id}"] if export_id else []))
    least = edition.settings.exchange.small_count
    waiting = own[own["status"].isin(UNIT_STATUSES)].to_dict("records")
    closed = own[own["status"].isin(CLOSED_STATUSES)].to_dict("records")
    choices = {"supporting_unit": _other_units(unit, edition.units, edition.run.as_of)}
    columns = ledger_columns(choices, has_released=any(map(released_text, waiting)))
    entries = Sheet(
        name=SHEET_NAME,
        title=title,
        subtitle=below,
        notes=(
            "填写：只填黄色栏头的各栏；深蓝栏头由系统生成，已锁定。没有进展的空着，空着、删行都不代表办结。",
            f"小于{least}的数只写“少于{least}”；诉求数按件计，人数按反映人去重，查不到反映人的每件按一人计。",
        ),
        has_tone_legend=True,
        columns=columns,
        rows=[_sealed(_row(n, p, least, issue, replies), p, export_id, issue) for n, p in enumerate(waiting, 1)],
        frozen_columns=2,
        is_protected=True,
        when_empty="（没有待整改的问题）",
    )
    done = Sheet(
        name=CLOSED_SHEET_NAME,
        title=f"{unit.short_name}已销号问题",
        subtitle=below,
        notes=("核查通过、已经销号的问题，无须填写；以后仍有反映的，作为“反弹”回到整改台账。",),
        columns=CLOSED_COLUMNS,
        rows=[SheetRow(_closed_values(n, p)) for n, p in enumerate(closed, 1)],
        frozen_columns=2,
        is_protected=True,
        when_empty="（没有已销号的问题）",
    )
    sheets = (_instructions(below, columns), entries, *([done] if closed else []))
    return write_book(path, Book(title, edition.office, edition.run.as_of, sheets))


def unit_problems(ledger: pd.DataFrame, unit_id: str) -> pd.DataFrame:
    """Return the problems that a unit may see, by problem id.

    Leads of a restricted category are left out: passing an accusation on to the accused is an offence
    (信访工作条例第四十六条, 检举控告工作规则第四十七条). So are problems that nobody handed to the unit, or that
    turned out to be unfounded, another's, or part of another one.
    """
    is_shown = ledger["status"].isin([*UNIT_STATUSES, *CLOSED_STATUSES])
    return ledger[(ledger["unit_id"] == unit_id) & ~ledger["is_restricted"] & is_shown].sort_values("problem_id")


def tell_count(count: int, least: int) -> int | str:
    """Return a count, or only that it is less than `least` where so few might be recognised."""
    return count if count >= least else f"少于{least}"


def _other_units(unit: Unit, units: UnitRegister, day: date) -> tuple[str, ...]:
    """Return the other units of the register, the choices of 配合单位."""
    return tuple(u.short_name for u in units.unit if u.unit_id != unit.unit_id and u.is_valid_on(day))


def _row(number: int, problem: dict[Any, Any], least: int, issue: UnitIssue, replies: Mapping[str, str]) -> SheetRow:
    first, last = told_times(problem["received_by"], least, UNKNOWN_TIME)
    values: dict[str, Value] = {
        "number": number,
        "complaint_count": tell_count(problem["complaint_count"], least),
        "complainant_count": tell_count(problem["complainant_count"], least),
        "place": "、".join(name_places(problem["places"], least)) or "辖区内",
        "first_month": first,
        "last_month": last,
        "state": _state(problem),
        "opinion": "\n".join(filter(None, (_opinion(problem), replies.get(problem["problem_id"])))),
        "closed_on": as_date(problem["closed_on"]),
    }
    values |= {name: problem[name] for name in _SHOWN} | {RELEASED_FIELD: released_text(problem)}
    filed = issue.filed[problem["problem_id"]]
    return SheetRow(values | {name: filed[name] for name in FILED_COLUMNS}, problem["tone"])


def _sealed(row: SheetRow, problem: Mapping[Any, Any], export_id: str, issue: UnitIssue) -> SheetRow:
    """Return a row with its hidden cells."""
    identity = {"row_id": problem["problem_id"], "version": str(problem["version"]), "unit_id": problem["unit_id"]}
    identity |= {"export_id": export_id}
    names = (*SEALED_FIELDS, RELEASED_FIELD) if row.values[RELEASED_FIELD] else SEALED_FIELDS
    shown = {name: as_read(row.values[name]) for name in names}
    seal = issue.seal.of(seal_identity(identity, issue.site_code), shown)
    return SheetRow(dict(row.values) | identity | {"seal": seal}, row.tone)


def seal_identity(cells: Mapping[str, str], site_code: str) -> dict[str, str]:
    """Return what a row is, as it is sealed: its hidden cells, and the site."""
    return {"site_code": site_code} | {name: cells[name] for name in IDENTITY_FIELDS}


def _state(problem: Mapping[Any, Any]) -> str:
    pending = as_date(problem["extension_due_on"])
    return str(problem["status_label"]) + (f"\n已申请延期至{pending:%Y-%m-%d}" if pending else "")


def _opinion(problem: Mapping[Any, Any]) -> str:
    if not as_text(problem["verification"]):
        return ""
    by = "，".join(filter(None, (as_text(problem["verified_by"]), str(as_date(problem["verified_on"]) or ""))))
    return f"{problem['verification']}（{by}）"


def _closed_values(number: int, problem: Mapping[Any, Any]) -> dict[str, Value]:
    values: dict[str, Value] = {
        "number": number,
        "completed_on": as_date(problem["completed_on"]),
        "closed_on": as_date(problem["closed_on"]),
        "opinion": _opinion(problem),
        "look_back_words": LOOK_BACK_RESULTS.get(as_text(problem["look_back"]), "尚未回头看"),
    }
    plain = ("problem_id", "category_name", "sub_problem_name", "statement", "measure", "evidence", "accepting_unit")
    return values | {name: as_text(problem[name]) for name in plain}


def _instructions(below: str, columns: tuple[SheetColumn, ...]) -> Sheet:
    rows = []
    for number, column in enumerate((c for c in columns if not c.is_hidden), 1):
        if column.has_free_text:
            choices = "可从下拉列表中选，也可自填。"
        else:
            choices = f"从下拉列表中选：{'、'.join(column.choices)}。" if column.choices else ""
        form = "日期，如 2026-11-20。" if column.kind is Kind.DATE and column.filler is not Filler.SYSTEM else ""
        how = choices + form + (f"{column.hint}。" if column.hint else "")
        if not how:
            how = "无须填写。" if column.filler is Filler.SYSTEM else "有需要说明的写在这里。"
        values: dict[str, Value] = {
            "number": number,
            "heading": column.heading,
            "filler": column.filler.value,
            "how": how,
        }
        rows.append(SheetRow(values))
    return Sheet(
        name=GUIDE_SHEET_NAME,
        title="整改台账填写说明",
        subtitle=below,
        notes=_GUIDE,
        columns=_INSTRUCTION_COLUMNS,
        is_portrait=True,
        rows=rows,
        is_protected=True,
    )
