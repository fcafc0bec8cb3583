"""Merges in-scope complaints into problems: one responsible unit, one sub-problem, one theme."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.config import Ledger, Site
from analysis.contracts import EVENTS, PROBLEM_COMPLAINTS, PROBLEMS, empty_frame
from analysis.ledger.attribution import Attributor
from analysis.ledger.chain import SYSTEM, event_id, event_record
from analysis.ledger.deadlines import deadline
from analysis.ledger.themes import ThemeBook
from analysis.ledger.working_days import WorkingCalendar

_KEY = ["unit_key", "sub_problem_code", "theme_code"]


@dataclass(frozen=True)
class Rules:
    """Everything that decides which complaints make one problem, and by when it is due."""

    scheme: Scheme
    themes: ThemeBook
    attributor: Attributor
    calendar: WorkingCalendar
    ledger: Ledger
    site: Site


@dataclass(frozen=True)
class Moment:
    """The run in which something happens: its id, its clock, and the day that deadlines count from."""

    run_id: str
    at: datetime
    as_of: date


@dataclass(frozen=True)
class Merge:
    """What a night adds to the ledger.

    links: new ones, and in place of the outdated ones those that the complaints' present judgements still carry.
    """

    problems: pd.DataFrame
    links: pd.DataFrame
    events: pd.DataFrame


def merge(
    unlinked: pd.DataFrame,
    problems: pd.DataFrame,
    outdated: pd.DataFrame,
    known_event_ids: Set[str],
    rules: Rules,
    moment: Moment,
) -> Merge:
    """Put each unlinked assessment into the problem it belongs to, creating problems where there is none.

    Args:
        unlinked: columns of `sql/unlinked_assessments.sql`, earliest complaint first, those without a time last.
        problems: all problems so far, columns of the contract; they keep their ids for life.
        outdated: links that rest on an earlier judgement of their complaint, columns of PROBLEM_COMPLAINTS;
            run_id is the run of the new judgement. What `unlinked` does not bring back is withdrawn.
        known_event_ids: ids of all events so far.
        rules: scheme, themes, attribution, calendar.
        moment: the run.

    Returns:
        New rows for problems, problem_complaints and events (still without their place in the chain).
    """
    if unlinked.empty:
        withdrawn = _link_events(outdated, "complaint_withdrawn", known_event_ids, moment)
        return Merge(empty_frame(PROBLEMS), empty_frame(PROBLEM_COMPLAINTS), withdrawn)
    placed = _place(unlinked, rules, moment)
    known = problems.assign(unit_key=problems["unit_id"].fillna(problems["unit_kind"] + problems["unit_reason"]))
    created = _create(placed, known, rules, moment)
    ids = pd.concat([known, created])[[*_KEY, "problem_id"]]
    links = placed.merge(ids, on=_KEY, how="left").assign(run_id=placed["judged_run_id"].to_numpy())
    # A complaint with two themes of one problem's sub-problem is still one link.
    links = links[PROBLEM_COMPLAINTS.column_names].drop_duplicates(["problem_id", "complaint_id"], ignore_index=True)
    events = [
        _created_events(created, moment),
        _link_events(_without(outdated, links), "complaint_withdrawn", known_event_ids, moment),
        _link_events(_without(links, outdated), "complaint_added", known_event_ids, moment),
    ]
    return Merge(
        created[PROBLEMS.column_names], links, pd.concat([e for e in events if len(e)] or [empty_frame(EVENTS)])
    )


def _without(links: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Return the links whose problem and complaint are not among the others."""
    pair = ["problem_id", "complaint_id"]
    return links[~pd.MultiIndex.from_frame(links[pair]).isin(pd.MultiIndex.from_frame(others[pair]))]


def _place(unlinked: pd.DataFrame, rules: Rules, moment: Moment) -> pd.DataFrame:
    """Add unit and theme, hence the key of the problem, to each assessment."""
    rows = []
    row: Any
    for row in unlinked.itertuples(index=False):
        statement = f"{row.title or ''}\n{row.text}"
        said = "\n".join(filter(None, (statement, row.place, row.district)))
        attribution = rules.attributor.attribute(row.unit_kind, said, row.handling_unit or "", moment.as_of)
        evidence = statement[int(row.evidence_start) : int(row.evidence_end)]
        theme = rules.themes.theme_of(row.sub_problem_code, evidence, statement)
        unit_id = attribution.unit.unit_id if attribution.unit else None
        rows.append((unit_id, attribution.reason, unit_id or f"{row.unit_kind}{attribution.reason}", theme.theme_code))
    added = pd.DataFrame(rows, columns=["unit_id", "unit_reason", "unit_key", "theme_code"], index=unlinked.index)
    return pd.concat([unlinked, added.astype(object).where(added.notna(), None)], axis=1)


