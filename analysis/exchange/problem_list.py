"""问题清单: the supervisor's own workbook, from the list of problems down to each complaint and its evidence."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.contracts import DECISIONS, PROBLEM_SOURCES, QUARANTINE
from analysis.exchange.assistant_words import OPINION_HEADING, current_opinions, opinion_words
from analysis.exchange.complaint_details import DETAIL_COLUMNS, detail_rows, left_out
from analysis.exchange.edition import Edition
from analysis.exchange.explanation_sheet import explanation_sheet
from analysis.exchange.ledger_view import (
    COUNTING_RULE,
    LEVEL_WORDS,
    REACH,
    TIME_RULE,
    UNKNOWN_TIME,
    as_date,
    as_text,
    count_reach,
    total_reach,
)
from analysis.exchange.oversight import Oversight
from analysis.exchange.problem_sources import PROGRESS_RULE, count_batches, count_sources
from analysis.exchange.sheet_writer import write_book
from analysis.exchange.sheets import Book, Kind, Sheet, SheetColumn, SheetRow, Value
from analysis.exchange.shown import Shown
from analysis.exchange.style import Tone

MOST_PLACES = 3
_RECEIVED = ("first_received_on", "last_received_on")

PROBLEM_COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("number", "序号", 4.6, Kind.SHORT, has_tone=True),
    SheetColumn("problem_id", "问题编号", 8.6, Kind.SHORT),
    SheetColumn("source_label", "问题来源", 4.4, Kind.SHORT),
    SheetColumn("batch", "批次", 6, Kind.SHORT),
    SheetColumn("category_name", "问题类别", 6, Kind.SHORT),
    SheetColumn("sub_problem_name", "问题小类", 8.4, Kind.SHORT),
    SheetColumn("statement", "具体问题", 24),
    SheetColumn("complaint_count", "诉求数", 5.5, Kind.COUNT),
    SheetColumn("complainant_count", "人数", 5.5, Kind.COUNT),
    SheetColumn("matter_count", "事项数", 5.5, Kind.COUNT),
    SheetColumn("place", "反映最多的地点（人数）", 13.5),
    SheetColumn("first_received_on", "首次反映", 10.6, Kind.DATE),
    SheetColumn("last_received_on", "最近反映", 10.6, Kind.DATE),
    SheetColumn("unit_name", "责任单位", 12.4, Kind.SHORT),
    SheetColumn("level_words", "办理方式", 8.6, Kind.SHORT),
    SheetColumn("unit_reason", "定责依据", 10.6),
    SheetColumn("judged_by", "判断者（件）", 11, Kind.SHORT),
    SheetColumn("score_range", "得分范围", 6.6, Kind.SHORT),
    SheetColumn("status_label", "办理状态", 6.6, Kind.SHORT),
    SheetColumn("registered_on", "登记日期", 10.6, Kind.DATE),
    SheetColumn("due_on", "整改时限", 10.6, Kind.DATE, has_tone=True),
    SheetColumn("time_words", "时限状态", 10.6, Kind.SHORT, has_tone=True),
    SheetColumn("elapsed_words", "序时进度", 5.5, Kind.SHORT),
    SheetColumn("deadline_rule", "时限规则", 11.5),
)

_COUNTS = (
    SheetColumn("problem_count", "问题数", 9, Kind.COUNT),
    SheetColumn("complaint_count", "诉求数", 9, Kind.COUNT),
    SheetColumn("complainant_count", "人数", 9, Kind.COUNT),
    SheetColumn("matter_count", "事项数", 9, Kind.COUNT),
)
_TIMES = (
    SheetColumn("overdue_count", "超期", 8, Kind.COUNT),
    SheetColumn("due_soon_count", "临期", 8, Kind.COUNT),
)
_SOURCE_COLUMNS = (
    SheetColumn("label", "问题来源", 16, Kind.SHORT),
    SheetColumn("batch", "批次", 30, Kind.SHORT),
    SheetColumn("problem_count", "问题数", 9, Kind.COUNT),
    SheetColumn("finished_count", "已办结", 9, Kind.COUNT),
    SheetColumn("overdue_count", "超期", 8, Kind.COUNT),
    *_COUNTS[1:],
    SheetColumn("finished_share", "完成比例", 10, Kind.SHORT),
    SheetColumn("elapsed_share", "时间进度", 10, Kind.SHORT),
    SheetColumn("progress", "序时进度", 14, Kind.SHORT),
    SheetColumn("first_on", "最早登记", 12, Kind.DATE),
    SheetColumn("last_due_on", "最晚时限", 12, Kind.DATE),
)
_PENDING_COLUMNS = (
    SheetColumn("number", "序号", 6, Kind.SHORT),
    SheetColumn("task", "要决定的事", 14, Kind.SHORT),
    SheetColumn("identifier", "问题或诉求编号", 18, Kind.SHORT),
    SheetColumn("subject", "具体问题或可能的小类", 40),
    SheetColumn("reason", "原因", 44),
    SheetColumn("score", "纳入分", 8, Kind.SCORE),
    SheetColumn("source", "来源", 14, Kind.SHORT),
    SheetColumn("received_on", "受理或首次反映", 12, Kind.DATE),
    SheetColumn("file_name", "文件", 24, Kind.SHORT),
    SheetColumn("row_number", "行号", 7, Kind.SHORT),
)
_OPINION_COLUMN = SheetColumn("opinion", OPINION_HEADING, 34)
_QUARANTINE_WIDTHS = {
    "quarantine_id": 15,
    "file_name": 30,
    "sheet_name": 12,
    "row_number": 8,
    "column_name": 14,
    "heading": 14,
    "value_class": 18,
    "reason": 54,
    "status": 9,
}


def write_problem_list(
    path: Path,
    ledger: pd.DataFrame,
    details: pd.DataFrame,
    shown: Shown,
    edition: Edition,
    oversight: Oversight,
) -> Path:
    """Write 问题清单 and return its path.

    Args:
        path: where to write it.
        ledger: result of `build_ledger`.
        details: result of `mark_leads`.
        shown: what the ledger holds for it.
        edition: whose list it is, scheme, units and run.
        oversight: its queue tells why and in which order complaints are to be reviewed.
    """
    title = f"{edition.settings.site.name}道路交通安全和运输执法领域突出问题清单"
    below = edition.subtitle()
    open_ledger = ledger[~ledger["is_restricted"]]
    sheets = (
        _problems(title, below, ledger, open_ledger),
        _by_unit(below, open_ledger, shown.links, edition),
        _by_category(below, ledger, shown.links, edition.scheme),
        _by_source(below, ledger, shown.links, edition),
        _with_opinions(_pending(below, open_ledger, details, edition, oversight.queue), shown, edition.scheme),
        Sheet(
            name="诉求明细",
            title="诉求明细",
            subtitle=below,
            notes=(
                "正文已去除个人信息，仍仅限监督单位内部使用，不得转给被反映单位。一件诉求有几个小类的占几行。",
                *left_out(
                    details["complaint_id"].nunique(), shown.judged_count("in_scope") + shown.judged_count("review")
                ),
            ),
            columns=DETAIL_COLUMNS,
            rows=detail_rows(details[~details["is_restricted"]], edition),
            frozen_columns=3,
        ),
        explanation_sheet(below, shown.explanations, details[~details["has_lead"]], edition),
        _quarantine(below, shown.quarantine),
        _explanation(below, ledger, shown, edition),
    )
    return write_book(path, Book(title, edition.office, edition.run.as_of, sheets))


def problem_rows(problems: pd.DataFrame) -> list[SheetRow]:
    """Return one row per problem for the supervisor: exact counts, dates and places."""
    fields = [c.field for c in PROBLEM_COLUMNS if c.field not in ("number", "place", "elapsed_words")]
    rows = []
    for number, problem in enumerate(problems.to_dict("records"), 1):
        place = "、".join(f"{name}（{persons}）" for name, persons in problem["places"][:MOST_PLACES])
        share = problem["elapsed_share"]
        values: dict[str, Value] = {"number": number, "place": place or "未写明"}
        values["elapsed_words"] = "" if pd.isna(share) else f"{share:.0%}"
        values |= {name: problem[name] for name in fields}
        values |= {name: problem[name] or UNKNOWN_TIME for name in _RECEIVED}
        rows.append(SheetRow(values, problem["tone"]))
    return rows


def _problems(title: str, below: str, ledger: pd.DataFrame, open_ledger: pd.DataFrame) -> Sheet:
    lead_count = len(ledger) - len(open_ledger)
    notes = [COUNTING_RULE]
    if lead_count:
        notes.append(f"另有{lead_count}个问题属线索移送类别，只列入《线索移送清单》，不在本清单内。")
    return Sheet(
        name="问题清单",
        title=title,
        subtitle=below,
        notes=notes,
        has_tone_legend=True,
        columns=PROBLEM_COLUMNS,
        rows=problem_rows(open_ledger),
        frozen_columns=2,
    )


def _tone_counts(problems: pd.DataFrame) -> dict[str, Value]:
    return {
        "problem_count": len(problems),
        "overdue_count": int((problems["tone"] == Tone.OVERDUE).sum()),
        "due_soon_count": int((problems["tone"] == Tone.DUE_SOON).sum()),
    }


def _by_unit(below: str, ledger: pd.DataFrame, links: pd.DataFrame, edition: Edition) -> Sheet:
    units = edition.units
    categories = [c for c in edition.scheme.category if not c.is_restricted]
    linked = links.merge(ledger[["problem_id", "unit_name"]], on="problem_id")
    reach = count_reach(linked, "unit_name")
    order = [u.name for u in units.unit] + sorted(set(ledger["unit_name"]) - {u.name for u in units.unit})
    levels = {u.name: LEVEL_WORDS[u.level] for u in units.unit}
    rows = []
    for name in order:
        own = ledger[ledger["unit_name"] == name]
        if own.empty:
            continue
        of_category = own["category_code"].value_counts()
        values: dict[str, Value] = {"unit_name": name, "level_words": levels.get(name, "先核定责任单位")}
        values |= _tone_counts(own) | {c: int(reach[c].get(name, 0)) for c in REACH}
        values |= {c.category_code: int(of_category.get(c.category_code, 0)) for c in categories}
        rows.append(SheetRow(values))
    if rows:
        of_category = ledger["category_code"].value_counts()
        total: dict[str, Value] = {"unit_name": "合计（去重）"}
        total |= _tone_counts(ledger) | total_reach(linked)
        total |= {c.category_code: int(of_category.get(c.category_code, 0)) for c in categories}
        rows.append(SheetRow(total, is_total=True))
    return Sheet(
        name="单位汇总",
        title="按责任单位汇总",
        subtitle=below,
        notes=(f"类别各栏为问题数。{COUNTING_RULE}同一诉求涉及几个单位的在各单位分别计数，合计去重。",),
        columns=(
            SheetColumn("unit_name", "责任单位", 34),
            SheetColumn("level_words", "办理方式", 26, Kind.SHORT),
            *_COUNTS,
            *(SheetColumn(c.category_code, c.name, 13, Kind.COUNT) for c in categories),
            *_TIMES,
        ),
        rows=rows,
        frozen_columns=1,
    )


def _by_category(below: str, ledger: pd.DataFrame, links: pd.DataFrame, scheme: Scheme) -> Sheet:
    linked = links.drop(columns="sub_problem_code").merge(
        ledger[["problem_id", "category_code", "sub_problem_code", "is_restricted"]], on="problem_id"
    )
    by_code, by_category = count_reach(linked, "sub_problem_code"), count_reach(linked, "category_code")
    rows = []
    for category in scheme.category:
        own = ledger[ledger["category_code"] == category.category_code]
        where = "只列数，详见《线索移送清单》" if category.is_restricted else ""
        names: dict[str, Value] = {"category_name": category.name, "sub_problem_name": "小计", "remark": where}
        rows.append(_category_row(names, own, by_category, category.category_code, is_total=True))
        if category.is_restricted:
            continue
        for sub_problem in scheme.sub_problem:
            if sub_problem.category_code == category.category_code:
                code = sub_problem.sub_problem_code
                names = {
                    "category_name": category.name,
                    "sub_problem_name": sub_problem.name,
                    "remark": sub_problem.meaning,
                }
                rows.append(_category_row(names, own[own["sub_problem_code"] == code], by_code, code))
    total: dict[str, Value] = {"category_name": "合计（去重）"}
    total |= _tone_counts(ledger) | total_reach(linked) | {"unit_count": ledger["unit_id"].nunique()}
    rows.append(SheetRow(total, is_total=True))
    return Sheet(
        name="类别汇总",
        title="按类别和小类汇总",
        subtitle=below,
        notes=(f"{COUNTING_RULE}同一诉求涉及几个小类的在各小类分别计数，小计、合计去重。",),
        columns=(
            SheetColumn("category_name", "问题类别", 22, Kind.SHORT),
            SheetColumn("sub_problem_name", "问题小类", 28, Kind.SHORT),
            *_COUNTS,
            SheetColumn("unit_count", "责任单位数", 11, Kind.COUNT),
            *_TIMES,
            SheetColumn("remark", "小类含义", 62),
        ),
        rows=rows,
        frozen_columns=2,
    )


def _category_row(
    names: dict[str, Value], own: pd.DataFrame, reach: pd.DataFrame, key: str, *, is_total: bool = False
) -> SheetRow:
    counts: dict[str, Value] = {column: int(reach[column].get(key, 0)) for column in REACH}
    return SheetRow(names | _tone_counts(own) | counts | {"unit_count": own["unit_id"].nunique()}, is_total=is_total)


def _by_source(below: str, ledger: pd.DataFrame, links: pd.DataFrame, edition: Edition) -> Sheet:
    as_of = edition.run.as_of
    rows = []
    for row in count_sources(ledger, links, as_of).to_dict("records"):
        values: dict[str, Value] = {str(name): value for name, value in row.items() if name != "source"}
        rows.append(SheetRow(values, is_total=not row["source"]))
    for batch in count_batches(ledger, as_of):
        values = {
            "label": PROBLEM_SOURCES[batch.source],
            "batch": batch.batch,
            "problem_count": batch.problem_count,
            "finished_count": batch.finished_count,
            "overdue_count": batch.overdue_count,
            "finished_share": f"{batch.finished_share:.0%}",
            "elapsed_share": f"{batch.elapsed_share:.0%}",
            "progress": batch.progress,
            "first_on": batch.first_on,
            "last_due_on": batch.last_due_on,
        }
        rows.append(SheetRow(values))
    return Sheet(
        name="来源汇总",
        title="按问题来源和批次汇总",
        subtitle=below,
        notes=(f"合计以上按来源，合计以下按批次。{PROGRESS_RULE}", COUNTING_RULE),
        columns=_SOURCE_COLUMNS,
        rows=rows,
        frozen_columns=2,
    )


def _pending(below: str, ledger: pd.DataFrame, details: pd.DataFrame, edition: Edition, queue: pd.DataFrame) -> Sheet:
    scheme = edition.scheme
    reasons = dict(zip(queue["complaint_id"], queue["reasons"], strict=True))
    place = {complaint_id: position for position, complaint_id in enumerate(queue["complaint_id"])}
    rows = [
        {
            "task": "核定责任单位",
            "identifier": problem["problem_id"],
            "subject": problem["statement"],
            "reason": problem["unit_reason"],
            "source": problem["source_label"],
            "received_on": problem["first_received_on"] or UNKNOWN_TIME,
        }
        for problem in ledger[ledger["unit_id"].isna()].to_dict("records")
    ]
    waiting = details[details["decision"] == "review"]
    waiting = waiting.assign(place=waiting["complaint_id"].map(place)).sort_values(
        ["place", "scope_score", "complaint_id"], ascending=[True, False, True]
    )
    for complaint_id, findings in waiting.groupby("complaint_id", sort=False):
        first = findings.iloc[0]
        codes = [code for code in findings["sub_problem_code"].map(as_text) if code]
        names = [scheme.sub_problems[code].name for code in codes if not scheme.category_of(code).is_restricted]
        rows.append(
            {
                "task": "是否纳入",
                "identifier": str(complaint_id),
                "subject": "、".join(names) or ("见《线索移送清单》" if first["has_lead"] else "尚无"),
                "reason": reasons.get(str(complaint_id), as_text(first["review_reason"])),
                "score": float(first["scope_score"]),
                "source": edition.source_name(first["source_code"]),
                "received_on": as_date(first["received_at"]) or UNKNOWN_TIME,
                "file_name": as_text(first["file_name"]),
                "row_number": int(first["row_number"]),
            }
        )
    return Sheet(
        name="待定与复核",
        title="责任单位待定的问题和待人工复核的诉求",
        subtitle=below,
        notes=(
            "待复核的诉求按复核的价值从高到低排列，正文见“诉求明细”。",
            "漏判抽查和建议复核的不在此列，用 hotline review 导出。",
        ),
        columns=_PENDING_COLUMNS,
        rows=[SheetRow({"number": number, **row}) for number, row in enumerate(rows, 1)],
        frozen_columns=3,
        when_empty="（没有待定的单位，也没有待复核的诉求）",
    )


def _with_opinions(pending: Sheet, shown: Shown, scheme: Scheme) -> Sheet:
    """Return the sheet with the assistant's opinions beside what waits for a reviewer, where there are any."""
    opinions = current_opinions(shown.opinions, shown.details.drop_duplicates("complaint_id"))
    if opinions.empty:
        return pending
    words = {str(i): opinion_words(opinion, scheme, has_restricted=False) for i, opinion in opinions.iterrows()}
    rows = [
        replace(row, values={**row.values, "opinion": words.get(str(row.values["identifier"]))}) for row in pending.rows
    ]
    return replace(pending, columns=(*pending.columns, _OPINION_COLUMN), rows=rows)


