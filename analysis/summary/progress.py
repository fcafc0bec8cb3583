"""How far problems are: the steps they reached, how old the open ones are, when they are due."""

import json
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from analysis.contracts import FINISHED_STATUSES, LIFE_CYCLE_KINDS, PROBLEM_STATUSES
from analysis.exchange.ledger_view import REACH, as_date
from analysis.summary.months import monday
from analysis.summary.reach import counted, on_grid
from analysis.summary.shares import without_small

CORRECTED = "event_corrected"
REACHED = ("problem_created", "unit_assigned", "handed_over", "closure_requested", "verification_started", "closed")
"""Steps on the way to closing, in their order."""
LEFT = ("relapsed", "unfounded", "transferred")
"""Where problems stand now that left that way."""
ON_THE_WAY, NOW = "走到", "现为"
OVERDUE, IN_TIME, NO_DEADLINE = "已超期", "未到期", "未定时限"
_PROBLEMS = ["problem_count", *REACH]


def in_force(events: pd.DataFrame) -> pd.DataFrame:
    """Return the events that were not corrected, in their order."""
    notes = events.loc[events["kind"] == CORRECTED, "payload"]
    corrected = {json.loads(payload)["sequence"] for payload in notes}
    return events[~events["sequence"].isin(corrected)].sort_values("sequence")


def day_of(payload: str, column: str) -> date:
    """Return the day of a step: the one that it carries in a column, else the one on which it was recorded."""
    content = json.loads(payload)
    return date.fromisoformat(str(content.get("facts", {}).get(column) or content["day"])[:10])


def life_cycle_funnel(
    problems: pd.DataFrame, links: pd.DataFrame, events: pd.DataFrame, smallest: int = 0
) -> pd.DataFrame:
    """Return how many problems ever reached each step towards closing, and how many left the way.

    A problem that reached a step counts for those before it as well, whether they were recorded or not.

    Args:
        problems: those that stand by themselves, and `links`: results of `problem_reach`.
        links: see above.
        events: the contract's table.
        smallest: see `without_small`; a number of problems is not left out, it tells of nobody.

    Returns:
        step, position (ON_THE_WAY: ever reached; NOW: stands there today), problem_count, complaint_count,
        complainant_count, matter_count (of those problems), is_suppressed.
    """
    taken = in_force(events)
    reached: list[set[str]] = []
    further: set[str] = set()
    for kind in reversed(REACHED):
        further = further | set(taken.loc[taken["kind"] == kind, "problem_id"])
        reached.insert(0, further)
    reached[0] = set(problems["problem_id"])
    now = [set(problems.loc[problems["status"] == status, "problem_id"]) for status in LEFT]
    labels = [(LIFE_CYCLE_KINDS[k], ON_THE_WAY) for k in REACHED] + [(PROBLEM_STATUSES[s], NOW) for s in LEFT]
    known = reached[0]
    rows = [
        (step, position, len(ids & known), *_distinct(links[links["problem_id"].isin(ids)]))
        for (step, position), ids in zip(labels, [*reached, *now], strict=True)
    ]
    return without_small(pd.DataFrame(rows, columns=["step", "position", *_PROBLEMS]), smallest, REACH)


def _distinct(links: pd.DataFrame) -> tuple[int, int, int]:
    return links["complaint_id"].nunique(), links["person_key"].nunique(), links["matter_id"].nunique()


def _open(problems: pd.DataFrame, as_of: date) -> pd.DataFrame:
    rows = problems[~problems["status"].isin(FINISHED_STATUSES)]
    started = [as_date(s) or as_date(r) for s, r in zip(rows["time_starts_on"], rows["registered_on"], strict=True)]
    due = [as_date(day) for day in rows["due_on"]]
    standing = [NO_DEADLINE if day is None else OVERDUE if day < as_of else IN_TIME for day in due]
    days = [(as_of - day).days if day else 0 for day in started]
    return rows.assign(
        started=pd.Series(started, index=rows.index, dtype=object),
        due=pd.Series(due, index=rows.index, dtype=object),
        standing=pd.Series(standing, index=rows.index, dtype=object),
        days=pd.Series(days, index=rows.index, dtype="int64"),
    )


