"""判断说明: why each complaint was judged as it was, the trace sheet of the supervisor's workbooks."""

import pandas as pd

from analysis.contracts import DECISIONS
from analysis.exchange.edition import Edition
from analysis.exchange.explanation_text import SECTIONS, split_sections
from analysis.exchange.sheets import Kind, Sheet, SheetColumn, SheetRow, Value

_WIDTHS = dict(zip(SECTIONS, (30, 30, 62, 52, 44, 30, 16), strict=True))

_COLUMNS = (
    SheetColumn("number", "序号", 6, Kind.SHORT),
    SheetColumn("complaint_id", "诉求编号", 15, Kind.SHORT),
    SheetColumn("decision", "现在的判断", 9, Kind.SHORT),
    SheetColumn("score", "纳入分", 7, Kind.SCORE),
    *(SheetColumn(name, name, width) for name, width in _WIDTHS.items()),
)
_NOTE = (
    "每件纳入或待复核的诉求为什么这样判断；与 hotline explain 诉求编号 的文字相同。",
    "括号内的数是作用的大小，正数支持，负数反对。",
    "引文已去除个人信息，仍仅限监督单位内部使用。旧版本判断的诉求没有说明。",
)


def explanation_sheet(
    subtitle: str, explanations: pd.DataFrame, details: pd.DataFrame, edition: Edition, *, warning: str = ""
) -> Sheet:
    """Return the sheet for the complaints of `details` that have an explanation, the surest first.

    Args:
        subtitle: the line under the title.
        explanations: complaint_id and text.
        details: result of `mark_leads`, or the part of it that the workbook may show.
        edition: whose workbook it is.
        warning: stands above the notes.
    """
    judged = details.drop_duplicates("complaint_id")[["complaint_id", "decision", "scope_score"]]
    told = judged.merge(explanations[["complaint_id", "text"]], on="complaint_id")
    told = told.sort_values(["scope_score", "complaint_id"], ascending=[False, True])
    rows = []
    for number, (complaint_id, decision, score, text) in enumerate(told.itertuples(index=False), 1):
        values: dict[str, Value] = {"number": number, "complaint_id": complaint_id, "score": float(score)}
        rows.append(SheetRow(values | {"decision": DECISIONS[decision]} | split_sections(text)))
    return Sheet(
        name="判断说明",
        title="判断说明",
        subtitle=subtitle,
        warning=warning,
        notes=_NOTE,
        columns=_COLUMNS,
        rows=rows,
        frozen_columns=2,
        when_empty=f"（没有判断说明；{edition.office}下次运行时写出）" if len(judged) else "（没有纳入或待复核的诉求）",
    )
