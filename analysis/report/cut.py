"""The ledger as it stood at the end of a period, and what came in during it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.contracts import (
    COMPLAINT_MATTERS,
    COMPLAINTS,
    EVENTS,
    GATE_DECISIONS,
    PROBLEM_COMPLAINTS,
    PROBLEMS,
    RUNS,
    Table,
    conform,
)
from analysis.exchange.ledger_view import as_date
from analysis.ledger.life_cycle import LifeCycle
from analysis.ledger.steps import CORRECTED, IsRestricted, corrected_sequences, event_day, replay
from analysis.report.period import Period
from analysis.summary.source import origin

Tables = dict[str, pd.DataFrame]
NEEDED: tuple[Table, ...] = (
    RUNS,
    COMPLAINTS,
    COMPLAINT_MATTERS,
    GATE_DECISIONS,
    PROBLEMS,
    PROBLEM_COMPLAINTS,
    EVENTS,
)


@dataclass(frozen=True)
class Cut:
    """The tables of a period; leads that may not reach the unit complained about are in none of them.

    Attributes:
        period: the period.
        end: the day to which is counted: its last day, or that of the run where it is not over.
        within: complaints received in the period and the problems, as they are known now, that these support.
        until: complaints received up to the end or without a time, and the problems as they stood at the end.
        steps: the events whose day lies in the period, with a column `day`; corrected ones are left out.
        undated_count: complaints whose source tells no time; they are in no period.
        fault_count: events that are no legal history when only those up to the end are looked at.
    """

    period: Period
    end: date
    within: Tables
    until: Tables
    steps: pd.DataFrame
    undated_count: int
    fault_count: int


def cut(tables: Tables, period: Period, life_cycle: LifeCycle, is_restricted: IsRestricted) -> Cut:
    """Cut tables to a period.

    The state at the end is that of the events whose day is not later. What was corrected since then counts as
    corrected: the report tells what is known now about then.

    Args:
        tables: NEEDED, by name.
        period: the period; it has begun.
        life_cycle: the state machine, to replay the events.
        is_restricted: which sub-problems are leads.

    Raises:
        IntegrityError: an event cannot be read.
    """
    end = min(period.last, origin(tables).as_of)
    complaints = tables[COMPLAINTS.name]
    days = [as_date(at) for at in complaints["received_at"]]
    is_within = _each(day is not None and period.first <= day <= end for day in days)
    is_until = _each(day is None or day <= end for day in days)
    events = _in_force(tables[EVENTS.name])
    history = events[_each(day <= end for day in events["day"])]
    found = replay(history[EVENTS.column_names], life_cycle, is_restricted)
    as_it_was = conform(found.problems.sort_values("problem_id"), PROBLEMS)
    leads = {
        str(problem)
        for frame in (tables[PROBLEMS.name], as_it_was)
        for problem, code in zip(frame["problem_id"], frame["sub_problem_code"], strict=True)
        if is_restricted(str(code))
    }
    in_period = _each(day >= period.first for day in history["day"])
    steps = history[in_period & ~history["problem_id"].isin(leads).to_numpy(dtype=bool)]
    now = tables | {EVENTS.name: history[EVENTS.column_names]}
    within = _only(now, complaints[is_within], tables[PROBLEMS.name], leads, end)
    concerned = within[PROBLEMS.name]["problem_id"].isin(within[PROBLEM_COMPLAINTS.name]["problem_id"])
    return Cut(
        period=period,
        end=end,
        within=within | {PROBLEMS.name: within[PROBLEMS.name][concerned]},
        until=_only(now, complaints[is_until], as_it_was, leads, end),
        steps=steps,
        undated_count=days.count(None),
        fault_count=len(found.faults),
    )


def _each(values: Iterable[bool]) -> NDArray[np.bool_]:
    return np.fromiter(values, dtype=np.bool_)


def _in_force(events: pd.DataFrame) -> pd.DataFrame:
    """Return the events that were not corrected, each with its day: that of the step, else that of the record."""
    kept = events[~events["sequence"].isin(corrected_sequences(events)) & (events["kind"] != CORRECTED)]
    days = [event_day(event) for event in kept.to_dict("records")]
    return kept.assign(day=pd.Series(days, index=kept.index, dtype=object)).sort_values("sequence")


def _only(tables: Tables, complaints: pd.DataFrame, problems: pd.DataFrame, leads: set[str], end: date) -> Tables:
    """Return the tables with these complaints and problems alone, no leads, and the run's day set to the end."""
    known = set(complaints["complaint_id"])
    links, events = tables[PROBLEM_COMPLAINTS.name], tables[EVENTS.name]
    kept = problems[~problems["problem_id"].isin(leads)]
    links = links[links["complaint_id"].isin(known) & links["problem_id"].isin(kept["problem_id"])]
    runs = tables[RUNS.name]
    by_complaint = {t.name: tables[t.name] for t in (GATE_DECISIONS, COMPLAINT_MATTERS)}
    return {
        RUNS.name: runs.assign(as_of_date=pd.Timestamp(end)),
        COMPLAINTS.name: complaints.reset_index(drop=True),
        PROBLEMS.name: kept.reset_index(drop=True),
        PROBLEM_COMPLAINTS.name: links.reset_index(drop=True),
        EVENTS.name: events[~events["problem_id"].isin(leads)].reset_index(drop=True),
        **{n: frame[frame["complaint_id"].isin(known)].reset_index(drop=True) for n, frame in by_complaint.items()},
    }
