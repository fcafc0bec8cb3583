"""The columns of a unit's 整改台账 and the words chosen there, for who writes it and who reads it back."""

from collections.abc import Mapping
from dataclasses import replace

from analysis.contracts import FILED_COLUMNS, PROGRESS_WORDS
from analysis.exchange.returned_sheet import Form
from analysis.exchange.sheets import Kind, SheetColumn
from analysis.exchange.style import Filler

SHEET_NAME = "整改台账"
CLOSED_SHEET_NAME = "已销号"
GUIDE_SHEET_NAME = "填写说明"

APPLICATIONS = {
    "closure_requested": "申请销号",
    "extension_requested": "申请延期",
    "objection_raised": "提出异议",
    "closure_withdrawn": "撤回销号申请",
}
"""What a unit can ask for, by the step in the life of the problem; only the supervisor grants it."""
APPLICATION_FIELDS = ("application", "application_reason", "extension_due_on")
RELEASED_FIELD = "released_text"
IDENTITY_FIELDS = ("row_id", "version", "unit_id", "export_id")

_UNIT = Filler.UNIT
_FACTS, _DUTY, _MENDING, _ASKING, _CHECKING = "问题情况", "责任分工", "整改落实", "申请", "核查销号"
_ASIDE = "参考（不打印）"

LEDGER_COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("number", "序号", 4.6, Kind.SHORT, band=_FACTS, has_tone=True),
    SheetColumn("problem_id", "问题编号", 8.4, Kind.SHORT, band=_FACTS, hint="终身不变，来函都用这个编号"),
    SheetColumn("source_label", "问题来源", 4.4, Kind.SHORT, band=_FACTS),
    SheetColumn("category_name", "问题类别", 6, Kind.SHORT, band=_FACTS),
    SheetColumn("sub_problem_name", "问题小类", 8.4, Kind.SHORT, band=_FACTS),
    SheetColumn("statement", "具体问题", 20, band=_FACTS, hint="用中性文字概括，不含反映人的原话"),
    SheetColumn(
        RELEASED_FIELD, "放行文字", 19, band=_FACTS, hint="监督单位放行的情况说明；只用于整改，不得据以查找反映人"
    ),
    SheetColumn("complaint_count", "涉及诉求数", 5.6, Kind.COUNT, band=_FACTS),
    SheetColumn("complainant_count", "涉及人数", 5.6, Kind.COUNT, band=_FACTS),
    SheetColumn("place", "地点", 8.2, Kind.SHORT, band=_FACTS, hint="只到道路或街道；反映的人太少时只写辖区内"),
    SheetColumn(
        "unit_short_name", "责任单位", 7.4, Kind.SHORT, band=_DUTY, hint="有异议的，在“申请事项”选“提出异议”并写明理由"
    ),
    SheetColumn(
        "supporting_unit",
        "配合单位",
        7.4,
        Kind.SHORT,
        _UNIT,
        _DUTY,
        has_free_text=True,
        hint="没有的空着；多个用顿号隔开",
    ),
    SheetColumn("leader", "责任领导", 6, Kind.SHORT, _UNIT, _DUTY, hint="姓名"),
    SheetColumn("handler", "责任人", 6, Kind.SHORT, _UNIT, _DUTY, hint="姓名；申请销号前必填"),
    SheetColumn("goal", "整改目标", 10, Kind.TEXT, _UNIT, _MENDING, hint="整改后要达到的状态，能够核查"),
    SheetColumn(
        "measure",
        "整改措施",
        17,
        Kind.TEXT,
        _UNIT,
        _MENDING,
        hint="逐条写明做什么、谁来做；不要写反映人的情况；申请销号前必填",
    ),
    SheetColumn(
        "due_on", "整改时限", 9.8, Kind.DATE, band=_MENDING, has_tone=True, hint="需要延期的，在“申请事项”选“申请延期”"
    ),
    SheetColumn("time_words", "时限状态", 8.8, Kind.SHORT, band=_MENDING, has_tone=True),
    SheetColumn("progress", "整改进展", 7.4, Kind.SHORT, _UNIT, _MENDING, choices=PROGRESS_WORDS),
    SheetColumn("completed_on", "完成日期", 9.8, Kind.DATE, _UNIT, _MENDING, hint="实际完成整改的日期；申请销号前必填"),
    SheetColumn(
        "evidence", "佐证材料", 10, Kind.TEXT, _UNIT, _MENDING, hint="材料名称、文号，材料另附；申请销号前必填"
    ),
    SheetColumn("evidence_on", "佐证日期", 9.8, Kind.DATE, _UNIT, _MENDING, hint="佐证材料形成的日期；申请销号前必填"),
    SheetColumn(
        "application",
        "申请事项",
        6.6,
        Kind.SHORT,
        _UNIT,
        _ASKING,
        choices=tuple(APPLICATIONS.values()),
        hint="没有申请的空着；申请经监督单位核查或批复后才算数",
    ),
    SheetColumn(
        "application_reason", "申请理由", 10, Kind.TEXT, _UNIT, _ASKING, hint="申请延期、提出异议、撤回申请的必填"
    ),
    SheetColumn("extension_due_on", "申请延期至", 9.8, Kind.DATE, _UNIT, _ASKING, hint="只在申请延期时填"),
    SheetColumn("state", "状态", 7.6, Kind.SHORT, band=_CHECKING, hint="由监督单位核定，“已销号”的移到另一张表"),
    SheetColumn("opinion", "核查意见", 9.6, Kind.TEXT, band=_CHECKING, hint="最近一次核查的意见和对申请的批复"),
    SheetColumn("remark", "备注", 8, Kind.TEXT, _UNIT, "备注"),
    SheetColumn(
        "first_month",
        "首次反映",
        6.4,
        Kind.SHORT,
        band=_ASIDE,
        is_printed=False,
        hint="只到月；不到 5 人的月并到季、半年、年，还不到的不写；来源没有时间的写“不详”",
    ),
    SheetColumn(
        "last_month",
        "最近反映",
        6.4,
        Kind.SHORT,
        band=_ASIDE,
        is_printed=False,
        hint="只到月；不到 5 人的月并到季、半年、年，还不到的不写；来源没有时间的写“不详”",
    ),
    SheetColumn(
        "closed_on", "销号日期", 9.8, Kind.DATE, band=_ASIDE, hint="反弹的，写上次销号的日期", is_printed=False
    ),
    SheetColumn("row_id", "行标识", 12, Kind.SHORT, is_hidden=True),
    SheetColumn("version", "版本", 6, Kind.SHORT, is_hidden=True),
    SheetColumn("unit_id", "单位代码", 12, Kind.SHORT, is_hidden=True),
    SheetColumn("export_id", "导出编号", 12, Kind.SHORT, is_hidden=True),
    SheetColumn("seal", "校验码", 12, Kind.SHORT, is_hidden=True),
)
"""The columns of the unit's ledger, in the order of the offices' own 台账.

Those on the right are not printed, so that the others can be read on A3; the hidden ones are for the way back.

RELEASED_FIELD is there only where a text was released to the unit.
"""

