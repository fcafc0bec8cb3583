"""夜报: what came in, what was judged, what is due, and what a human must do today, in Markdown."""

import pandas as pd

from analysis.contracts import DECISIONS, FINISHED_STATUSES, OUTCOMES, PROBLEM_SOURCES, RAW_FILES
from analysis.exchange.digest_changes import (
    REACH_WORDS,
    awaiting_extension,
    changed_section,
    cut,
    handed_in_section,
    relapsed_section,
)
from analysis.exchange.edition import Edition
from analysis.exchange.ledger_view import COUNTING_RULE, REACH, TIME_RULE, as_text, count_reach, total_reach
from analysis.exchange.markdown import escape_markdown, markdown_table
from analysis.exchange.oversight import Oversight, drift_section, elusion_section, review_section
from analysis.exchange.problem_sources import PROGRESS_RULE, count_batches, count_sources
from analysis.exchange.shown import Shown
from analysis.exchange.style import Tone


def build_digest(
    ledger: pd.DataFrame,
    shown: Shown,
    edition: Edition,
    oversight: Oversight,
) -> str:
    """Return the night's digest; it holds counts, ids and names of files, never text of a complaint.

    Args:
        ledger: result of `build_ledger`.
        shown: what the ledger holds for it.
        edition: whose digest it is, and the run.
        oversight: reviews, elusion test and drift.
    """
    run, site, most = edition.run, edition.settings.site, edition.settings.exchange.longest_digest_table
    open_ledger = ledger[~ledger["is_restricted"]]
    made_by = (
        f"出具单位：{escape_markdown(edition.office)}  \n"
        f"运行编号：{escape_markdown(run.run_id)}，{run.started_at:%Y-%m-%d %H:%M} 开始；"
        f"模型 {escape_markdown(run.model_id or '无')}，代码本 {escape_markdown(run.codebook_version)}"
    )
    parts = [
        f"# {escape_markdown(site.name)}诉求分析夜报（{run.as_of:%Y年%m月%d日}）",
        made_by,
        "## 今天要办",
        _to_do(ledger, open_ledger, shown, oversight),
        "## 反弹",
        relapsed_section(open_ledger, shown.links, run.run_id, most),
        "## 新登记的问题",
        _problem_table(open_ledger[open_ledger["run_id"] == run.run_id], most),
        "## 有新诉求的老问题",
        _grown(open_ledger, shown.links, run.run_id, most),
        "## 超期",
        _problem_table(_by_time(open_ledger, Tone.OVERDUE), most),
        "## 临期",
        _problem_table(_by_time(open_ledger, Tone.DUE_SOON), most),
        "## 判断有变的诉求",
        changed_section(shown.changed, edition.scheme, most),
        "## 责任单位交来的",
        handed_in_section(open_ledger, shown.steps, shown.runs, run.run_id, most),
        "## 收件对账",
        _intake(shown.raw_files, run.run_id),
        "## 判断",
        _judged(shown.judged),
        "## 台账现状",
        _state(ledger, shown.links, edition),
        "## 问题来源",
        _sources(ledger, shown.links, edition),
        "## 复核",
        review_section(oversight),
        "## 漏判抽查",
        elusion_section(oversight),
        "## 漂移",
        drift_section(oversight),
        "## 隔离",
        _quarantined(shown.quarantine),
        "## 说明",
        _notes(ledger, open_ledger, shown.undated_count),
    ]
    return "\n\n".join(parts) + "\n"


