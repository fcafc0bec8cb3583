"""Problems by where they come from, side by side, and how far each batch of a superior's has come."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from analysis.contracts import FINISHED_STATUSES, PROBLEM_SOURCES, PROGRESS_WORDS
from analysis.exchange.ledger_view import REACH, as_text, count_reach, total_reach
from analysis.merged import final_homes

NO_BATCH = "（未写批次）"
PROGRESS_RULE = (
    "完成比例＝已办结÷问题数；时间进度＝从最早登记到最晚时限已过去的天数比例。全部办结为“完成整改”，"
    "完成比例不低于时间进度为“达到序时进度”，否则“未达序时进度”。并入别的问题的，随后者办结。"
)
_DONE, _ON_TIME, _LATE = PROGRESS_WORDS


@dataclass(frozen=True)
class Batch:
    """How far a batch has come; shares from 0 to 1."""

    source: str
    batch: str
    problem_count: int
    finished_count: int
    overdue_count: int
    elapsed_share: float
    first_on: date
    last_due_on: date

    @property
    def finished_share(self) -> float:
        """How much of it is finished."""
        return self.finished_count / self.problem_count

    @property
    def progress(self) -> str:
        """Whether that is as much as time has passed, in the offices' words."""
        if self.finished_count == self.problem_count:
            return _DONE
        return _ON_TIME if self.finished_share >= self.elapsed_share else _LATE


def count_sources(ledger: pd.DataFrame, links: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return one row per source that problems come from, and one of all with source "".

    Args:
        ledger: result of `build_ledger`; merged problems count with those that stand for them, not by themselves.
        links: columns of `sql/links.sql`.
        as_of: the day that overdue is told for.

    Returns:
        source, label, problem_count, finished_count, overdue_count, and REACH.
    """
    told = _standing(ledger, as_of)
    linked = links.merge(told[["problem_id", "source"]], on="problem_id")
    reach = count_reach(linked, "source")
    rows: list[dict[str, Any]] = []
    for source, label in PROBLEM_SOURCES.items():
        own = told[told["source"] == source]
        if len(own):
            counts = {name: int(reach[name].get(source, 0)) for name in REACH}
            rows.append({"source": source, "label": label} | _counts(own) | counts)
    rows.append({"source": "", "label": "合计（去重）"} | _counts(told) | total_reach(linked))
    return pd.DataFrame(rows)


def count_batches(ledger: pd.DataFrame, as_of: date) -> list[Batch]:
    """Return the batches of problems that came from elsewhere than complaints, by source, the newest batch first.

    Args:
        ledger: result of `build_ledger`.
        as_of: the day to which time has passed.
    """
    told = _standing(ledger, as_of, with_merged=True)
    told = told[told["source"] != "complaint"].assign(
        batch=[as_text(b) for b in told.loc[told["source"] != "complaint", "batch"]]
    )
    found = [_batch(str(source), str(batch), own, as_of) for (source, batch), own in told.groupby(["source", "batch"])]
    order = list(PROBLEM_SOURCES)
    return sorted(found, key=lambda b: (order.index(b.source), -b.first_on.toordinal(), b.batch))


def _batch(source: str, batch: str, own: pd.DataFrame, as_of: date) -> Batch:
    first_on, last_due_on = min(own["registered_on"]), max(own["due_on"].dropna())
    days = (last_due_on - first_on).days
    elapsed = min(max((as_of - first_on).days / days, 0.0), 1.0) if days else 1.0
    counts = _counts(own)
    return Batch(
        source=source,
        batch=batch or NO_BATCH,
        problem_count=counts["problem_count"],
        finished_count=counts["finished_count"],
        overdue_count=counts["overdue_count"],
        elapsed_share=elapsed,
        first_on=first_on,
        last_due_on=last_due_on,
    )


def _standing(ledger: pd.DataFrame, as_of: date, *, with_merged: bool = False) -> pd.DataFrame:
    """Return the ledger with whether each problem is finished and overdue; a merged one is as what stands for it."""
    homes = final_homes(ledger)
    statuses = ledger.set_index("problem_id")["status"].to_dict()
    is_finished = [statuses[homes.get(p, p)] in FINISHED_STATUSES for p in ledger["problem_id"]]
    told = ledger.assign(is_finished=pd.array(is_finished, dtype=bool))
    told = told.assign(
        is_overdue=[d < as_of and not f for d, f in zip(told["due_on"], told["is_finished"], strict=True)]
    )
    return told if with_merged else told[told["status"] != "merged"]


def _counts(own: pd.DataFrame) -> dict[str, int]:
    return {
        "problem_count": len(own),
        "finished_count": int(own["is_finished"].sum()),
        "overdue_count": int(own["is_overdue"].sum()),
    }
