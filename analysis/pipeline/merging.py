"""Merges judged complaints into matters and problems."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd

from analysis.config import Settings
from analysis.contracts import COMPLAINT_MATTERS, MATTERS, PROBLEM_COMPLAINTS, PROBLEMS, conform
from analysis.errors import IntegrityError
from analysis.ledger.deadlines import RELAPSED, Deadline
from analysis.ledger.matters import SameMatter, group
from analysis.ledger.places import load_place_finder
from analysis.ledger.placing import ByHand
from analysis.ledger.problems import Merge, Rules, merge
from analysis.ledger.recurrence import CLOSED_STATUSES, Recurrence, find_recurrences, recurrence_requests
from analysis.ledger.rulings import held_members
from analysis.ledger.steps import Taken, plain_problem, take_steps
from analysis.pipeline.night import Counts, Night
from analysis.pipeline.rules import load_rules
from analysis.segment.jieba_segmenter import load_segmenter


def merge_problems(night: Night) -> Counts:
    """Group complaints of the same matter, and put those in scope into problems with unit and deadline."""
    ledger, directory, run_id = night.settings.ledger, night.paths.codebook, night.moment.run_id
    placed = night.store.query("complaints_in_matters", window_days=ledger.same_matter_window_days)
    placed, held = _held(placed, night.store.query("held_matters"))
    members = pd.concat([held, group(placed, _same_matter(night.settings, directory))]).assign(run_id=run_id)
    founders = members[members["matched_complaint_id"].isna()]
    rules = load_rules(night.paths, night.settings)
    unlinked = night.store.query("unlinked_assessments", secondary_score=ledger.secondary_score)
    outdated = night.store.query("outdated_links")
    by_hand = ByHand(night.store.query("placements_in_force"), night.store.query("links_of_placed"))
    concerned = pd.concat([frame[["complaint_id"]] for frame in (unlinked, outdated, by_hand.placements)])
    known_event_ids = set(night.store.apply("link_event_ids", {"wanted": concerned})["event_id"])
    problems = night.store.table(PROBLEMS)
    matters = members[["complaint_id", "matter_id"]].astype(object)
    homes = night.store.apply("closed_homes", {"members": matters}, closed=list(CLOSED_STATUSES))
    merged = merge(unlinked, problems, outdated, known_event_ids, rules, night.moment, by_hand, homes)
    with night.store.transaction():
        founding = founders.assign(canonical_complaint_id=founders["complaint_id"])
        night.store.apply("put_matters", {"given": conform(founding, MATTERS)})
        night.store.append(COMPLAINT_MATTERS, members)
        night.store.put_problems(merged.problems)
        if len(outdated):
            night.store.apply("delete_links", {"outdated": outdated})
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


def _held(placed: pd.DataFrame, held: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the complaints with the matters that people put them into, and those of them that were in none yet.

    Only a grouping from the start finds any: rulings are about complaints that were grouped before. As each of two
    complaints that were parted is held in its own matter, no later grouping brings them together.
    """
    missing = placed.loc[placed["matter_id"].isna(), "complaint_id"]
    held = held[held["complaint_id"].isin(missing)]
    matter_ids = placed["complaint_id"].map(held.set_index("complaint_id")["matter_id"])
    return placed.assign(matter_id=placed["matter_id"].fillna(matter_ids)), held_members(held)


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
