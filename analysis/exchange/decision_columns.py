"""The columns of the 监督台账 and the words of the supervisor's decisions, for who writes it and who reads it back."""

from collections.abc import Mapping
from types import MappingProxyType

from analysis.contracts import LIFE_CYCLE_KINDS
from analysis.exchange.returned_sheet import Form
from analysis.exchange.sheets import Kind, SheetColumn
from analysis.exchange.style import Filler

BOOK_NAME = "监督台账"
WAITING_SHEET, OPEN_SHEET, FINISHED_SHEET, GUIDE_SHEET = "待决定", "其他在办问题", "已办结问题", "填写说明"

_DECIDABLE = (
    "handed_over",
    "unit_assigned",
    "unit_undetermined",
    "transferred",
    "unfounded",
    "verification_started",
    "closed",
    "verification_failed",
    "closure_withdrawn",
    "extension_granted",
    "extension_refused",
    "objection_rejected",
    "merged",
    "restored",
    "text_released",
    "text_withdrawn",
)
CORRECTION = "event_corrected"
DECISION_WORDS: Mapping[str, str] = MappingProxyType(
    {kind: LIFE_CYCLE_KINDS[kind] for kind in _DECIDABLE}
    | {"closed": "核查通过并销号", "closure_withdrawn": "退回销号申请", CORRECTION: "更正上一步"}
)
"""What the supervisor chooses, by the step that it is; a correction leaves the last step out."""

_FACTS, _ASKED, _DECIDED = "问题情况", "责任单位填报和申请", "监督单位决定"
_RARE, _ASIDE = "少用的决定栏（不打印）", "参考（不打印）"
_S = Filler.SUPERVISOR


def _aside(field: str, heading: str, width: float, kind: Kind = Kind.TEXT) -> SheetColumn:
    return SheetColumn(field, heading, width, kind, band=_ASIDE, is_printed=False)


def _rare(field: str, heading: str, width: float, kind: Kind, hint: str) -> SheetColumn:
    return SheetColumn(field, heading, width, kind, _S, _RARE, hint=hint, is_printed=False)


