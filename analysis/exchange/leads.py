"""线索移送清单: leads of restricted categories, for the supervisor and whom the law names, and for nobody else."""

from pathlib import Path

import pandas as pd

from analysis.exchange.complaint_details import DETAIL_COLUMNS, detail_rows, left_out
from analysis.exchange.edition import Edition
from analysis.exchange.explanation_sheet import explanation_sheet
from analysis.exchange.files import PRIVATE_MODE
from analysis.exchange.ledger_view import COUNTING_RULE
from analysis.exchange.problem_list import problem_rows
from analysis.exchange.sheet_writer import write_book
from analysis.exchange.sheets import Book, Kind, Sheet, SheetColumn
from analysis.exchange.style import Filler

SECRECY = (
    "内部线索，严格保密：不得交给被反映单位或个人，不得泄露反映人情况"
    "（《信访工作条例》第四十六条、《纪检监察机关处理检举控告工作规则》第四十七条）。"
)

LEAD_COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("number", "序号", 4.6, Kind.SHORT, has_tone=True),
    SheetColumn("problem_id", "线索编号", 8.6, Kind.SHORT),
    SheetColumn("category_name", "线索类别", 8.4, Kind.SHORT),
    SheetColumn("sub_problem_name", "线索小类", 8.4, Kind.SHORT),
    SheetColumn("statement", "反映的问题", 28),
    SheetColumn("unit_name", "被反映单位", 14.5, Kind.SHORT),
    SheetColumn("complaint_count", "诉求数", 5.5, Kind.COUNT),
    SheetColumn("complainant_count", "人数", 5.5, Kind.COUNT),
    SheetColumn("matter_count", "事项数", 5.5, Kind.COUNT),
    SheetColumn("place", "反映最多的地点（人数）", 13.5),
    SheetColumn("first_received_on", "首次反映", 10.6, Kind.DATE),
    SheetColumn("last_received_on", "最近反映", 10.6, Kind.DATE),
    SheetColumn("registered_on", "登记日期", 10.6, Kind.DATE),
    SheetColumn("due_on", "移送时限", 10.6, Kind.DATE, has_tone=True),
    SheetColumn("time_words", "时限状态", 9.4, Kind.SHORT, has_tone=True),
    SheetColumn("receiver", "移送单位", 11, Kind.SHORT, Filler.SUPERVISOR),
    SheetColumn("handed_over_on", "移送日期", 10.6, Kind.DATE, Filler.SUPERVISOR),
    SheetColumn("signed_by", "签收人", 8.4, Kind.SHORT, Filler.SUPERVISOR),
    SheetColumn("result", "反馈结果", 14.5, Kind.TEXT, Filler.SUPERVISOR),
)


def has_leads(ledger: pd.DataFrame, details: pd.DataFrame) -> bool:
    """Say whether there is anything to hand over, as a problem or as a finding that still awaits review."""
    return bool(ledger["is_restricted"].any() or details["is_restricted"].any())


def write_leads(
    path: Path, ledger: pd.DataFrame, details: pd.DataFrame, explanations: pd.DataFrame, edition: Edition
) -> Path:
    """Write 线索移送清单, readable by its owner alone, and return its path.

    Args:
        path: where to write it.
        ledger: result of `build_ledger`; only restricted problems are used.
        details: result of `mark_leads`; only restricted findings, and complaints that hold one, are used.
        explanations: complaint_id and text.
        edition: whose list it is, and the run.
    """
    title = f"{edition.settings.site.name}道路交通安全和运输执法领域线索移送清单"
    below = edition.subtitle()
    restricted, leads = ledger[ledger["is_restricted"]], details[details["is_restricted"]]
    sheets = (
        Sheet(
            name="线索移送清单",
            title=title,
            subtitle=below,
            warning=SECRECY,
            notes=(COUNTING_RULE, "深蓝栏头由系统生成；灰色栏头在移送后由监督单位填写。"),
            has_tone_legend=True,
            columns=LEAD_COLUMNS,
            rows=problem_rows(restricted),
            frozen_columns=2,
        ),
        Sheet(
            name="线索诉求明细",
            title="线索诉求明细",
            subtitle=below,
            warning=SECRECY,
            notes=(
                "得分是模型和规则给出的概率，不是查证结果。问题编号空着的尚待人工复核，没有列入清单。",
                *left_out(int(leads["problem_id"].notna().sum()), int(restricted["complaint_count"].sum())),
            ),
            columns=DETAIL_COLUMNS,
            rows=detail_rows(leads, edition),
            frozen_columns=3,
        ),
        explanation_sheet(below, explanations, details[details["has_lead"]], edition, warning=SECRECY),
    )
    return write_book(path, Book(title, edition.office, edition.run.as_of, sheets), PRIVATE_MODE)