def _create(placed: pd.DataFrame, known: pd.DataFrame, rules: Rules, moment: Moment) -> pd.DataFrame:
    """Return one new problem for each key that no known problem has, in the order of their first complaints."""
    first = placed.drop_duplicates(_KEY)
    taken = pd.MultiIndex.from_frame(known[_KEY])
    first = first[~pd.MultiIndex.from_frame(first[_KEY]).isin(taken)]
    serial = _next_serial(known["problem_id"], moment.as_of.year)
    statements: Mapping[tuple[str, str], str] = {
        (t.sub_problem_code, t.theme_code): t.statement for t in rules.themes.theme
    }
    rows = []
    for offset, row in enumerate(first.itertuples(index=False)):
        category = rules.scheme.category_of(str(row.sub_problem_code))
        due = deadline(category.category_code, moment.as_of, rules.ledger, rules.calendar)
        rows.append(
            {
                "problem_id": f"{rules.site.code}-{moment.as_of.year}-{serial + offset:04d}",
                "source": "complaint",
                "unit_id": row.unit_id,
                "unit_kind": row.unit_kind,
                "unit_reason": row.unit_reason,
                "sub_problem_code": row.sub_problem_code,
                "theme_code": row.theme_code,
                "statement": statements[str(row.sub_problem_code), str(row.theme_code)],
                "status": "awaiting_handover",
                "registered_on": moment.as_of,
                "due_on": due.due_on,
                "deadline_rule": due.rule,
                "is_due_provisional": due.is_provisional,
                "run_id": moment.run_id,
                "unit_key": row.unit_key,
            }
        )
    return pd.DataFrame(rows, columns=[*PROBLEMS.column_names, "unit_key"])


def _next_serial(problem_ids: pd.Series, year: int) -> int:
    """Return the number after the highest one used in a year; numbers are never used twice."""
    of_year = problem_ids[problem_ids.str.contains(f"-{year}-", regex=False)]
    return int(of_year.str.rsplit("-", n=1).str[-1].astype(int).max()) + 1 if len(of_year) else 1


def _event(
    problem_id: str, kind: str, subject: str, payload: Mapping[str, object], moment: Moment
) -> dict[str, object]:
    return event_record(
        problem_id=problem_id,
        kind=kind,
        subject=subject,
        payload=payload,
        actor=SYSTEM,
        at=moment.at,
        run_id=moment.run_id,
    )


def _created_events(created: pd.DataFrame, moment: Moment) -> pd.DataFrame:
    events = []
    for row in created.itertuples(index=False):
        problem_id = str(row.problem_id)
        facts = {"sub_problem_code": row.sub_problem_code, "theme_code": row.theme_code, "source": row.source}
        unit = {"unit_id": row.unit_id, "unit_kind": row.unit_kind, "reason": row.unit_reason}
        due = {"due_on": str(row.due_on), "rule": row.deadline_rule, "is_provisional": bool(row.is_due_provisional)}
        events.append(_event(problem_id, "problem_created", "", facts, moment))
        events.append(_event(problem_id, "unit_assigned", str(row.unit_id), unit, moment))
        events.append(_event(problem_id, "deadline_set", str(row.due_on), due, moment))
    return pd.DataFrame(events)


def _link_events(links: pd.DataFrame, kind: str, known_event_ids: Set[str], moment: Moment) -> pd.DataFrame:
    """Return one event of a kind per link; one that happened before is told apart by the judgement behind it."""
    events = []
    for row in links.itertuples(index=False):
        problem_id, complaint_id = str(row.problem_id), str(row.complaint_id)
        is_repeat = event_id(problem_id, kind, complaint_id) in known_event_ids
        subject = f"{complaint_id}|{row.run_id}" if is_repeat else complaint_id
        events.append(_event(problem_id, kind, subject, {"complaint_id": complaint_id}, moment))
    return pd.DataFrame(events) if events else empty_frame(EVENTS)
