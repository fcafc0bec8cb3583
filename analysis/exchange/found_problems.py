"""问题登记表: problems that were not found by complaints, as the office lists them, to be registered all at once."""

from datetime import date
from pathlib import Path

from analysis.codebook.scheme import Scheme
from analysis.codebook.units import UnitRegister
from analysis.contracts import PENDING_UNIT, PROBLEM_SOURCES, UNIT_KINDS
from analysis.exchange.cells import plain_words
from analysis.exchange.files import PRIVATE_MODE
from analysis.exchange.returned_sheet import Form
from analysis.exchange.review_columns import sub_problem_labels
from analysis.exchange.sheet_writer import write_book
from analysis.exchange.sheets import Book, Kind, Sheet, SheetColumn, SheetRow
from analysis.exchange.style import Filler

SHEET_NAME = "问题登记表"
_INSTRUCTIONS = "填写说明"
_EMPTY_ROWS = 300
"""Rows with drop-downs; more can be put below them."""
FIELDS = ("source", "batch", "unit", "sub_problem", "statement", "registered_on", "due_on", "note")
SOURCE_WORDS = {code: word for code, word in PROBLEM_SOURCES.items() if code != "complaint"}
"""Where the problems of the form can come from: complaints come in by themselves."""

_NOTES = (
    "一行一个问题。问题来源、责任单位、问题小类从下拉列表中选；整改时限不填的，按时限规则从登记日期推算。",
    "具体问题用中性文字概括，不写反映人和当事人的姓名、电话、车牌、住址；导入时还会去隐私。",
    "用 hotline problems import 导入：逐格核对，有错整份不记；同一份再次导入不会重复登记。",
)
_HOW = (
    ("问题来源", "必填。自查发现、上级交办、督察检查或案卷评查。投诉举报的问题由夜间运行自动登记，不填在这里。"),
    ("批次", "上级交办的必填，例如“省督察组2026年第一批”；其他来源可以不填。同一批次写法要一致，进度按批次统计。"),
    ("责任单位", "必填。从名录中选，单位在登记日期须存在；定不了的选“待定”或“待定（交警）”等，由监督单位核定。"),
    ("问题小类", "必填。一行一个小类，一个问题涉及几个小类的分行填写。"),
    ("具体问题", "必填。中性文字，说清什么单位在什么环节有什么问题。"),
    ("登记日期", "必填。发现或来文的日期，不晚于今天，如 2026-11-20。"),
    ("整改时限", "来文规定了时限的填写，不早于登记日期，要写年份；不填的按规则推算。"),
    ("备注", "来文文号等，只供监督单位看，不进整改台账。"),
)


def found_problem_columns(scheme: Scheme, units: UnitRegister) -> tuple[SheetColumn, ...]:
    """Return the columns of the form."""

    def filled(field: str, heading: str, width: float, kind: Kind, *choices: str) -> SheetColumn:
        return SheetColumn(field, heading, width, kind, Filler.SUPERVISOR, choices=choices)

    return (
        filled("source", "问题来源", 12, Kind.SHORT, *SOURCE_WORDS.values()),
        filled("batch", "批次", 24, Kind.SHORT),
        filled("unit", "责任单位", 20, Kind.SHORT, *(u.short_name for u in units.unit), *_pending_words()),
        filled("sub_problem", "问题小类", 26, Kind.SHORT, *sub_problem_labels(scheme).values()),
        filled("statement", "具体问题", 60, Kind.TEXT),
        filled("registered_on", "登记日期", 12, Kind.DATE),
        filled("due_on", "整改时限", 12, Kind.DATE),
        filled("note", "备注", 26, Kind.TEXT),
    )


def found_problem_form(scheme: Scheme, units: UnitRegister) -> Form:
    """Return what is known of every 问题登记表."""
    return Form(
        SHEET_NAME,
        "由 hotline problems template 写出的问题登记表",
        "",
        found_problem_columns(scheme, units),
        FIELDS,
        own_sheets=(_INSTRUCTIONS,),
    )


def unit_spellings(units: UnitRegister) -> dict[str, tuple[str | None, str]]:
    """Return unit id (None where it is left open) and kind by what a cell may say of a unit, `plain_words` of it."""
    found: dict[str, tuple[str | None, str]] = {plain_words(PENDING_UNIT): (None, "其他")}
    found |= {plain_words(f"{PENDING_UNIT}（{kind}）"): (None, kind) for kind in UNIT_KINDS}
    for unit in units.unit:
        for name in (*unit.aliases, unit.name, unit.short_name):
            found[plain_words(name)] = (unit.unit_id, unit.unit_kind)
    return found


def write_found_problem_form(path: Path, scheme: Scheme, units: UnitRegister, office: str, as_of: date) -> Path:
    """Write an empty 问题登记表 readable by its owner alone, and return its path.

    Args:
        path: where to write it.
        scheme: the sub-problems that can be chosen.
        units: the register; units that exist on some day can be chosen.
        office: who fills it in.
        as_of: day of the export.
    """
    form = Sheet(
        name=SHEET_NAME,
        title="道路交通安全和运输执法领域突出问题登记表",
        subtitle=f"填报单位：{office}　　导出日期：{as_of:%Y-%m-%d}",
        notes=_NOTES,
        columns=found_problem_columns(scheme, units),
        rows=[SheetRow({}) for _ in range(_EMPTY_ROWS)],
    )
    how = Sheet(
        name=_INSTRUCTIONS,
        title="问题登记表填写说明",
        subtitle=f"填报单位：{office}",
        columns=(SheetColumn("heading", "栏目", 14, Kind.SHORT), SheetColumn("how", "怎样填写", 80)),
        rows=[SheetRow({"heading": heading, "how": words}) for heading, words in _HOW],
        is_portrait=True,
    )
    return write_book(path, Book("问题登记表", office, as_of, (form, how)), PRIVATE_MODE)


def _pending_words() -> tuple[str, ...]:
    return (PENDING_UNIT, *(f"{PENDING_UNIT}（{kind}）" for kind in UNIT_KINDS))
