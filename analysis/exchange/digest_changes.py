"""What the digest says about problems that relapsed, judgements that changed, and what units handed in."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.contracts import DECISIONS, LIFE_CYCLE_KINDS
from analysis.exchange.ledger_view import REACH, total_reach
from analysis.exchange.markdown import markdown_table

REACH_WORDS = ("诉求", "人数", "事项")
_HANDED_IN = (
    "rectification_filed",
    "closure_requested",
    "closure_withdrawn",
    "extension_requested",
    "objection_raised",
)
_CLOSED = ("closed", "consolidated")
_MOST_IDS = 5


def cut(rows: list[list[object]], most: int) -> tuple[list[list[object]], str]:
    """Return at most so many rows, and what is to be said about the others (Chinese)."""
    return rows[:most], f"\n\n另有 {len(rows) - most} 行没有列出，见《问题清单》。" if len(rows) > most else ""


def relapsed_section(open_ledger: pd.DataFrame, links: pd.DataFrame, run_id: str, most: int) -> str:
    """Return the problems that are open again after their closing, and the closed ones that only repeats came into."""
    relapsed = open_ledger[open_ledger["status"] == "relapsed"].sort_values(
        ["status_on", "problem_id"], ascending=[False, True]
    )
    parts = []
    if len(relapsed):
        fields = ["problem_id", "sub_problem_name", "unit_short_name", "statement", "status_reason", *REACH]
        rows, more = cut(relapsed[fields].to_numpy().tolist(), most)
        headings = ["问题编号", "小类", "责任单位", "具体问题", "为什么", *REACH_WORDS]
        parts.append(markdown_table(headings, rows, 3) + more)
    tonight = set(links.loc[links["run_id"] == run_id, "problem_id"])
    repeated = open_ledger[open_ledger["status"].isin(_CLOSED) & open_ledger["problem_id"].isin(tonight)]
    if len(repeated):
        ids = "、".join(repeated["problem_id"].head(most)) + ("等" if len(repeated) > most else "")
        parts.append(
            f"另有 {len(repeated)} 个已销号的问题本次并入了诉求而没有反弹：{ids}。"
            "这些诉求销号前就已收到，或是同一人重复反映同一件事；是否回头看，请监督单位定。"
        )
    return "\n\n".join(parts) or "无。"


def changed_section(changed: pd.DataFrame, scheme: Scheme, most: int) -> str:
    """Return which complaints were judged otherwise than before, and why.

    changed: columns of `sql/changed_judgements.sql`.
    """
    if changed.empty:
        return "没有诉求的判断改变。"
    told = changed.assign(
        why=[_why(row) for row in changed.to_dict("records")],
        was=[_judgement(*j, scheme) for j in zip(changed["former_decision"], changed["former_codes"], strict=True)],
        now=[_judgement(*j, scheme) for j in zip(changed["decision"], changed["codes"], strict=True)],
    )
    rows: list[list[object]] = []
    for (why, was, now), group in told.groupby(["why", "was", "now"]):
        ids = "、".join(group["complaint_id"].head(_MOST_IDS)) + ("等" if len(group) > _MOST_IDS else "")
        rows.append([why, was, now, ids, *total_reach(group).values()])
    rows.sort(key=lambda row: (-int(str(row[4])), str(row)))
    rows, more = cut(rows, most)
    return markdown_table(["为什么", "原判断", "现判断", "诉求编号", *REACH_WORDS], rows, 3) + more


def _why(row: Mapping[Any, Any]) -> str:
    if row["is_reviewed"]:
        return "人工复核"
    if row["is_reworded"]:
        return "诉求内容更新"
    if row["has_new_model"]:
        return "换了模型"
    return "代码本变更" if row["has_new_codebook"] else "人工意见变动"


def _judgement(decision: str, codes: str, scheme: Scheme) -> str:
    known = scheme.sub_problems
    names = [
        "（线索类）" if scheme.category_of(code).is_restricted else known[code].name
        for code in filter(None, codes.split(";"))
        if code in known
    ]
    return DECISIONS[decision] + (f"：{'、'.join(names)}" if names else "")


def awaiting_extension(ledger: pd.DataFrame) -> "pd.Series[bool]":
    """Say of each problem whether an extension waits for an answer: nobody can answer it outside of rectification."""
    return ledger["extension_due_on"].notna() & (ledger["status"] == "rectifying")


def handed_in_section(
    open_ledger: pd.DataFrame, steps: pd.DataFrame, runs: pd.DataFrame, run_id: str, most: int
) -> str:
    """Return what units handed in since the run before, and what of it waits for the supervisor."""
    parts = [_handed_in(open_ledger, steps, runs, run_id)]
    waiting = pd.concat(
        [
            open_ledger[open_ledger["status"] == "objected"].assign(task="异议待核"),
            open_ledger[open_ledger["status"].isin(["closure_requested", "verifying"])].assign(task="申请销号待核查"),
            open_ledger[awaiting_extension(open_ledger)].assign(task="延期待批"),
        ]
    )
    if len(waiting):
        fields = ["task", "problem_id", "unit_short_name", "statement", "time_words", *REACH]
        rows, more = cut(waiting[fields].to_numpy().tolist(), most)
        headings = ["等监督单位办", "问题编号", "责任单位", "具体问题", "时限状态", *REACH_WORDS]
        parts.append(markdown_table(headings, rows, 3) + more)
    return "\n\n".join(parts)


def _handed_in(open_ledger: pd.DataFrame, events: pd.DataFrame, runs: pd.DataFrame, run_id: str) -> str:
    sequence = runs.loc[runs["run_id"] == run_id, "sequence"].min()
    before = runs[(runs["sequence"] < sequence) & (runs["status"] == "finished")]
    fresh = events[events["kind"].isin(_HANDED_IN) & events["problem_id"].isin(open_ledger["problem_id"])]
    if len(before):
        fresh = fresh[fresh["occurred_at"] > before.sort_values("sequence")["started_at"].iloc[-1]]
    if fresh.empty:
        return "上次运行以来没有收到责任单位交回的台账。"
    units = open_ledger.loc[open_ledger["problem_id"].isin(fresh["problem_id"]), "unit_short_name"]
    kinds = fresh.groupby("kind")["problem_id"].nunique()
    told = "，".join(f"{LIFE_CYCLE_KINDS[kind]} {kinds[kind]} 个" for kind in _HANDED_IN if kind in kinds)
    return f"上次运行以来 {units.nunique()} 个责任单位（{'、'.join(sorted(set(units)))}）交回台账，涉及问题：{told}。"