DECISION_COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("number", "序号", 4.6, Kind.SHORT, band=_FACTS, has_tone=True),
    SheetColumn("problem_id", "问题编号", 8.4, Kind.SHORT, band=_FACTS),
    SheetColumn("task", "待决定的事", 6.4, Kind.SHORT, band=_FACTS),
    SheetColumn("source_label", "问题来源", 4.4, Kind.SHORT, band=_FACTS),
    SheetColumn("sub_problem_name", "问题小类", 8.4, Kind.SHORT, band=_FACTS),
    SheetColumn("statement", "具体问题", 18, band=_FACTS),
    SheetColumn("complaint_count", "诉求数", 4.6, Kind.COUNT, band=_FACTS),
    SheetColumn("complainant_count", "人数", 4.6, Kind.COUNT, band=_FACTS),
    SheetColumn("matter_count", "事项数", 4.6, Kind.COUNT, band=_FACTS),
    SheetColumn("unit_short_name", "现责任单位", 7.4, Kind.SHORT, band=_FACTS),
    SheetColumn("due_on", "整改时限", 9.8, Kind.DATE, band=_FACTS, has_tone=True),
    SheetColumn("time_words", "时限状态", 8.8, Kind.SHORT, band=_FACTS, has_tone=True),
    SheetColumn("status_label", "办理状态", 6.4, Kind.SHORT, band=_FACTS),
    SheetColumn("status_reason", "状态说明", 11, band=_FACTS),
    SheetColumn("measure", "整改措施", 16, band=_ASKED),
    SheetColumn("completed_on", "完成日期", 9.8, Kind.DATE, band=_ASKED),
    SheetColumn("evidence", "佐证材料", 9.6, band=_ASKED),
    SheetColumn("extension_due_on", "申请延期至", 9.8, Kind.DATE, band=_ASKED),
    SheetColumn("extension_reason", "延期理由", 9.6, band=_ASKED),
    SheetColumn("decision", "决定", 8.4, Kind.SHORT, _S, _DECIDED, hint="下拉列表只列现在可以作的决定"),
    SheetColumn("reason", "理由", 11, Kind.TEXT, _S, _DECIDED, hint="除交办、开始核查、核查通过和不通过外必填"),
    SheetColumn("verification", "核查意见", 11, Kind.TEXT, _S, _DECIDED, hint="核查通过、不通过时必填"),
    SheetColumn("verified_by", "核查人", 6, Kind.SHORT, _S, _DECIDED, hint="核查通过、不通过、不属实时必填"),
    SheetColumn("verified_on", "核查日期", 9.8, Kind.DATE, _S, _DECIDED, hint="核查通过、不通过时必填"),
    SheetColumn("unit", "责任单位", 7.4, Kind.SHORT, _S, _DECIDED, hint="“确定责任单位”时选"),
    SheetColumn(
        "extended_to",
        "延期至",
        9.8,
        Kind.DATE,
        _S,
        _DECIDED,
        hint="“批准延期”时填；空着即批准所申请的日期，不得早于原时限",
    ),
    _rare("receiver", "移送单位", 10, Kind.SHORT, "“移送”时填"),
    _rare("accepting_unit", "验收单位", 10, Kind.SHORT, "核查通过时可填"),
    _rare("merged_into", "并入问题编号", 14, Kind.SHORT, "“并入另一问题”时填，如 FR-2026-0001"),
    _rare(
        "release",
        "放行文字",
        24,
        Kind.TEXT,
        "“放行文字”时填：用自己的中性文字写明要让责任单位知道的事实，不抄诉求，不写人名、电话、住址、具体日期；"
        "改写的写全，代替已放行的",
    ),
    _aside("released_text", "已放行文字", 24),
    _aside("unit_reason", "定责依据", 14),
    _aside("evidence_on", "佐证日期", 9.8, Kind.DATE),
    _aside("registered_on", "登记日期", 9.8, Kind.DATE),
    _aside("last_step", "上一步", 14),
    _aside("batch", "批次", 12, Kind.SHORT),
    SheetColumn("row_id", "行标识", 12, Kind.SHORT, is_hidden=True),
    SheetColumn("version", "版本", 6, Kind.SHORT, is_hidden=True),
    SheetColumn("seal", "校验码", 12, Kind.SHORT, is_hidden=True),
)
"""What is read and filled in for most decisions stands left and is printed on A3 in 9 points; the rest is on the right.
"""

IDENTITY_FIELDS = ("row_id", "version")
DECIDED_FIELDS = tuple(c.field for c in DECISION_COLUMNS if c.filler is _S)
SEALED_FIELDS = tuple(
    c.field for c in DECISION_COLUMNS if c.filler is Filler.SYSTEM and not c.is_hidden and c.field != "number"
)
"""What nobody but the system may change; the number of the row may, as rows are sorted and deleted."""
FIELD_OF = MappingProxyType(
    {
        "status_reason": "reason",
        "unit_reason": "reason",
        "unit_id": "unit",
        "due_on": "extended_to",
        "merged_into_id": "merged_into",
        "receiver": "receiver",
        "verification": "verification",
        "verified_by": "verified_by",
        "verified_on": "verified_on",
        "accepting_unit": "accepting_unit",
        "released_text": "release",
        "release_reason": "reason",
    }
)
"""In which column of the sheet the supervisor says what a step carries, by column of PROBLEMS."""

DECISION_FORM = Form(
    name=BOOK_NAME,
    origin="由 hotline decide export 导出的监督台账",
    item="问题",
    columns=DECISION_COLUMNS,
    needed=tuple(c.field for c in DECISION_COLUMNS if c.field != "number"),
    shared=("verified_by", "verified_on", "accepting_unit"),
    own_sheets=(GUIDE_SHEET,),
    has_several=True,
)


def seal_identity(values: Mapping[str, str], site_code: str) -> dict[str, str]:
    """Return what a row is, for its seal: the site, and its IDENTITY_FIELDS as they stand in the sheet."""
    return {"site": site_code, "form": BOOK_NAME} | {name: values[name] for name in IDENTITY_FIELDS}
