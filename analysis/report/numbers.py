"""The numbers of the report: complaints received, steps taken, the state at the end; small counts left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.contracts import COMPLAINT_MATTERS, COMPLAINTS, FINISHED_STATUSES, GATE_DECISIONS, PROBLEMS
from analysis.exchange.ledger_view import as_date, as_text, total_reach
from analysis.report.cut import Cut, Tables
from analysis.summary.reach import MERGED, complaint_reach
from analysis.summary.shares import wilson

_RELAPSED = ("recurred", "look_back_failed")
_LOOKED_BACK = ("looked_back", "look_back_failed")


@dataclass(frozen=True)
class Value:
    """A number: a share has its interval; `is_hidden` where it is small or could be reckoned to a small one."""

    value: float | None
    low: float | None = None
    high: float | None = None
    is_hidden: bool = False


def intake_numbers(now: Tables, before: Tables, confidence: float, smallest: int) -> dict[str, Value]:
    """Return what complaints of a period come to, by id of `report.toml`.

    The three counts are shown or hidden together; so are the decisions and their share, which are hidden as well where
    the rest of the judged complaints is small.

    Args:
        now: `within` of the period's cut.
        before: `within` of the cut of the period before.
        confidence: of the intervals.
        smallest: counts from 1 to below this are hidden.
    """
    reach = total_reach(complaint_reach(now[COMPLAINTS.name], now[COMPLAINT_MATTERS.name]))
    counts, hides = _decided(now, smallest)
    earlier, hides_earlier = _decided(before, smallest)
    hides_reach = _any_small(reach.values(), smallest)
    hides = hides or hides_reach or _any_small([reach["complaint_count"] - counts["judged"]], smallest)
    standing = now[PROBLEMS.name]
    return {
        "complaints": Value(reach["complaint_count"], is_hidden=hides_reach),
        "persons": Value(reach["complainant_count"], is_hidden=hides_reach),
        "matters": Value(reach["matter_count"], is_hidden=hides_reach),
        "in_scope": Value(counts["in_scope"], is_hidden=hides),
        "share": _share(counts["in_scope"], counts["judged"], confidence, is_hidden=hides),
        "share_change": _change(counts, earlier, confidence, is_hidden=hides or hides_earlier),
        "review": Value(counts["review"], is_hidden=hides),
        "concerned": Value(int((standing["status"] != MERGED).sum())),
    }


def step_numbers(cut: Cut, confidence: float) -> dict[str, Value]:
    """Return how many problems took which steps in the period, by id; a number of problems tells of nobody."""
    steps = cut.steps

    def problems(*kinds: str) -> int:
        return int(steps.loc[steps["kind"].isin(kinds), "problem_id"].nunique())

    return {
        "registered": Value(problems("problem_created")),
        "closed": Value(problems("closed")),
        "relapsed": Value(problems(*_RELAPSED)),
        "looked_back": Value(problems(*_LOOKED_BACK)),
        "failed_share": _share(problems("look_back_failed"), problems(*_LOOKED_BACK), confidence),
    }


def state_numbers(cut: Cut, confidence: float) -> dict[str, Value]:
    """Return how many problems stood where at the end of the period, by id."""
    rows = open_problems(cut)
    overdue = int(rows["is_overdue"].sum())
    status = rows["status"]
    return {
        "open": Value(len(rows)),
        "overdue": Value(overdue),
        "overdue_share": _share(overdue, len(rows), confidence),
        "undetermined": Value(sum(not as_text(unit) for unit in rows["unit_id"])),
        "objected": Value(int((status == "objected").sum())),
        "to_verify": Value(int(status.isin(["closure_requested", "verifying"]).sum())),
        "extension": Value(int(rows["extension_due_on"].notna().sum())),
    }


def open_problems(cut: Cut) -> pd.DataFrame:
    """Return the problems that were not finished at the end of the period, with `is_overdue` and `days_over`."""
    problems = cut.until[PROBLEMS.name]
    rows = problems[~problems["status"].isin(FINISHED_STATUSES)]
    over = [(cut.end - day).days if (day := as_date(due)) else 0 for due in rows["due_on"]]
    days = pd.Series(over, index=rows.index, dtype="int64")
    return rows.assign(is_overdue=days > 0, days_over=days.clip(lower=0))


def _decided(tables: Tables, smallest: int) -> tuple[dict[str, int], bool]:
    """Return how many were judged, in scope and under review, and whether one of the parts is small."""
    decisions = tables[GATE_DECISIONS.name]["decision"]
    counts = {
        "judged": len(decisions),
        "in_scope": int((decisions == "in_scope").sum()),
        "review": int((decisions == "review").sum()),
    }
    out = counts["judged"] - counts["in_scope"] - counts["review"]
    return counts, _any_small([*counts.values(), out], smallest)


def _any_small(counts: Iterable[int], smallest: int) -> bool:
    return any(0 < int(c) < smallest for c in counts)


def _share(hits: int, total: int, confidence: float, *, is_hidden: bool = False) -> Value:
    found = wilson(pd.Series([hits]), pd.Series([total]), confidence).iloc[0]
    if not total:
        return Value(None)
    return Value(float(found["share"]), float(found["low"]), float(found["high"]), is_hidden)


def _change(now: Mapping[str, int], before: Mapping[str, int], confidence: float, *, is_hidden: bool) -> Value:
    """Return the difference of two shares with Newcombe's interval (1998, method 10), made of Wilson's of each."""
    one = _share(now["in_scope"], now["judged"], confidence)
    other = _share(before["in_scope"], before["judged"], confidence)
    if one.value is None or other.value is None:
        return Value(None)
    assert None not in (one.low, one.high, other.low, other.high)
    difference = one.value - other.value
    below = float(np.hypot(one.value - (one.low or 0.0), (other.high or 0.0) - other.value))
    above = float(np.hypot((one.high or 0.0) - one.value, other.value - (other.low or 0.0)))
    return Value(difference, difference - below, difference + above, is_hidden)
