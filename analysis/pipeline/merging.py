"""Merges judged complaints into matters and problems."""

from pathlib import Path

import pandas as pd

from analysis.config import Settings
from analysis.contracts import COMPLAINT_MATTERS, MATTER_KEYS, MATTERS, PROBLEM_COMPLAINTS, PROBLEMS
from analysis.ledger.attribution import Attributor
from analysis.ledger.likelihood import load_judge
from analysis.ledger.matter_keys import OWN_KEY, TIMELESS, Bounds
from analysis.ledger.matters import Constraints, Known, SameMatter, group, group_all
from analysis.ledger.problems import Rules, merge
from analysis.ledger.store import Store
from analysis.ledger.themes import load_themes
from analysis.ledger.working_days import load_calendar
from analysis.pipeline.night import Counts, Night

_TAKEN_AT_ONCE = 20_000
"""Complaints grouped at once: more are taken in several goes, which does not change the result, to spare memory."""


def merge_problems(night: Night) -> Counts:
    """Group complaints of the same matter, and put those in scope into problems with unit and deadline."""
    ledger, directory = night.settings.ledger, night.paths.codebook
    new_matters = group_complaints(night.store, same_matter(night.settings, directory), night.moment.run_id)
    rules = Rules(
        scheme=night.scheme,
        themes=load_themes(night.scheme, directory),
        attributor=Attributor(night.units, night.settings.site),
        calendar=load_calendar(directory),
        ledger=ledger,
        site=night.settings.site,
    )
    unlinked = night.store.query("unlinked_assessments", secondary_score=ledger.secondary_score)
    outdated = night.store.query("outdated_links")
    known_event_ids = set(night.store.query("event_ids")["event_id"])
    merged = merge(unlinked, night.store.table(PROBLEMS), outdated, known_event_ids, rules, night.moment)
    with night.store.transaction():
        night.store.append(PROBLEMS, merged.problems)
        if len(outdated):
            night.store.apply("delete_links", {"outdated": outdated[["problem_id", "complaint_id"]]})
        night.store.append(PROBLEM_COMPLAINTS, merged.links)
        added = night.store.append_events(merged.events)
    night.store.keep_head()
    return {
        "new_matters": new_matters,
        "new_problems": len(merged.problems),
        "new_links": int((merged.events["kind"] == "complaint_added").sum()),
        "withdrawn_links": int((merged.events["kind"] == "complaint_withdrawn").sum()),
        "new_events": added,
    }


def group_complaints(store: Store, rule: SameMatter, run_id: str, constraints: Constraints | None = None) -> int:
    """Put every complaint of the ledger that has no matter yet into one; return the number of new matters.

    Only complaints that share a key with a new one are loaded. Each go is kept at once, so that a run that is stopped
    goes on from there.

    Args:
        store: the ledger.
        rule: when two complaints are of the same matter.
        run_id: the present run.
        constraints: what people have decided about matters.
    """
    waiting = store.query("complaints_to_group", own_key=OWN_KEY)
    founded = 0
    for start in range(0, len(waiting), _TAKEN_AT_ONCE):
        taken = waiting.iloc[start : start + _TAKEN_AT_ONCE].reset_index(drop=True)
        retaken = taken.loc[taken["matter_id"].notna(), ["complaint_id"]]
        with store.transaction():
            if len(retaken):
                store.apply("delete_matter_keys", {"taken": retaken})
            grouped = group(taken, rule, _known(store, rule), constraints)
            members = grouped.members.assign(run_id=run_id)
            founders = members[members["matter_id"] == "M-" + members["complaint_id"]]
            store.append(MATTERS, founders.assign(canonical_complaint_id=founders["complaint_id"]))
            store.append(COMPLAINT_MATTERS, members)
            store.append(MATTER_KEYS, grouped.entries.merge(taken[["complaint_id", "run_id"]], on="complaint_id"))
        founded += len(founders)
    return founded


def _known(store: Store, rule: SameMatter) -> Known:
    reach = rule.bounds.epochs_per_window
    return Known(
        entries=lambda wanted: store.apply("matter_key_entries", {"wanted": wanted}, timeless=TIMELESS, reach=reach),
        complaints=lambda wanted: store.apply("complaints_of_matters", {"wanted": wanted}),
        next_sequence=int(store.query("next_matter_sequence", own_key=OWN_KEY)["next_sequence"].iloc[0]),
    )


def group_table(complaints: pd.DataFrame, settings: Settings, codebook: Path) -> pd.DataFrame:
    """Group any table of complaints into matters.

    Args:
        complaints: complaint_id, title and text, earliest first; or with received_at in any order.
        settings: likelihoods and window.
        codebook: the folder of the site's own codebook files.

    Returns:
        complaint_id and matter_id, in the order of the input.
    """
    if "received_at" in complaints:
        in_order = complaints.sort_values("received_at", kind="stable", na_position="last")
    else:
        in_order = complaints
    members = group_all(in_order, same_matter(settings, codebook), _TAKEN_AT_ONCE).set_index("complaint_id")
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
