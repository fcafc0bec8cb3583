"""Merges judged complaints into matters and problems."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd

from analysis.config import Settings
from analysis.contracts import COMPLAINT_MATTERS, MATTER_KEYS, MATTERS, PROBLEM_COMPLAINTS, PROBLEMS, conform
from analysis.errors import IntegrityError
from analysis.ledger.deadlines import RELAPSED, Deadline
from analysis.ledger.likelihood import load_judge
from analysis.ledger.matter_keys import OWN_KEY, TIMELESS, Bounds
from analysis.ledger.matters import Constraints, Known, SameMatter, group, group_all
from analysis.ledger.placing import ByHand
from analysis.ledger.problems import Merge, Rules, merge
from analysis.ledger.recurrence import CLOSED_STATUSES, Recurrence, find_recurrences, recurrence_requests
from analysis.ledger.steps import Taken, plain_problem, take_steps
from analysis.ledger.store import Store
from analysis.pipeline.night import Counts, Night
from analysis.pipeline.rules import load_rules
from analysis.progress import Progress, no_progress

_TAKEN_AT_ONCE = 20_000
"""Complaints grouped at once: more are taken in several goes, which does not change the result, to spare memory."""


def merge_problems(night: Night) -> Counts:
    """Group complaints of the same matter, and put those in scope into problems with unit and deadline."""
    ledger, directory = night.settings.ledger, night.paths.codebook
    constraints = Constraints(night.store.query("held_matters"), night.store.query("parted_complaints"))
    same = same_matter(night.settings, directory)
    new_matters = group_complaints(night.store, same, night.moment.run_id, constraints, night.progress)
    rules = load_rules(night.paths, night.settings)
    unlinked = night.store.query("unlinked_assessments", secondary_score=ledger.secondary_score)
    outdated = night.store.query("outdated_links")
    by_hand = ByHand(night.store.query("placements_in_force"), night.store.query("links_of_placed"))
    concerned = pd.concat([frame[["complaint_id"]] for frame in (unlinked, outdated, by_hand.placements)])
    known_event_ids = set(night.store.apply("link_event_ids", {"wanted": concerned})["event_id"])
    problems = night.store.table(PROBLEMS)
    unlinked_ids = unlinked[["complaint_id"]].drop_duplicates().astype(object)
    homes = night.store.apply("closed_homes", {"wanted": unlinked_ids}, closed=list(CLOSED_STATUSES))
    merged = merge(unlinked, problems, outdated, known_event_ids, rules, night.moment, by_hand, homes)
    with night.store.transaction():
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
        "new_matters": new_matters,
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


def group_complaints(
    store: Store,
    rule: SameMatter,
    run_id: str,
    constraints: Constraints | None = None,
    progress: Progress = no_progress,
) -> int:
    """Put every complaint of the ledger that has no matter yet into one; return the number of new matters.

    Only complaints that share a key with a new one are loaded. Each go is kept at once, so that a run that is stopped
    goes on from there.

    Args:
        store: the ledger.
        rule: when two complaints are of the same matter.
        run_id: the present run.
        constraints: what people have decided about matters.
        progress: told how many complaints are grouped.
    """
    waiting = store.query("complaints_to_group", own_key=OWN_KEY)
    founded = 0
    for start in range(0, len(waiting), _TAKEN_AT_ONCE):
        progress("归并诉求", start, len(waiting))
        taken = waiting.iloc[start : start + _TAKEN_AT_ONCE].reset_index(drop=True)
        retaken = taken.loc[taken["matter_id"].notna(), ["complaint_id"]]
        with store.transaction():
            if len(retaken):
                store.apply("delete_matter_keys", {"taken": retaken})
            grouped = group(taken, rule, _known(store, rule), constraints)
            members = grouped.members.assign(run_id=run_id)
            founders = members[members["matter_id"] == "M-" + members["complaint_id"]]
            founding = founders.assign(canonical_complaint_id=founders["complaint_id"])
            store.apply("put_matters", {"given": conform(founding, MATTERS)})
            store.append(COMPLAINT_MATTERS, members)
            store.append(MATTER_KEYS, grouped.entries.merge(taken[["complaint_id", "run_id"]], on="complaint_id"))
        founded += len(founders)
    progress("归并诉求", len(waiting), len(waiting))
    return founded


def _known(store: Store, rule: SameMatter) -> Known:
    reach = rule.bounds.epochs_per_window
    return Known(
        entries=lambda wanted: store.apply("matter_key_entries", {"wanted": wanted}, timeless=TIMELESS, reach=reach),
        complaints=lambda wanted: store.apply("complaints_of_matters", {"wanted": wanted}),
        next_sequence=int(store.query("next_matter_sequence", own_key=OWN_KEY)["next_sequence"].iloc[0]),
    )


def group_table(
    complaints: pd.DataFrame, settings: Settings, codebook: Path, progress: Progress = no_progress
) -> pd.DataFrame:
    """Group any table of complaints into matters.

    Args:
        complaints: complaint_id, title and text, earliest first; or with received_at in any order.
        settings: likelihoods and window.
        codebook: the folder of the site's own codebook files.
        progress: told how many are grouped.

    Returns:
        complaint_id and matter_id, in the order of the input.
    """
    if "received_at" in complaints:
        in_order = complaints.sort_values("received_at", kind="stable", na_position="last")
    else:
        in_order = complaints
    rule = same_matter(settings, codebook)
    members = group_all(in_order, rule, _TAKEN_AT_ONCE, progress).set_index("complaint_id")
    return members.loc[complaints["complaint_id"], ["matter_id"]].reset_index()


def same_matter(settings: Settings, codebook: Path) -> SameMatter:
    """Return when two complaints are of the same matter, by the settings and the codebook of a site."""
    ledger = settings.ledger
    bounds = Bounds(
        window_days=ledger.same_matter_window_days,
        epochs_per_window=ledger.same_matter_epochs,
        per_bucket=ledger.same_matter_per_key,
        candidates=ledger.same_matter_candidates,
    )
    likelihoods = ledger.same_matter_similarity, ledger.same_matter_first_similarity
    return SameMatter(*likelihoods, bounds, load_judge(codebook))
