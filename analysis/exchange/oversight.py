"""What the digest says about people's checks and about the model itself: reviews, elusion test, drift."""

from collections import Counter
from dataclasses import dataclass, field

import pandas as pd

from analysis.contracts import REVIEW_DECISIONS, REVIEW_REASONS
from analysis.exchange.markdown import escape_markdown, markdown_table


@dataclass(frozen=True)
class Oversight:
    """Findings about reviews, the elusion test and drift, as the ledger tells them; empty where there are none.

    Attributes:
        waiting: how many complaints wait for a reviewer, by their reasons (Chinese, joined by ；).
        queue: those of them that are shown, best first: complaint_id, reasons.
        applied: the reviews that this run applied: complaint_id, reviewer, decision, is_final.
        elusion: one row per month, the newest first: month, population_count, sample_count, reviewed_count,
            missed_count, missed_at_most_share.
        confidence: of missed_at_most_share.
        drift: one row per indicator: label, value, mean, low, high, is_outside.
        drift_note: why nothing is compared, or what to mind about the comparison.
    """

    waiting: Counter[str] = field(default_factory=Counter)
    queue: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["complaint_id", "reasons"]))
    applied: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["complaint_id", "reviewer", "decision", "is_final"])
    )
    elusion: pd.DataFrame = field(default_factory=pd.DataFrame)
    confidence: float = 0.95
    drift: pd.DataFrame = field(default_factory=pd.DataFrame)
    drift_note: str = ""

    def waiting_count(self, reason: str) -> int:
        """Return how many complaints wait for a reviewer for a reason (a key of REVIEW_REASONS)."""
        return sum(count for words, count in self.waiting.items() if REVIEW_REASONS[reason] in words.split("；"))

    @property
    def outside_count(self) -> int:
        """Return how many indicators lie outside their band."""
        return int(self.drift["is_outside"].sum()) if len(self.drift) else 0


def review_section(found: Oversight) -> str:
    """Return what waits for reviewers, why, and whose decisions this run applied."""
    return f"{_waiting(found)}\n\n{_applied(found.applied)}"


def _waiting(found: Oversight) -> str:
    if not found.waiting:
        return "没有待复核的诉求。"
    rows = [(words, found.waiting_count(reason)) for reason, words in REVIEW_REASONS.items()]
    table = markdown_table(["原因", "件数"], [row for row in rows if row[1]], 1)
    return (
        f"共 {found.waiting.total()} 件，含模型已有判断而值得人看一眼的。一件有几条原因的各计一次。\n\n{table}\n\n"
        "按价值从高到低的清单用 hotline review 导出。"
    )


def _applied(applied: pd.DataFrame) -> str:
    if applied.empty:
        return "本次没有新的人工决定要落实。"
    rows = []
    for reviewer, own in applied.groupby("reviewer"):
        counts = own["decision"].value_counts()
        by_decision = [int(counts.get(code, 0)) for code in REVIEW_DECISIONS]
        rows.append([reviewer, len(own), *by_decision, int(own["is_final"].astype(bool).sum())])
    table = markdown_table(["复核人", "意见", *REVIEW_DECISIONS.values(), "其中裁定"], rows, 4)
    return f"本次落实的人工意见涉及 {applied['complaint_id'].nunique()} 件诉求：\n\n{table}"


def elusion_section(found: Oversight) -> str:
    """Return what the monthly samples of judgements out of scope say about what was missed."""
    if found.elusion.empty:
        return "还没有可抽查的判断。"
    rows = []
    for month in found.elusion.to_dict("records"):
        bound = "—" if not month["reviewed_count"] else f"{month['missed_at_most_share']:.1%}"
        rows.append(
            [
                month["month"],
                month["population_count"],
                month["sample_count"],
                month["reviewed_count"],
                month["missed_count"],
                bound,
            ]
        )
    headings = ["月份", "判为不纳入", "抽查", "已复核", "发现漏判", "漏判至多"]
    rule = (
        f"漏判至多：模型判为不纳入的诉求里漏判的比例，有 {found.confidence:.0%} 的把握不超过此数"
        "（单侧 Clopper–Pearson），按已复核的计；查完全部抽查的才最准。"
    )
    return f"{markdown_table(headings, rows, 5)}\n\n{rule}"


def drift_section(found: Oversight) -> str:
    """Return how this run's judgements compare with those of the runs before."""
    note = escape_markdown(found.drift_note)
    if found.drift.empty:
        return note or "没有可比较的判断。"
    rows = [
        [
            row["label"],
            f"{row['value']:.1%}",
            f"{row['mean']:.1%}",
            f"{row['low']:.1%}～{row['high']:.1%}",
            "超出" if row["is_outside"] else "正常",
        ]
        for row in found.drift.to_dict("records")
    ]
    table = markdown_table(["指标", "本次", "以往平均", "正常范围", "判断"], rows, 4)
    warning = "有指标超出范围：先看来件是否变了（新来源、新话题），再抽看判断，必要时补标注重新训练。"
    return "\n\n".join([table, *([warning] if found.outside_count else []), *([note] if note else [])])
