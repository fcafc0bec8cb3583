"""Human review: the queue of what to look at next, and the reviewers' decisions into the ledger."""

import pandas as pd

from analysis.codebook.scheme import load_scheme
from analysis.config import load_settings
from analysis.contracts import REVIEWS
from analysis.errors import BusyError, UsageError
from analysis.ingest.masking import load_masker
from analysis.ledger.review_checks import InvalidReviewsError, find_contradictions, find_faults, prepare_reviews
from analysis.ledger.review_queue import build_queue
from analysis.ledger.reviews import review_events, review_ids, unrecorded, with_text_digest
from analysis.ledger.store import Reader
from analysis.pipeline.night import Counts, now, open_ledger
from analysis.site import SitePaths


def review_queue(paths: SitePaths) -> pd.DataFrame:
    """Return what waits for a reviewer, the most valuable first; columns of `QUEUE_COLUMNS`, see `build_queue`.

    Read from the ledger, which knows of decisions recorded since the last run; while a run holds it, from the snapshot.

    Raises:
        UsageError: nothing was run yet, or not with this version of the program.
    """
    settings, scheme = load_settings(paths.settings), load_scheme(paths.codebook)
    try:
        reader = Reader.open(paths.ledger)
    except (BusyError, OSError):
        reader = Reader.open(paths.snapshot)
    with reader:
        return build_queue(reader.tables(), scheme, settings)


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
    settings, scheme = load_settings(paths.settings), load_scheme(paths.codebook)
    if not paths.ledger.is_file():
        raise UsageError(f"没有找到 {paths.ledger}。请先执行 hotline run。")
    masker = load_masker(paths.codebook)
    given = prepare_reviews(reviews)
    given["reason"] = given["reason"].map(masker.mask)
    with open_ledger(paths) as store:
        at = now(settings)
        given = given.assign(review_id=review_ids(given), recorded_at=at, run_id=None)
        fresh = given[unrecorded(given, store.table(REVIEWS))]
        stored = store.apply("stored_complaints", {"wanted": fresh[["complaint_id"]]})
        current = with_text_digest(stored)
        faults = find_faults(fresh, current, scheme, at.date(), settings.review.longest_reason)
        if faults := [*faults, *find_contradictions(given)]:
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