def _quarantine(below: str, quarantine: pd.DataFrame) -> Sheet:
    columns = tuple(
        SheetColumn(
            name, QUARANTINE[name].heading, width, Kind.TEXT if width >= _QUARANTINE_WIDTHS["file_name"] else Kind.SHORT
        )
        for name, width in _QUARANTINE_WIDTHS.items()
    )
    labels = QUARANTINE["status"].values
    ordered = quarantine.sort_values(["status", "file_name", "sheet_name", "row_number", "quarantine_id"])
    rows = []
    for entry in ordered.to_dict("records"):
        values: dict[str, Value] = {name: as_text(entry[name]) for name in _QUARANTINE_WIDTHS}
        rows.append(SheetRow(values | {"status": labels[entry["status"]]}))
    return Sheet(
        name="隔离区",
        title="隔离区：没有收进来的行和文件",
        subtitle=below,
        notes=("本表不含原值。要修改重交，请用 hotline quarantine 导出带原值的表，改好放回原始目录。",),
        columns=columns,
        rows=rows,
        frozen_columns=1,
        when_empty="（没有隔离的行和文件）",
    )


def _explanation(below: str, ledger: pd.DataFrame, shown: Shown, edition: Edition) -> Sheet:
    scheme, run = edition.scheme, edition.run
    judged = {decision: shown.judged_count(decision) for decision in DECISIONS}
    restricted = "、".join(c.name for c in scheme.category if c.is_restricted)
    rules = "；".join(sorted(set(ledger["deadline_rule"].dropna()))) or "无"
    items = {
        "怎样计数": COUNTING_RULE,
        "判断了多少": f"纳入{judged['in_scope']}件，不纳入{judged['out_of_scope']}件，"
        f"待人工复核{judged['review']}件。待复核的诉求尚未计入任何问题。",
        "首次、最近反映": TIME_RULE,
        "得分": "模型和规则给出的概率，0到1，不是查证结果；“得分范围”是支持该问题的各件诉求的最低和最高得分。",
        "判断者": "线索规则、模型、规则与模型一致，或人工。人工的得分一律为1。",
        "时限": f"{rules}。“暂估”指该年节假日安排尚未公布，按星期推算。",
        "超期和临期": "业务日期晚于整改时限为超期；剩余的工作日不多于时限规则（deadlines.toml）所定的为临期。"
        "已销号、巩固、不属实、移送、并入的不计时限。",
        "序时进度": "已过的工作日占时限的比例，从登记（反弹的从反弹）之日起算；到期为100%。",
        "待定": "名录里找不到唯一的责任单位，原因见“定责依据”，请在“待定与复核”中逐项核定。",
        "线索移送": f"{restricted or '无'}类问题只列入《线索移送清单》；含此类内容的诉求在本文件中不显示正文。",
        "地点": "从地址栏取道路或街道一级的名称，括号内为提到它的人数；地址栏没有写的为“未写明”。",
        "判断所用版本": f"模型 {run.model_id or '无'}；代码本 {run.codebook_version}；类别表 {scheme.review.version}。"
        "诉求明细里的版本是作出该判断时的版本。",
        "追溯": "用 hotline trace 加问题编号或诉求编号，可查到原文件、行、判断依据和版本；"
        "为什么这样判断见“判断说明”，或用 hotline explain 加诉求编号。",
    }
    return Sheet(
        name="说明",
        title="图例和说明",
        subtitle=below,
        has_tone_legend=True,
        columns=(SheetColumn("item", "项目", 20, Kind.SHORT), SheetColumn("words", "说明", 110)),
        rows=[SheetRow({"item": item, "words": words}) for item, words in items.items()],
    )
