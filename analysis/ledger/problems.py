"""Merges in-scope complaints into problems: one responsible unit, one sub-problem, one theme."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.config import Ledger, Site
from analysis.contracts import EVENTS, PROBLEM_COMPLAINTS, PROBLEMS, empty_frame
from analysis.ledger.attribution import Attributor
from analysis.ledger.chain import SYSTEM, event_id, event_record
from analysis.ledger.deadlines import REGISTERED, Deadline, DeadlineBook, deadline
from analysis.ledger.life_cycle import CREATED, LifeCycle, Role
from analysis.ledger.placing import NOBODY, ByHand, place_by_hand
from analysis.ledger.steps import Moment, Request, take_steps
from analysis.ledger.themes import ThemeBook
from analysis.ledger.working_days import WorkingCalendar
from analysis.merged import final_homes


@dataclass(frozen=True)
class Rules:
    """Everything that decides which complaints make one problem, and by when it is due."""

    scheme: Scheme
    life_cycle: LifeCycle
    themes: ThemeBook
    attributor: Attributor
    calendar: WorkingCalendar
    deadlines: DeadlineBook
    ledger: Ledger
    site: Site

    def is_restricted(self, sub_problem_code: str) -> bool:
        """Say whether a sub-problem is a lead that may not reach the unit complained about."""
        return self.scheme.category_of(sub_problem_code).is_restricted

    def deadline(
        self, sub_problem_code: str, counted_from: date, source: str = "complaint", since: str = REGISTERED
    ) -> Deadline:
        """Return by when a problem must be mended whose time is counted from a day on."""
        category = self.scheme.category_of(sub_problem_code)
        return deadline(self.deadlines, category.category_code, source, counted_from, self.calendar, since)


NO_HOMES = pd.DataFrame(columns=["complaint_id", "sub_problem_code", "problem_id"], dtype=object)


@dataclass(frozen=True)
class Registrar:
    """Who registers a problem, in which capacity, and where it was said: file and cell, or nothing."""

    role: Role
    actor: str
    source: str = ""


NIGHT = Registrar(Role.SYSTEM, SYSTEM)


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
    by_hand: ByHand = NOBODY,
    closed_homes: pd.DataFrame = NO_HOMES,
) -> Merge:
    """Put each unlinked assessment into the problem it belongs to, creating problems where there is none.

    Args:
        unlinked: columns of `sql/unlinked_assessments.sql`, earliest complaint first, those without a time last.
        problems: all problems so far, columns of the contract; they keep their ids for life.
        outdated: links that rest on an earlier judgement of their complaint, columns of PROBLEM_COMPLAINTS;
            run_id is the run of the new judgement. What `unlinked` does not bring back is withdrawn.
        known_event_ids: ids of all events by which these complaints came into problems or left them so far.
        rules: scheme, themes, attribution, calendar.
        moment: the run.
        by_hand: where people put complaints; it goes before the rules.
        closed_homes: columns of `sql/closed_homes.sql`: which closed problem a complaint belongs to because it is
            about the same matter, whatever unit and theme it names.

    Returns:
        New rows for problems, problem_complaints and events (still without their place in the chain).
    """
    left, links = place_by_hand(unlinked, by_hand, final_homes(problems))
    created = empty_frame(PROBLEMS), empty_frame(EVENTS)
    if len(left):
        placed = _place(left, rules, moment).merge(closed_homes, on=["complaint_id", "sub_problem_code"], how="left")
        taken = take_steps(
            _registrations(placed[placed["problem_id"].isna()], problems, rules, moment),
            problems.iloc[:0],
            rules.life_cycle,
            rules.is_restricted,
            moment,
        )
        created = taken.problems, taken.events
        ids = homes(pd.concat([problems, taken.problems]))
        home = placed["problem_id"].fillna(placed["merge_key"].map(ids))
        by_rule = placed.assign(problem_id=home, run_id=placed["judged_run_id"])
        links = pd.concat([links, by_rule[PROBLEM_COMPLAINTS.column_names]], ignore_index=True)
    # One decided by hand may stand for a judgement that the rules put into the same problem.
    links = links.drop_duplicates(["problem_id", "complaint_id", "sub_problem_code"], ignore_index=True)
    events = [
        created[1],
        _link_events(_without(outdated, links), "complaint_withdrawn", known_event_ids, moment),
        _link_events(_without(links, outdated), "complaint_added", known_event_ids, moment),
    ]
    return Merge(created[0], links, pd.concat([e for e in events if len(e)] or [empty_frame(EVENTS)]))


def homes(problems: pd.DataFrame) -> dict[str, str]:
    """Return which problem takes in the complaints of each merge key: the one that a merged problem was merged into.

    A problem keeps its key for life: whoever was made responsible for it later, complaints like its first ones join it.
    """
    final_home = final_homes(problems)
    keyed = problems.dropna(subset=["merge_key"])
    return {
        str(key): str(final_home.get(problem_id, problem_id))
        for key, problem_id in zip(keyed["merge_key"], keyed["problem_id"], strict=True)
    }


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
        unit_key = unit_id or f"{row.unit_kind}{attribution.reason}"
        merge_key = f"{unit_key}|{row.sub_problem_code}|{theme.theme_code}"
        rows.append((unit_id, attribution.reason, theme.theme_code, merge_key))
    added = pd.DataFrame(rows, columns=["unit_id", "unit_reason", "theme_code", "merge_key"], index=unlinked.index)
    return pd.concat([unlinked, added.astype(object).where(added.notna(), None)], axis=1)


def _registrations(placed: pd.DataFrame, known: pd.DataFrame, rules: Rules, moment: Moment) -> Iterator[Request]:
    """Return the steps by which each key without a problem gets one, in the order of their first complaints."""
    first = placed.drop_duplicates("merge_key")
    first = first[~first["merge_key"].isin(known["merge_key"].dropna())]
    serial = next_serial(known["problem_id"], moment.as_of.year)
    statements: Mapping[tuple[str, str], str] = {
        (t.sub_problem_code, t.theme_code): t.statement for t in rules.themes.theme
    }
    for offset, row in enumerate(first.to_dict("records")):
        code, theme_code = str(row["sub_problem_code"]), str(row["theme_code"])
        what = {
            "source": "complaint",
            "unit_kind": row["unit_kind"],
            "sub_problem_code": code,
            "theme_code": theme_code,
            "merge_key": row["merge_key"],
            "statement": statements[code, theme_code],
        }
        unit = {"unit_id": row["unit_id"], "unit_kind": row["unit_kind"], "unit_reason": row["unit_reason"]}
        problem_id = problem_number(rules.site, moment.as_of.year, serial + offset)
        yield from registration(problem_id, what, unit, rules.deadline(code, moment.as_of))


def registration(
    problem_id: str, what: Mapping[str, Any], unit: Mapping[str, Any], due: Deadline, by: Registrar = NIGHT
) -> Iterator[Request]:
    """Return the steps that register a problem: created, its unit said or left open, its deadline set.

    Args:
        problem_id: a number that was never used.
        what: what `problem_created` carries.
        unit: unit_id (None where the supervisor has to decide), unit_kind, unit_reason.
        due: its deadline.
        by: who registers it.
    """
    is_open = unit["unit_id"] is None
    told = {name: value for name, value in unit.items() if name != "unit_id"} if is_open else unit
    yield Request(problem_id, CREATED, by.role, by.actor, what, by.source)
    yield Request(problem_id, "unit_undetermined" if is_open else "unit_assigned", by.role, by.actor, told, by.source)
    yield Request(problem_id, "deadline_set", by.role, by.actor, due.facts, by.source)


def problem_number(site: Site, year: int, serial: int) -> str:
    """Return the number of a problem.

    >>> from analysis.config import load_settings
    >>> problem_number(load_settings().site, 2026, 7)
    'FR-2026-0007'
    """
    return f"{site.code}-{year}-{serial:04d}"


def next_serial(problem_ids: pd.Series, year: int) -> int:
    """Return the number after the highest one used in a year; numbers are never used twice."""
    of_year = problem_ids[problem_ids.str.contains(f"-{year}-", regex=False)]
    return int(of_year.str.rsplit("-", n=1).str[-1].astype(int).max()) + 1 if len(of_year) else 1


def _link_events(links: pd.DataFrame, kind: str, known_event_ids: Set[str], moment: Moment) -> pd.DataFrame:
    """Return one event of a kind per link; one that happened before is told apart by the judgement behind it."""
    events = []
    # A complaint with two judgements in one problem is still in it once.
    for row in links.drop_duplicates(["problem_id", "complaint_id"]).itertuples(index=False):
        problem_id, complaint_id = str(row.problem_id), str(row.complaint_id)
        is_repeat = event_id(problem_id, kind, complaint_id) in known_event_ids
        subject = f"{complaint_id}|{row.run_id}" if is_repeat else complaint_id
        events.append(
            event_record(
                problem_id=problem_id,
                kind=kind,
                subject=subject,
                payload={"complaint_id": complaint_id},
                actor=SYSTEM,
                at=moment.at,
                run_id=moment.run_id,
            )
        )
    return pd.DataFrame(events) if events else empty_frame(EVENTS)
