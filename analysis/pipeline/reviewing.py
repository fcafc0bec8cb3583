"""Human review: the queue of what to look at next, and the reviewers' decisions into the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pandas as pd

from analysis.codebook.scheme import load_scheme
from analysis.config import load_settings
from analysis.contracts import ASSISTANT_OPINIONS, ERASURES, REVIEWS
from analysis.errors import BusyError, UsageError
from analysis.exchange.assistant_words import current_opinions, names_restricted, opinion_words
from analysis.ingest.masking import load_masker
from analysis.ledger.agreement import PairAgreement, measure_agreement
from analysis.ledger.review_checks import (
    InvalidReviewsError,
    RowFault,
    find_contradictions,
    find_faults,
    prepare_reviews,
)
from analysis.ledger.review_queue import build_queue, disputed_opinions, tell_opinions
from analysis.ledger.reviews import review_events, review_ids, unrecorded, with_text_digest
from analysis.ledger.store import Reader, Store
from analysis.pipeline.night import Counts, now, open_ledger, today
from analysis.site import SitePaths


def review_queue(paths: SitePaths) -> pd.DataFrame:
    """Return what waits for a reviewer, the most valuable first; columns of `QUEUE_COLUMNS`, see `build_queue`.

    And `assistant`: what the assistant thinks of the present text (Chinese), "" where it was not asked. Where it names
    a sub-problem of a restricted category, the complaint counts as one that may hold a lead.

    Read from the ledger, which knows of decisions recorded since the last run; while a run holds it, from the snapshot.

    Raises:
        UsageError: nothing was run yet, or not with this version of the program.
    """
    settings, scheme = load_settings(paths.settings), load_scheme(paths.codebook)
    tables = _tables(paths)
    queue = build_queue(tables, scheme, settings)
    queue = queue[~queue["complaint_id"].isin(tables[ERASURES.name]["complaint_id"])]
    opinions = current_opinions(tables[ASSISTANT_OPINIONS.name], queue)
    words = {complaint_id: opinion_words(opinion, scheme) for complaint_id, opinion in opinions.iterrows()}
    leads = [complaint_id for complaint_id, opinion in opinions.iterrows() if names_restricted(opinion, scheme)]
    return queue.assign(
        assistant=pd.Series([words.get(i, "") for i in queue["complaint_id"]], index=queue.index, dtype=object),
        has_lead=queue["has_lead"] | queue["complaint_id"].isin(leads),
    )


def review_agreement(paths: SitePaths) -> tuple[list[PairAgreement], dict[str, str]]:
    """Return how far every two reviewers agree, and of each complaint in conflict who said what (Chinese).

    Read from the ledger or the snapshot, and with the same errors, as `review_queue`.
    """
    tables = _tables(paths)
    disputes = tell_opinions(disputed_opinions(tables), load_scheme(paths.codebook))
    return measure_agreement(tables[REVIEWS.name]), disputes


def _tables(paths: SitePaths) -> dict[str, pd.DataFrame]:
    try:
        reader = Reader.open(paths.ledger)
    except (BusyError, OSError):
        reader = Reader.open(paths.snapshot)
    with reader:
        return reader.tables()


def record_reviews(paths: SitePaths, reviews: pd.DataFrame) -> Counts:
    """Record reviewers' decisions in the ledger, all of them or none; the next run judges by them.

    Recording the same table twice changes nothing: rows that say nothing new are left out, even where the
    complaint's text has changed since. Reasons are masked before they are stored.

    Args:
        paths: the site.
        reviews: columns of `REVIEW_INPUT`; codes joined by «;», a missing codes, unit_kind, reason, source_file or
            source_row as None, NaN or "". `text_digest` is that of the text the reviewer saw (from `review_queue`).

    Returns:
        recorded: rows added; unchanged: rows that were known; complaints: complaints to be judged again.

    Raises:
        InvalidReviewsError: some rows cannot stand (`faults` lists them); nothing was recorded.
        UsageError: a column is missing, or there is no ledger yet.
        BusyError: a run is going on.
        SettingsError, IntegrityError: see `load_settings` and `Store.open`.
    """
    settings = load_settings(paths.settings)
    given = _masked(paths, reviews)
    with _ledger(paths) as store:
        at = now(settings)
        given = given.assign(review_id=review_ids(given), recorded_at=at, run_id=None)
        fresh, faults = _examined(given, store, paths, at.date())
        if faults:
            raise InvalidReviewsError(faults)
        with store.transaction():
            store.append(REVIEWS, fresh)
            store.append_events(review_events(fresh, at))
            store.forget_judgements(fresh["complaint_id"])
        store.keep_head()
    return {
        "recorded": len(fresh),
        "unchanged": len(given) - len(fresh),
        "complaints": fresh["complaint_id"].nunique(),
    }


def check_reviews(paths: SitePaths, reviews: pd.DataFrame) -> list[RowFault]:
    """Return why reviews could not be recorded, in the order of their rows, and record nothing.

    Arguments and errors are those of `record_reviews`, which checks the same.
    """
    given = _masked(paths, reviews)
    given = given.assign(review_id=review_ids(given))
    with _ledger(paths) as store:
        return _examined(given, store, paths, today(load_settings(paths.settings)))[1]


def _masked(paths: SitePaths, reviews: pd.DataFrame) -> pd.DataFrame:
    given = prepare_reviews(reviews)
    return given.assign(reason=given["reason"].map(load_masker(paths.codebook).mask))


@contextmanager
def _ledger(paths: SitePaths) -> Iterator[Store]:
    if not paths.ledger.is_file():
        raise UsageError(f"没有找到 {paths.ledger}。请先执行 hotline run。")
    with open_ledger(paths) as store:
        yield store


def _examined(given: pd.DataFrame, store: Store, paths: SitePaths, as_of: date) -> tuple[pd.DataFrame, list[RowFault]]:
    """Return the reviews that say something new, and what is wrong with any."""
    settings, scheme = load_settings(paths.settings), load_scheme(paths.codebook)
    fresh = given[unrecorded(given, store.table(REVIEWS))]
    current = with_text_digest(store.apply("stored_complaints", {"wanted": fresh[["complaint_id"]]}))
    faults = find_faults(fresh, current, scheme, as_of, settings.review.longest_reason)
    return fresh, [*faults, *find_contradictions(given)]
