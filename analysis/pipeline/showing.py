"""Reads what the outputs of a run show, without loading the history of the ledger."""

from collections.abc import Iterable
from datetime import date

import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.codebook.units import UnitRegister
from analysis.config import Settings
from analysis.contracts import (
    COMPLAINTS,
    ELUSION_SAMPLES,
    FINISHED_STATUSES,
    GATE_DECISIONS,
    JUDGEMENT_PROFILES,
    LIFE_CYCLE_KINDS,
    PROBLEMS,
    QUARANTINE,
    RAW_FILES,
    REVIEWS,
    RUNS,
)
from analysis.errors import BusyError, UsageError
from analysis.exchange.ledger_view import LedgerRules, build_ledger
from analysis.exchange.places import load_coarse_places
from analysis.exchange.shown import Shown
from analysis.ledger.elusion import first_day_of_samples
from analysis.ledger.review_queue import Waiting, in_short, queue_parameters
from analysis.ledger.steps import CORRECTED
from analysis.ledger.store import Reader
from analysis.pipeline.time_left import load_time_left
from analysis.site import SitePaths


def read_shown(reader: Reader, settings: Settings, run_id: str, waiting: Iterable[str]) -> Shown:
    """Read what the workbooks and the digest of a run show.

    Args:
        reader: the ledger or a snapshot.
        settings: how many complaints are shown.
        run_id: the run.
        waiting: complaints under review that are to be shown, as many as there should be.
    """
    details = reader.query(
        "shown_details",
        run_id=run_id,
        finished=list(FINISHED_STATUSES),
        waiting=list(waiting),
        most=settings.exchange.most_details,
    )
    shown = sorted(set(details["complaint_id"]))
    return Shown(
        problems=reader.table(PROBLEMS),
        links=reader.query("links"),
        details=details,
        explanations=reader.query("shown_explanations", shown=shown),
        opinions=reader.query("shown_opinions", shown=shown),
        judged=reader.query("judged_counts", run_id=run_id),
        changed=reader.query("changed_judgements", run_id=run_id),
        undated_count=int(reader.query("undated_count")["undated_count"].iloc[0]),
        steps=reader.query("step_events", kinds=[*LIFE_CYCLE_KINDS, CORRECTED]),
        raw_files=reader.table(RAW_FILES),
        quarantine=reader.table(QUARANTINE),
        runs=reader.table(RUNS),
    )


def read_waiting(reader: Reader, judgements: dict[str, pd.DataFrame], settings: Settings) -> Waiting:
    """Read what waits for a reviewer, in short; judgements: as `read_judgements` returns them."""
    asked = queue_parameters(judgements, settings, settings.exchange.most_waiting)
    return in_short(reader.query("queue_by_reasons", **asked))


def waiting_for_review(waiting: Waiting, settings: Settings) -> list[str]:
    """Return which complaints under review are to be shown: the most valuable, as many as people can go through."""
    return waiting.shown.loc[waiting.shown["place"] <= settings.exchange.most_waiting, "complaint_id"].tolist()


def read_judgements(reader: Reader, settings: Settings, as_of: date) -> dict[str, pd.DataFrame]:
    """Read the tables by name that reviews, elusion test and drift are told from, less the rows that say nothing.

    Of gate_decisions there are those of the months of the elusion test and what was reviewed or drawn, of complaints
    the ones that were reviewed.
    """
    samples = reader.table(ELUSION_SAMPLES)
    first = first_day_of_samples(samples, as_of, settings.elusion.told_months)
    return {
        RUNS.name: reader.table(RUNS),
        GATE_DECISIONS.name: reader.query("judgements_to_oversee", first=first),
        COMPLAINTS.name: reader.query("reviewed_complaints"),
        REVIEWS.name: reader.table(REVIEWS),
        ELUSION_SAMPLES.name: samples,
        JUDGEMENT_PROFILES.name: reader.table(JUDGEMENT_PROFILES),
    }


def open_present(paths: SitePaths) -> Reader:
    """Open the ledger, or while a run writes to it, or where this account may not read it, the newest snapshot.

    Only the private ledger knows of a run that failed while or before it published.

    Raises:
        UsageError: there is neither.
    """
    try:
        return Reader.open(paths.ledger)
    except (BusyError, UsageError, OSError):
        return Reader.open(paths.snapshot)


def read_ledger(reader: Reader, paths: SitePaths, scheme: Scheme, units: UnitRegister, as_of: date) -> pd.DataFrame:
    """Return the problems as people read them on a day; see `build_ledger`."""
    rules = LedgerRules(load_time_left(scheme, paths), load_coarse_places(paths.codebook))
    return build_ledger(reader.table(PROBLEMS), reader.query("links"), scheme, units, as_of, rules)
