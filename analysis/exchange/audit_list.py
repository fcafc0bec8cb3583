"""操作记录: who did what and when, as a workbook that its owner alone can read."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from analysis.exchange.files import PRIVATE_MODE
from analysis.exchange.sheet_writer import write_book
from analysis.exchange.sheets import Book, Kind, Sheet, SheetColumn, SheetRow, Value

_COLUMNS = (
    SheetColumn("at", "时间", 16, Kind.TIME),
    SheetColumn("person", "经手", 10, Kind.SHORT),
    SheetColumn("what", "做了什么", 14, Kind.SHORT),
    SheetColumn("problem_id", "问题编号", 14, Kind.SHORT),
    SheetColumn("object", "对象", 24),
    SheetColumn("detail", "说明", 60),
    SheetColumn("sequence", "事件序号", 9, Kind.SHORT),
)


def write_audit(path: Path, acts: Iterable[Mapping[str, Value]], chosen: str, office: str, as_of: date) -> Path:
    """Write the acts and return the path.

    Args:
        path: where.
        acts: at, person, what, problem_id, object, detail, sequence.
        chosen: which acts these are, in words.
        office: who issues it.
        as_of: the day.
    """
    sheet = Sheet(
        name="操作记录",
        title="台账操作记录",
        subtitle=f"{chosen}　　出具单位：{office}　　导出日期：{as_of:%Y-%m-%d}",
        columns=_COLUMNS,
        rows=[SheetRow(act) for act in acts],
        frozen_columns=1,
        when_empty="（没有记录）",
    )
    return write_book(path, Book("台账操作记录", office, as_of, [sheet]), PRIVATE_MODE)
