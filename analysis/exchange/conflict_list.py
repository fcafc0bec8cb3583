"""冲突清单: what a unit filed that clashes with what happened since its ledger was sent out, for the supervisor."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from analysis.contracts import PROBLEMS
from analysis.exchange.sheet_writer import write_book
from analysis.exchange.sheets import Book, Kind, Sheet, SheetColumn, SheetRow, Value
from analysis.exchange.style import Filler

_COLUMNS = (
    SheetColumn("number", "序号", 5, Kind.SHORT),
    SheetColumn("problem_id", "问题编号", 13, Kind.SHORT),
    SheetColumn("statement", "具体问题", 26),
    SheetColumn("address", "单元格", 8, Kind.SHORT),
    SheetColumn("heading", "栏目", 10, Kind.SHORT),
    SheetColumn("exported", "导出时", 20),
    SheetColumn("filed", "单位交回", 20),
    SheetColumn("present", "台账现在", 20),
    SheetColumn("reason", "冲突原因", 26),
    SheetColumn("ruling", "核定", 13, Kind.SHORT, Filler.SUPERVISOR, choices=("采用单位交回的", "维持台账现在的")),
)


@dataclass(frozen=True)
class ListedConflict:
    """One line of the list: which cell, its three values as text, and why it was not recorded (Chinese)."""

    problem_id: str
    statement: str
    address: str
    heading: str
    exported: str
    filed: str
    present: str
    reason: str


def write_conflicts(
    path: Path, conflicts: Iterable[ListedConflict], unit_name: str, file_name: str, office: str, as_of: date
) -> Path:
    """Write the list and return its path.

    Args:
        path: where to write it; its folder is made if need be.
        conflicts: the lines in their order.
        unit_name: who sent the ledger back.
        file_name: the file that it was.
        office: who issues the list.
        as_of: the day.
    """
    rows = []
    for number, line in enumerate(conflicts, 1):
        values: dict[str, Value] = {"number": number, **vars(line)}
        rows.append(SheetRow(values))
    title = f"{unit_name}整改台账导入冲突清单"
    sheet = Sheet(
        name="冲突清单",
        title=title,
        subtitle=f"文件：{file_name}　　出具单位：{office}　　日期：{as_of:%Y-%m-%d}",
        notes=(
            "以下各处没有记入台账，其余的已经记入。单元格是单位交回的文件里的地址。",
            "请监督单位逐处核定：采用单位交回的，请单位在新台账里重填；维持台账现在的，不必再填。灰色栏备查，不再导入。",
        ),
        columns=_COLUMNS,
        rows=rows,
        frozen_columns=2,
    )
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    return write_book(path, Book(title, office, as_of, [sheet]))


def told_value(name: str, value: Any) -> str:
    """Return a value of a column of PROBLEMS as people read it."""
    if value is None:
        return "（空）"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return PROBLEMS[name].values.get(value, str(value)) if name in PROBLEMS.column_names else str(value)
