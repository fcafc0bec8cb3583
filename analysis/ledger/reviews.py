"""What reviewers decided: ids and digests, the decision in force for each complaint, and where reviewers disagree."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

import pandas as pd

from analysis.contracts import EVENTS, empty_frame
from analysis.ledger.chain import event_record
from analysis.text import text_digest

VERSION = ["complaint_id", "text_digest"]
"""What identifies one version of a complaint's text."""

_CONTENT = [*VERSION, "reviewer", "decision", "codes", "unit_kind", "reason", "is_final"]
_OPINION = ["decision", "codes", "unit_kind"]


def with_text_digest(complaints: pd.DataFrame) -> pd.DataFrame:
    """Return the complaints (columns title and text among others) with a column `text_digest`."""
    statements = zip(complaints["title"], complaints["text"], strict=True)
    digests = [text_digest(title if isinstance(title, str) else None, text) for title, text in statements]
    return complaints.assign(text_digest=pd.Series(digests, index=complaints.index, dtype=object))


def join_codes(codes: Iterable[str]) -> str:
    """Return sub-problem codes as a review holds them: each once, in the order of the alphabet.

    >>> join_codes(["rough.attitude", "irregular.inaction", "rough.attitude"])
    'irregular.inaction;rough.attitude'
    """
    return ";".join(sorted(set(codes)))


def review_ids(reviews: pd.DataFrame) -> list[str]:
    """Return the id of each review: the same decision of the same day gets the same id however often it comes.

    The day is part of it, so that a reviewer who returns to an earlier opinion is heard.

    reviews: as `prepare_reviews` returns them, missing values as None and days as dates.
    """
    contents = reviews[[*_CONTENT, "reviewed_on"]].itertuples(index=False, name=None)
    keys = (json.dumps(list(map(str, content)), ensure_ascii=False) for content in contents)
    return [hashlib.sha256(key.encode()).hexdigest()[:24] for key in keys]


def unrecorded(reviews: pd.DataFrame, known: pd.DataFrame) -> "pd.Series[bool]":
    """Say of each review whether it tells anything that the known ones do not.

    Nothing new is a review whose id is known, and one that repeats what its reviewer decided last about the same
    text, on whatever day: a workbook that is read in a second time.

    Args:
        reviews: columns of REVIEWS, at most one row per complaint and reviewer.
        known: the reviews recorded so far.
    """
    is_repeat = _contents(reviews).isin(_contents(opinions(known)))
    return ~(reviews["review_id"].isin(known["review_id"]) | is_repeat)


def _contents(reviews: pd.DataFrame) -> pd.MultiIndex:
    content = reviews[_CONTENT].assign(
        unit_kind=reviews["unit_kind"].fillna(""), is_final=reviews["is_final"].astype(bool)
    )
    return pd.MultiIndex.from_frame(content)


def in_order(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return the reviews in the order in which they were decided, then recorded."""
    decided = pd.to_datetime(reviews["reviewed_on"])
    keys = ["decided", "recorded_at", "review_id"]
    return reviews.assign(decided=decided).sort_values(keys, kind="stable").drop(columns="decided")


def opinions(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return the latest review of each reviewer about each version of a text; columns of REVIEWS."""
    return in_order(reviews).drop_duplicates([*VERSION, "reviewer"], keep="last")


def verdicts(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return what the reviews come to: one row per version of a complaint's text that was reviewed.

    The latest ruling (is_final) decides; without one, the reviewers' latest decisions do where they agree on scope,
    sub-problems and unit. Where they do not, the complaint has a conflict.

    Returns:
        complaint_id, text_digest, decision (None in conflict), codes, unit_kind, is_final, is_conflict, and
        reviewers: who the decision rests on, or who disagrees, joined by 、 in the order of their names.
    """
    latest = opinions(reviews)
    by_version = latest.sort_values("reviewer", kind="stable").groupby(VERSION, sort=False)
    reviewers = by_version["reviewer"].agg("、".join).rename("reviewers")
    latest_filled = latest.assign(unit_kind=latest["unit_kind"].fillna(""))
    variants = latest_filled.drop_duplicates([*VERSION, *_OPINION]).groupby(VERSION).size()
    rulings = in_order(reviews[reviews["is_final"].astype(bool)]).drop_duplicates(VERSION, keep="last")
    ruled = rulings.assign(reviewers=rulings["reviewer"], is_conflict=False)
    others = latest.drop_duplicates(VERSION, keep="last").set_index(VERSION)
    others = others[~others.index.isin(pd.MultiIndex.from_frame(rulings[VERSION]))]
    others = others.join(reviewers).assign(is_conflict=variants.reindex(others.index) > 1, is_final=False).reset_index()
    found = pd.concat([part for part in (ruled, others) if len(part)] or [others], ignore_index=True)
    found.loc[found["is_conflict"].astype(bool), _OPINION] = None
    columns = [*VERSION, *_OPINION, "is_final", "is_conflict", "reviewers"]
    return found[columns].sort_values(VERSION, ignore_index=True)


def effective_decisions(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return the verdicts in force: those without a conflict; these are labels for training as well."""
    found = verdicts(reviews)
    return found[~found["is_conflict"].astype(bool)].drop(columns="is_conflict").reset_index(drop=True)


def conflicts(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return the versions about which reviewers disagree and nobody ruled: complaint_id, text_digest, reviewers."""
    found = verdicts(reviews)
    return found.loc[found["is_conflict"].astype(bool), [*VERSION, "reviewers"]].reset_index(drop=True)


def review_events(reviews: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """Return one event per review, still without its place in the chain; it concerns no single problem."""
    told = ["review_id", *VERSION, *_OPINION, "reviewer", "reason"]
    events = [
        event_record(
            problem_id="",
            kind="complaint_reviewed",
            subject=review["review_id"],
            payload={name: review[name] for name in told} | {"is_final": bool(review["is_final"])},
            actor=review["reviewer"],
            at=at,
            run_id="",
        )
        for review in reviews.to_dict("records")
    ]
    return pd.DataFrame(events) if events else empty_frame(EVENTS)
