"""Merges judged complaints into matters and problems."""

from analysis.contracts import COMPLAINT_MATTERS, MATTERS, PROBLEM_COMPLAINTS, PROBLEMS
from analysis.ledger.attribution import Attributor
from analysis.ledger.matters import SameMatter, group
from analysis.ledger.places import load_place_finder
from analysis.ledger.problems import Rules, merge
from analysis.ledger.themes import load_themes
from analysis.ledger.working_days import load_calendar
from analysis.pipeline.night import Counts, Night


def merge_problems(night: Night) -> Counts:
    """Group complaints of the same matter, and put those in scope into problems with unit and deadline."""
    ledger, directory, run_id = night.settings.ledger, night.paths.codebook, night.moment.run_id
    placed = night.store.query("complaints_in_matters", window_days=ledger.same_matter_window_days)
    rule = SameMatter(ledger.same_matter_similarity, ledger.same_matter_window_days, load_place_finder(directory))
    members = group(placed, rule).assign(run_id=run_id)
    founders = members[members["matched_complaint_id"].isna()]
    rules = Rules(
        scheme=night.scheme,
        themes=load_themes(directory),
        attributor=Attributor(night.units, night.settings.site),
        calendar=load_calendar(directory),
        ledger=ledger,
        site=night.settings.site,
    )
    merged = merge(night.store.query("unlinked_assessments"), night.store.table(PROBLEMS), rules, night.moment)
    with night.store.transaction():
        night.store.append(MATTERS, founders.assign(canonical_complaint_id=founders["complaint_id"]))
        night.store.append(COMPLAINT_MATTERS, members)
        night.store.append(PROBLEMS, merged.problems)
        night.store.append(PROBLEM_COMPLAINTS, merged.links)
        added = night.store.append_events(merged.events)
    night.store.keep_head()
    return {
        "new_matters": len(founders),
        "new_problems": len(merged.problems),
        "new_links": len(merged.links),
        "new_events": added,
    }
