"""Merges judged complaints into matters and problems."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd

from analysis.config import Settings
from analysis.contracts import COMPLAINT_MATTERS, MATTERS, PROBLEM_COMPLAINTS, PROBLEMS
from analysis.errors import IntegrityError
from analysis.ledger.attribution import Attributor
from analysis.ledger.deadlines import RELAPSED, Deadline, load_deadlines
from analysis.ledger.life_cycle import load_life_cycle
from analysis.ledger.matters import SameMatter, group
from analysis.ledger.places import load_place_finder
from analysis.ledger.problems import Merge, Rules, merge
from analysis.ledger.recurrence import CLOSED_STATUSES, Recurrence, find_recurrences, recurrence_requests
from analysis.ledger.steps import Taken, plain_problem, take_steps
from analysis.ledger.themes import load_themes
from analysis.ledger.working_days import load_calendar
from analysis.pipeline.night import Counts, Night
from analysis.segment.jieba_segmenter import load_segmenter


def merge_problems(night: Night) -> Counts:
    """Group complaints of the same matter, and put those in scope into problems with unit and deadline."""
    ledger, directory, run_id = night.settings.ledger, night.paths.codebook, night.moment.run_id
    placed = night.store.query("complaints_in_matters", window_days=ledger.same_matter_window_days)
    members = group(placed, _same_matter(night.settings, directory)).assign(run_id=run_id)
    founders = members[members["matched_complaint_id"].isna()]
    rules = Rules(
        scheme=night.scheme,
        life_cycle=load_life_cycle(directory),
        themes=load_themes(night.scheme, directory),
        attributor=Attributor(night.units, night.settings.site),
        calendar=load_calendar(directory),
        deadlines=load_deadlines(night.scheme, directory),
        ledger=ledger,
        site=night.settings.site,
    )
    unlinked = night.store.query("unlinked_assessments", secondary_score=ledger.secondary_score)
    outdated = night.store.query("outdated_links")
    concerned = pd.concat([unlinked[["complaint_id"]], outdated[["complaint_id"]]])
    known_event_ids = set(night.store.apply("link_event_ids", {"wanted": concerned})["event_id"])
    problems = night.store.table(PROBLEMS)
    matters = members[["complaint_id", "matter_id"]].astype(object)
    homes = night.store.apply("closed_homes", {"members": matters}, closed=list(CLOSED_STATUSES))
    merged = merge(unlinked, problems, outdated, known_event_ids, rules, night.moment, homes)
    with night.store.transaction():
        night.store.append(MATTERS, founders.assign(canonical_complaint_id=founders["complaint_id"]))
        night.store.append(COMPLAINT_MATTERS, members)
        night.store.put_problems(merged.problems)
        if len(outdated):
            night.store.apply("delete_links", {"outdated": outdated[["problem_id", "complaint_id"]]})
        night.store.append(PROBLEM_COMPLAINTS, merged.links)
        added = night.store.append_events(merged.events)
        relapsed = _reopen(night, problems, merged, rules)
        night.store.put_problems(relapsed.problems)
        added += night.store.append_events(relapsed.events)
    night.store.keep_head()
    return {
        "new_matters": len(founders),
        "new_problems": len(merged.problems),
        "new_links": int((merged.events["kind"] == "complaint_added").sum()),
        "withdrawn_links": int((merged.events["kind"] == "complaint_withdrawn").sum()),
        "relapsed_problems": len(relapsed.problems),
        "new_events": added,
    }


def _reopen(night: Night, problems: pd.DataFrame, merged: Merge, rules: Rules) -> Taken:
    """Return the steps by which closed problems are open again because of what came into them just now.

    Raises:
        IntegrityError: such a step is illegal, which only a fault of the program can make it.
    """
    came_in = merged.events[merged.events["kind"] == "complaint_added"]
    complaint_ids = [json.loads(payload)["complaint_id"] for payload in came_in["payload"]]
    fresh = pd.DataFrame({"problem_id": came_in["problem_id"].tolist(), "complaint_id": complaint_ids}, dtype=object)
    is_closed = problems["status"].isin(CLOSED_STATUSES) & problems["problem_id"].isin(fresh["problem_id"])
    closed = pd.DataFrame(map(plain_problem, problems[is_closed].to_dict("records")), columns=problems.columns)
    requests = [
        request
        for found in _recurrences(night, closed, fresh)
        for request in recurrence_requests(found, _new_deadline(found, closed, rules, night.moment.as_of))
    ]
    taken = take_steps(requests, closed, rules.life_cycle, rules.is_restricted, night.moment)
    if taken.refusals:
        raise IntegrityError(f"问题 {taken.refusals[0].request.problem_id} 反弹没有记成：{taken.refusals[0].reason}")
    return taken


def _recurrences(night: Night, closed: pd.DataFrame, fresh: pd.DataFrame) -> Iterator[Recurrence]:
    observed_from = night.store.query("first_receipt")["first_at"].iloc[0]
    if closed.empty or pd.isna(observed_from):
        return iter(())
    reach = night.store.apply("reach_of_problems", {"wanted": closed[["problem_id"]]})
    settings, as_of = night.settings.recurrence, night.moment.as_of
    return find_recurrences(closed, reach, fresh, observed_from.date(), as_of, settings)


def _new_deadline(found: Recurrence, closed: pd.DataFrame, rules: Rules, as_of: date) -> Deadline:
    problem = closed.set_index("problem_id").loc[found.problem_id]
    return rules.deadline(str(problem["sub_problem_code"]), as_of, str(problem["source"]), RELAPSED)


def group_table(complaints: pd.DataFrame, settings: Settings, codebook: Path) -> pd.DataFrame:
    """Group any table of complaints into matters.

    Args:
        complaints: complaint_id, title and text, earliest first.
        settings: the bound on similarity.
        codebook: the folder of the site's own codebook files.

    Returns:
        complaint_id and matter_id, in the order of the input.
    """
    statements = [f"{t}\n{x}" for t, x in zip(complaints["title"], complaints["text"], strict=True)]
    tokens = load_segmenter(codebook).segment(statements)
    members = group(complaints.assign(tokens=tokens, matter_id=None), _same_matter(settings, codebook))
    return members[["complaint_id", "matter_id"]]


def _same_matter(settings: Settings, codebook: Path) -> SameMatter:
    ledger = settings.ledger
    return SameMatter(ledger.same_matter_similarity, ledger.same_matter_window_days, load_place_finder(codebook))