CLOSED_COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("number", "序号", 5, Kind.SHORT),
    SheetColumn("problem_id", "问题编号", 9, Kind.SHORT),
    SheetColumn("category_name", "问题类别", 9, Kind.SHORT),
    SheetColumn("sub_problem_name", "问题小类", 11, Kind.SHORT),
    SheetColumn("statement", "具体问题", 24),
    SheetColumn("measure", "整改措施", 22),
    SheetColumn("completed_on", "完成日期", 10.6, Kind.DATE),
    SheetColumn("evidence", "佐证材料", 14),
    SheetColumn("opinion", "核查意见", 15),
    SheetColumn("accepting_unit", "验收单位", 9, Kind.SHORT),
    SheetColumn("closed_on", "销号日期", 10.6, Kind.DATE),
    SheetColumn("look_back_words", "回头看结果", 8, Kind.SHORT),
)

EDITABLE_FIELDS = (*FILED_COLUMNS, *APPLICATION_FIELDS)
SEALED_FIELDS = tuple(
    c.field
    for c in LEDGER_COLUMNS
    if c.filler is Filler.SYSTEM and not c.is_hidden and c.field not in ("number", RELEASED_FIELD)
)
"""What nobody but the system may change; the number of the row may, as rows are sorted and deleted.

In a row with a released text, that is sealed as well: after these.
"""

UNIT_FORM = Form(
    name="整改台账",
    origin="监督单位发出的整改台账",
    item="问题",
    columns=LEDGER_COLUMNS,
    needed=tuple(c.field for c in LEDGER_COLUMNS if c.field not in ("number", RELEASED_FIELD)),
    shared=("supporting_unit", "leader", "handler"),
    own_sheets=(GUIDE_SHEET_NAME, CLOSED_SHEET_NAME),
)


def ledger_columns(choices: Mapping[str, tuple[str, ...]], *, has_released: bool) -> tuple[SheetColumn, ...]:
    """Return the columns of a ledger with other choices for some fields, and with released texts if it has any."""
    columns = (c for c in LEDGER_COLUMNS if has_released or c.field != RELEASED_FIELD)
    return tuple(replace(c, choices=choices[c.field]) if c.field in choices else c for c in columns)