def ageing_of_open(
    problems: pd.DataFrame, links: pd.DataFrame, as_of: date, edges: Sequence[int], smallest: int = 0
) -> pd.DataFrame:
    """Return how long problems have been open on a day, counted from the day that their time starts on.

    Args:
        problems: those that stand by themselves, and `links`: results of `problem_reach`.
        links: see above.
        as_of: the day.
        edges: the last day of each class but the open one at the end.
        smallest: see `without_small`.

    Returns:
        age, standing (OVERDUE, IN_TIME or NO_DEADLINE), problem_count, complaint_count, complainant_count,
        matter_count, is_suppressed; one row for every age and standing.
    """
    rows = _open(problems, as_of)
    names = _classes(edges)
    place = np.searchsorted(np.asarray(edges), rows["days"].to_numpy(dtype=np.int64), side="left")
    rows = rows.assign(age=pd.Series([names[i] for i in place], index=rows.index, dtype=object))
    grid = pd.DataFrame(
        [(a, s) for a in names for s in (OVERDUE, IN_TIME, NO_DEADLINE)], columns=["age", "standing"]
    ).astype(object)
    return _counted_problems(rows, links, grid, smallest)


def _classes(edges: Sequence[int]) -> list[str]:
    starts = [0, *(e + 1 for e in edges)]
    return [f"{a}–{b} 天" for a, b in zip(starts, edges, strict=False)] + [f"{edges[-1]} 天以上"]


def deadline_calendar(problems: pd.DataFrame, links: pd.DataFrame, as_of: date, smallest: int = 0) -> pd.DataFrame:
    """Return when open problems are due: every week from the first to the last due date and today's, overdue or not.

    Args:
        problems: those that stand by themselves, and `links`: results of `problem_reach`.
        links: see above.
        as_of: the day; who is due on it is not overdue yet.
        smallest: see `without_small`.

    Returns:
        week (its Monday; missing for NO_DEADLINE), is_this_week, standing (OVERDUE, IN_TIME or NO_DEADLINE),
        problem_count, provisional_count (of them due in a year whose holidays are not published), complaint_count,
        complainant_count, matter_count, is_suppressed. The week of the day itself has a row for each standing.
    """
    rows = _open(problems, as_of)
    rows = rows.assign(week=pd.Series([monday(d) if d else None for d in rows["due"]], index=rows.index, dtype=object))
    cells: list[tuple[date | None, str]] = [*_weeks(list(rows["week"].dropna()), monday(as_of))]
    cells += [(None, NO_DEADLINE)] * bool((rows["standing"] == NO_DEADLINE).any())
    columns = (pd.Series(list(values), dtype=object) for values in (zip(*cells, strict=True) if cells else ((), ())))
    grid = pd.DataFrame(dict(zip(("week", "standing"), columns, strict=True)))
    table = _counted_problems(rows, links, grid, smallest)
    table.insert(1, "is_this_week", table["week"] == monday(as_of))
    provisional = rows[rows["is_due_provisional"].fillna(value=False).astype(bool)]
    sums = provisional.groupby(["week", "standing"])["problem_id"].nunique().rename("provisional_count").reset_index()
    table.insert(4, "provisional_count", on_grid(sums, grid, ["provisional_count"])["provisional_count"])
    return table


def _weeks(due: Sequence[date], today: date) -> list[tuple[date, str]]:
    given = sorted({*due, today}) if due else []
    if not given:
        return []
    count = (given[-1] - given[0]).days // 7 + 1
    weeks = [given[0] + timedelta(weeks=i) for i in range(count)]
    standings = {-1: (OVERDUE,), 0: (OVERDUE, IN_TIME), 1: (IN_TIME,)}
    return [(w, s) for w in weeks for s in standings[(w > today) - (w < today)]]


def _counted_problems(rows: pd.DataFrame, links: pd.DataFrame, grid: pd.DataFrame, smallest: int) -> pd.DataFrame:
    by = list(grid.columns)
    linked = links[["problem_id", "complaint_id", "person_key", "matter_id"]].merge(rows[["problem_id", *by]])
    named = grid.assign(row=range(len(grid)))
    counts = counted(linked.merge(named, on=by), ["row"])
    sums = rows.merge(named, on=by).groupby("row")["problem_id"].nunique().rename("problem_count").reset_index()
    index = named[["row"]].astype(object)
    table = grid.assign(problem_count=on_grid(sums, index, ["problem_count"])["problem_count"])
    return without_small(table.join(on_grid(counts, index)[REACH]), smallest, REACH)