def _to_do(ledger: pd.DataFrame, open_ledger: pd.DataFrame, shown: Shown, oversight: Oversight) -> str:
    quarantine = shown.quarantine
    is_open = quarantine["status"] == "open"
    status = open_ledger["status"]
    counts = (
        ((status == "relapsed").sum(), "个问题销号后反弹：见“反弹”，重新交办"),
        ((open_ledger["tone"] == Tone.OVERDUE).sum(), "个问题已超期：督办责任单位"),
        ((open_ledger["tone"] == Tone.DUE_SOON).sum(), "个问题临期：提醒责任单位"),
        (ledger["is_restricted"].sum(), "个线索移送类问题：见《线索移送清单》，按规定移送"),
        (status.isin(["closure_requested", "verifying"]).sum(), "个问题申请销号：核查后决定"),
        ((status == "objected").sum(), "个问题责任单位有异议：核定"),
        (awaiting_extension(open_ledger).sum(), "个问题申请延期：批复"),
        (
            (open_ledger["unit_id"].isna() & ~status.isin(FINISHED_STATUSES)).sum(),
            "个问题责任单位待定：见《问题清单》“待定与复核”，核定责任单位",
        ),
        (
            ((status == "awaiting_handover") & open_ledger["unit_id"].notna()).sum(),
            "个问题待交办：把“整改台账”文件夹里的台账发给责任单位",
        ),
        (shown.judged_count("review"), "件诉求待人工复核：见《问题清单》“待定与复核”"),
        (oversight.waiting_count("conflict"), "件诉求复核意见不一致：请裁定"),
        (oversight.waiting_count("elusion"), "件漏判抽查待复核：用 hotline review 导出"),
        (oversight.outside_count, "项判断指标超出以往范围：见“漂移”"),
        ((is_open & quarantine["row_number"].isna()).sum(), "个文件无法读取：请来源单位重新导出"),
        (
            len(
                quarantine[is_open].dropna(subset="row_number").drop_duplicates(["file_id", "sheet_name", "row_number"])
            ),
            "行在隔离区：用 hotline quarantine 导出，改好重交",
        ),
    )
    lines = [f"- **{count}** {words}" for count, words in counts if count]
    return "\n".join(lines) or "没有需要人处理的事。"


def _intake(raw_files: pd.DataFrame, run_id: str) -> str:
    new = raw_files[raw_files["run_id"] == run_id].sort_values("file_name")
    known = f"以前读过的 {len(raw_files) - len(new)} 个文件没有重读。" if len(raw_files) > len(new) else ""
    if new.empty:
        return f"没有新文件。{known}"
    kinds = RAW_FILES["file_kind"].values
    outcome_columns = [f"{outcome}_count" for outcome in OUTCOMES]
    rows = []
    for file in new.to_dict("records"):
        counts = [int(file[c]) for c in outcome_columns]
        notes = "无法读取，见隔离" if file["status"] == "unreadable" else as_text(file["notes"])
        balance = "平" if sum(counts) == file["row_count"] else "不平"
        rows.append(
            [
                file["file_name"],
                kinds[file["file_kind"]],
                notes,
                balance,
                file["row_count"],
                *counts,
                file["skipped_count"],
            ]
        )
    sums = [int(new[c].sum()) for c in ["row_count", *outcome_columns, "skipped_count"]]
    rows.append(["合计", "", "", "平" if all(row[3] == "平" for row in rows) else "不平", *sums])
    headings = ["文件", "类别", "说明", "对账", "行数", *OUTCOMES.values(), "略过"]
    rule = "行数 = 新收 + 更新 + 未变 + 重复 + 隔离；略过的是合计、页脚等非数据行。"
    return f"{markdown_table(headings, rows, 7)}\n\n{rule}{known}"


def _judged(judged: pd.DataFrame) -> str:
    rows = []
    for heading, counts in (("本次", judged[judged["is_tonight"].astype(bool)]), ("累计", judged)):
        by_decision = counts.groupby("decision")["judged_count"].sum()
        by_people = int(counts.loc[counts["decided_by"] == "reviewer", "judged_count"].sum())
        decided = [int(by_decision.get(code, 0)) for code in DECISIONS]
        rows.append([heading, int(counts["judged_count"].sum()), *decided, by_people])
    return markdown_table(["", "判断的诉求", *DECISIONS.values(), "其中人工决定"], rows, 5)


def _state(ledger: pd.DataFrame, links: pd.DataFrame, edition: Edition) -> str:
    linked = links.merge(ledger[["problem_id", "category_code"]], on="problem_id")
    reach = count_reach(linked, "category_code")
    counts = ledger["category_code"].value_counts()
    rows: list[list[object]] = []
    for code, category in edition.scheme.categories.items():
        rows.append([category.name, int(counts.get(code, 0)), *(int(reach[c].get(code, 0)) for c in REACH)])
    rows.append(["合计（去重）", len(ledger), *total_reach(linked).values()])
    return markdown_table(["类别", "问题", *REACH_WORDS], rows, 4)


