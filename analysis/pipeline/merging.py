"""Merges judged complaints into matters and problems."""

from pathlib import Path

import pandas as pd

from analysis.config import Settings
from analysis.contracts import COMPLAINT_MATTERS, MATTERS, PROBLEM_COMPLAINTS, PROBLEMS
from analysis.ledger.attribution import Attributor
from analysis.ledger.deadlines import load_deadlines
from analysis.ledger.life_cycle import load_life_cycle
from analysis.ledger.matters import SameMatter, group
from analysis.ledger.places import load_place_finder
from analysis.ledger.problems import Rules, merge
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
    merged = merge(unlinked, night.store.table(PROBLEMS), outdated, known_event_ids, rules, night.moment)
    with night.store.transaction():
        night.store.append(MATTERS, founders.assign(canonical_complaint_id=founders["complaint_id"]))
        night.store.append(COMPLAINT_MATTERS, members)
        night.store.put_problems(merged.problems)
        if len(outdated):
            night.store.apply("delete_links", {"outdated": outdated[["problem_id", "complaint_id"]]})
        night.store.append(PROBLEM_COMPLAINTS, merged.links)
        added = night.store.append_events(merged.events)
    night.store.keep_head()
    return {
        "new_matters": len(founders),
        "new_problems": len(merged.problems),
        "new_links": int((merged.events["kind"] == "complaint_added").sum()),
        "withdrawn_links": int((merged.events["kind"] == "complaint_withdrawn").sum()),
        "new_events": added,
    }


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
