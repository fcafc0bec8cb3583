"""移送上级清单: what units under a higher office must do, which the district asks that office for."""

from pathlib import Path
from typing import Any

import pandas as pd

from analysis.codebook.units import Level
from analysis.contracts import FINISHED_STATUSES
from analysis.exchange.edition import Edition
from analysis.exchange.ledger_view import LEVEL_WORDS, UNKNOWN_TIME, name_places
from analysis.exchange.sheet_writer import write_book
from analysis.exchange.sheets import Book, Kind, Sheet, SheetColumn, SheetRow, Value
from analysis.exchange.style import Filler
from analysis.exchange.told_time import told_times
from analysis.exchange.unit_workbook import tell_count

SUPERIOR_COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("number", "序号", 4.6, Kind.SHORT, has_tone=True),
    SheetColumn("problem_id", "问题编号", 8.6, Kind.SHORT),
    SheetColumn("unit_name", "应整改单位", 16, Kind.SHORT),
    SheetColumn("level_words", "办理方式", 10, Kind.SHORT),
    SheetColumn("source_label", "问题来源", 6, Kind.SHORT),
    SheetColumn("category_name", "问题类别", 7, Kind.SHORT),
    SheetColumn("sub_problem_name", "问题小类", 8.6, Kind.SHORT),
    SheetColumn("statement", "具体问题", 26),
    SheetColumn("complaint_count", "诉求数", 6.4, Kind.COUNT),
    SheetColumn("complainant_count", "人数", 6.4, Kind.COUNT),
    SheetColumn("place", "地点", 10, Kind.SHORT),
    SheetColumn("first_month", "首次反映", 8, Kind.SHORT),
    SheetColumn("last_month", "最近反映", 8, Kind.SHORT),
    SheetColumn("status_label", "办理状态", 7, Kind.SHORT),
    SheetColumn("registered_on", "登记日期", 10.6, Kind.DATE),
    SheetColumn("due_on", "整改时限", 10.6, Kind.DATE, has_tone=True),
    SheetColumn("receiver", "移送单位", 11, Kind.SHORT, Filler.SUPERVISOR),
    SheetColumn("sent_on", "移送日期", 10.6, Kind.DATE, Filler.SUPERVISOR),
    SheetColumn("document", "文号", 10, Kind.SHORT, Filler.SUPERVISOR),
    SheetColumn("result", "反馈结果", 13, Kind.TEXT, Filler.SUPERVISOR),
)
_SHOWN = (
    "problem_id",
    "unit_name",
    "level_words",
    "source_label",
    "category_name",
    "sub_problem_name",
    "statement",
    "status_label",
    "registered_on",
    "due_on",
)
_OF_SUPERIORS = (Level.VERTICAL, Level.CITY)


def superior_problems(ledger: pd.DataFrame, edition: Edition) -> pd.DataFrame:
    """Return the unfinished problems of units under a higher office, unit by unit; leads are never among them.

    Leads go to whom the law names, by the 线索移送清单 (《信访工作条例》第四十六条).

    Args:
        ledger: result of `build_ledger`.
        edition: its register says who leads a unit.
    """
    units = [u.unit_id for u in edition.units.unit if u.level in _OF_SUPERIORS]
    own = ledger[ledger["unit_id"].isin(units) & ~ledger["is_restricted"] & ~ledger["status"].isin(FINISHED_STATUSES)]
    order = own["unit_id"].map({unit_id: number for number, unit_id in enumerate(units)})
    return own.assign(order=order).sort_values(["order", "problem_id"]).drop(columns="order")


def write_superior_list(path: Path, problems: pd.DataFrame, edition: Edition) -> Path:
    """Write 移送上级清单 and return its path; like a unit's ledger it tells nothing about complainants.

    Args:
        path: where to write it.
        problems: result of `superior_problems`.
        edition: whose list it is, the run, and the count below which a number is not told.
    """
    title = f"{edition.settings.site.name}道路交通安全和运输执法领域突出问题移送上级清单"
    least = edition.settings.exchange.small_count
    sheet = Sheet(
        name="移送上级清单",
        title=title,
        subtitle=edition.subtitle(),
        notes=(
            f"{LEVEL_WORDS[Level.VERTICAL]}；{LEVEL_WORDS[Level.CITY]}。不含诉求原文和反映人信息，不含线索。",
            f"小于{least}的数只写“少于{least}”。深蓝栏头由系统生成，灰色栏头在移送后由监督单位填写。",
            "移送后在监督台账作“移送”的决定，问题才办结。",
        ),
        has_tone_legend=True,
        columns=SUPERIOR_COLUMNS,
        rows=[_row(number, problem, least) for number, problem in enumerate(problems.to_dict("records"), 1)],
        frozen_columns=2,
    )
    return write_book(path, Book(title, edition.office, edition.run.as_of, [sheet]))


def _row(number: int, problem: dict[Any, Any], least: int) -> SheetRow:
    values: dict[str, Value] = {
        "number": number,
        "complaint_count": tell_count(problem["complaint_count"], least),
        "complainant_count": tell_count(problem["complainant_count"], least),
        "place": "、".join(name_places(problem["places"], least)) or "辖区内",
    }
    values["first_month"], values["last_month"] = told_times(problem["received_by"], least, UNKNOWN_TIME)
    return SheetRow(values | {name: problem[name] for name in _SHOWN}, problem["tone"])