def _sources(ledger: pd.DataFrame, links: pd.DataFrame, edition: Edition) -> str:
    fields = ["label", "problem_count", "finished_count", "overdue_count", *REACH]
    rows = count_sources(ledger, links, edition.run.as_of)[fields].to_numpy().tolist()
    table = markdown_table(["来源", "问题", "已办结", "超期", *REACH_WORDS], rows, 6)
    batches = [
        [
            PROBLEM_SOURCES[b.source],
            b.batch,
            b.progress,
            f"{b.finished_count}/{b.problem_count}",
            f"{b.finished_share:.0%}",
            f"{b.elapsed_share:.0%}",
            b.overdue_count,
        ]
        for b in count_batches(ledger, edition.run.as_of)
    ]
    if not batches:
        return table
    headings = ["来源", "批次", "序时进度", "办结/总数", "完成比例", "时间进度", "超期"]
    return f"{table}\n\n{markdown_table(headings, batches, 4)}\n\n{PROGRESS_RULE}"


def _by_time(problems: pd.DataFrame, tone: Tone) -> pd.DataFrame:
    """Return the problems of a tone, those with the least time left first."""
    return problems[problems["tone"] == tone].sort_values(["natural_days_left", "problem_id"])


def _problem_table(problems: pd.DataFrame, most: int) -> str:
    if problems.empty:
        return "无。"
    fields = ["problem_id", "category_name", "sub_problem_name", "statement", "unit_short_name", "due_on", "time_words"]
    headings = ["问题编号", "类别", "小类", "具体问题", "责任单位", "整改时限", "时限状态", *REACH_WORDS]
    shown = problems.assign(due_on=problems["due_on"].map(lambda day: day or "未定"))
    rows, more = cut(shown[[*fields, *REACH]].to_numpy().tolist(), most)
    return markdown_table(headings, rows, 3) + more


def _grown(open_ledger: pd.DataFrame, links: pd.DataFrame, run_id: str, most: int) -> str:
    added = links[links["run_id"] == run_id].groupby("problem_id")["complaint_id"].nunique()
    old = open_ledger[(open_ledger["run_id"] != run_id) & open_ledger["problem_id"].isin(added.index)]
    if old.empty:
        return "无。"
    rows = [
        [
            p["problem_id"],
            p["sub_problem_name"],
            p["unit_short_name"],
            int(added[p["problem_id"]]),
            *(p[c] for c in REACH),
        ]
        for p in old.to_dict("records")
    ]
    rows.sort(key=lambda row: (-row[3], row[0]))
    rows, more = cut(rows, most)
    return markdown_table(["问题编号", "小类", "责任单位", "本次新增", *REACH_WORDS], rows, 4) + more


def _quarantined(quarantine: pd.DataFrame) -> str:
    waiting = quarantine[quarantine["status"] == "open"]
    resolved = f"另有 {len(quarantine) - len(waiting)} 项已经改好重收。" if len(quarantine) > len(waiting) else ""
    if waiting.empty:
        return f"没有待处理的隔离。{resolved}"
    rows = [
        [group["reason"].iloc[0], group["file_id"].nunique(), len(group)]
        for _, group in sorted(waiting.groupby("reason_code"), key=lambda item: (-len(item[1]), str(item[0])))
    ]
    table = markdown_table(["原因（同类举一例）", "文件数", "项数"], rows, 2)
    return f"{table}\n\n按文件、行列出的明细见《问题清单》“隔离区”。{resolved}"


def _notes(ledger: pd.DataFrame, open_ledger: pd.DataFrame, undated_count: int) -> str:
    lines = [f"- {COUNTING_RULE}", "- 待人工复核的诉求尚未计入问题；得分是概率，不是查证结果。"]
    if undated_count:
        lines.append(f"- 累计有 {undated_count} 件诉求没有受理时间。{TIME_RULE}")
    if len(ledger) > len(open_ledger):
        lines.append("- 线索移送类问题只计数，不在夜报中列出。")
    return "\n".join(lines)
