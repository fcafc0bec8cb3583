"""What came in about closed problems before and after their closing."""

from datetime import date

import pandas as pd

from analysis.config import Recurrence
from analysis.exchange.ledger_view import REACH, as_date
from analysis.ledger.recurrence import Period, before_and_after, rate_ratio
from analysis.summary.progress import day_of, in_force
from analysis.summary.shares import TOTAL, without_small

_BEFORE, _AFTER = ([f"{c}_{when}" for c in REACH] for when in ("before", "after"))
COLUMNS = [
    "problem_id",
    "unit_name",
    "sub_problem_name",
    "closed_on",
    "months_before",
    *_BEFORE,
    "rate_before",
    "months_after",
    *_AFTER,
    "rate_after",
    "ratio",
    "low",
    "high",
    "is_total",
]
_RATES = ["rate_before", "rate_after", "ratio", "low", "high"]


def before_and_after_closing(
    problems: pd.DataFrame,
    links: pd.DataFrame,
    complaints: pd.DataFrame,
    events: pd.DataFrame,
    as_of: date,
    settings: Recurrence,
    smallest: int = 0,
) -> pd.DataFrame:
    """Return the rates of complaints before and after the last closing of each problem that was ever closed.

    Args:
        problems: those that stand by themselves, and `links`: results of `problem_reach`.
        links: see above.
        complaints: the contract's table, for the day from which the ledger knows of complaints.
        events: the contract's table.
        as_of: today.
        settings: how many months before the closing are compared, and the confidence of the interval.
        smallest: see `without_small`.

    Returns:
        COLUMNS and is_suppressed; the rates per month, the ratio after to before (missing where there was nothing
        before) with its exact interval (`high` may be infinite). Problems that came back most come first; the last row,
        TOTAL, adds all up, each problem's months with its complaints.
    """
    closings = in_force(events).query("kind == 'closed'").drop_duplicates("problem_id", keep="last")
    received = pd.to_datetime(complaints["received_at"]).dropna()
    closed = problems[problems["problem_id"].isin(closings["problem_id"])]
    if closed.empty or received.empty:
        return pd.DataFrame(columns=[*COLUMNS, "is_suppressed"])
    days = {
        str(p): day_of(payload, "closed_on")
        for p, payload in closings[["problem_id", "payload"]].itertuples(index=False)
    }
    first = as_date(received.min()) or as_of
    dated = links.dropna(subset=["received_at"])
    rows = []
    for problem in closed.to_dict("records"):
        own = dated[dated["problem_id"] == problem["problem_id"]]
        day = days[problem["problem_id"]]
        before, after, ratio = before_and_after(own, day, first, as_of, settings)
        names = problem["problem_id"], problem["unit_name"], problem["sub_problem_name"], day
        rows.append((*names, *_told(before), *_told(after), ratio.value, ratio.low, ratio.high, False))
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"ratio": "float64"})
    table = table.sort_values(["low", "ratio", "problem_id"], ascending=[False, False, True])
    table = pd.concat([table, pd.DataFrame([_total(table, settings)])], ignore_index=True)
    return without_small(table, smallest, [*_BEFORE, *_AFTER], _RATES)


def _told(period: Period) -> tuple[float, int, int, int, float]:
    reach = period.reach
    return period.months, reach.complaints, reach.persons, reach.matters, period.rate


def _total(table: pd.DataFrame, settings: Recurrence) -> dict[str, object]:
    sums = table[["months_before", *_BEFORE, "months_after", *_AFTER]].sum()
    counts = int(sums["complaint_count_after"]), int(sums["complaint_count_before"])
    months = float(sums["months_after"]), float(sums["months_before"])
    ratio = rate_ratio(*counts, *months, settings.confidence)
    return {
        "problem_id": TOTAL,
        "unit_name": TOTAL,
        "sub_problem_name": TOTAL,
        "closed_on": None,
        **{str(name): value for name, value in sums.items()},
        "rate_before": counts[1] / months[1],
        "rate_after": counts[0] / months[0],
        "ratio": float("nan") if ratio.value is None else ratio.value,
        "low": ratio.low,
        "high": ratio.high,
        "is_total": True,
    }
