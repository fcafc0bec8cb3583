"""What came in: by channel and month, and how much of it is in scope."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from analysis.exchange.ledger_view import REACH
from analysis.summary.months import all_months, is_month_over, month_of
from analysis.summary.reach import complaint_reach, counted, on_grid
from analysis.summary.shares import TOTAL, wilson, without_small

_JUDGED = ["judged_count", "in_scope_count", "review_count"]


def intake_by_month(
    complaints: pd.DataFrame,
    gate_decisions: pd.DataFrame,
    complaint_matters: pd.DataFrame,
    source_names: Mapping[str, str],
    as_of: date,
    confidence: float,
    smallest: int = 0,
) -> pd.DataFrame:
    """Return what came in, one row a channel and month, and of each month one for all channels.

    The channel is the platform that a complaint came from. Every month from the first to the last has its rows;
    complaints without a time have UNDATED, at the end.

    Returns:
        month, channel (TOTAL: all together, each counted once), complaint_count, complainant_count, matter_count,
        judged_count, in_scope_count, review_count (waits for a person, counted neither way), share (of the judged that
        are in scope), low, high, is_total, is_over (the month has ended), is_suppressed.
    """
    rows = complaint_reach(complaints, complaint_matters).assign(month=month_of(complaints["received_at"]).to_numpy())
    codes = complaints["source_code"]
    rows = rows.assign(channel=codes.map(dict(source_names)).fillna(codes).to_numpy(dtype=object))
    rows = rows.merge(gate_decisions[["complaint_id", "decision"]], on="complaint_id", how="left")
    doubled = pd.concat([rows, rows.assign(channel=TOTAL)], ignore_index=True)
    sizes = rows["channel"].value_counts()
    channels = sorted(sizes.index, key=lambda c: (-int(sizes[c]), c))
    months = all_months(rows["month"])
    grid = pd.DataFrame(
        [(m, c) for m in months for c in (*channels, TOTAL)] if months else [], columns=["month", "channel"]
    ).astype(object)
    judged = doubled.assign(
        judged_count=doubled["decision"].notna(),
        in_scope_count=doubled["decision"] == "in_scope",
        review_count=doubled["decision"] == "review",
    )
    decided = judged.groupby(["month", "channel"])[_JUDGED].sum().reset_index()
    table = on_grid(counted(doubled, ["month", "channel"]), grid)
    table = table.assign(**on_grid(decided, grid, _JUDGED)[_JUDGED])
    table = table.join(wilson(table["in_scope_count"], table["judged_count"], confidence))
    table["is_total"] = table["channel"] == TOTAL
    table["is_over"] = [is_month_over(m, as_of) for m in table["month"]]
    return _suppressed(table, smallest)


def _suppressed(table: pd.DataFrame, smallest: int) -> pd.DataFrame:
    """Leave out what is small: of the counts as of the decisions; of each month, and of the months together."""
    shares = ["share", "low", "high"]
    # The sum over the months is the figure's n, so that one month alone must not be left out either.
    months = without_small(table, smallest, [*REACH, *_JUDGED[:1]], [*_JUDGED[1:], *shares], ["channel"])
    cells = without_small(table, smallest, [*REACH, *_JUDGED[:1]], [], ["month"], table["is_total"])
    decided = without_small(table, smallest, _JUDGED[1:], shares)
    is_hidden = (months["is_suppressed"] & table["is_total"]) | cells["is_suppressed"]
    table = table.astype(dict.fromkeys([*REACH, *_JUDGED], "Int64"))
    table.loc[is_hidden, [*REACH, *_JUDGED]] = pd.NA
    table.loc[decided["is_suppressed"], _JUDGED[1:]] = pd.NA
    table.loc[is_hidden | decided["is_suppressed"], shares] = float("nan")
    return table.assign(is_suppressed=is_hidden | decided["is_suppressed"])
