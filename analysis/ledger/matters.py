"""Groups complaints of one and the same matter: one place or object and one problem, whoever reports it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from analysis.contracts import COMPLAINT_MATTERS
from analysis.ledger.places import PlaceFinder
from analysis.text import fold

# Candidates share one of a complaint's rarest n-grams; a common n-gram proves nothing and costs a square.
_RAREST_PER_COMPLAINT = 40
_COMMON_SHARE = 0.01
_COMMON_FLOOR = 50
_BATCH = 2000


@dataclass(frozen=True)
class SameMatter:
    """When two complaints count as the same matter."""

    similarity: float
    window_days: int
    places: PlaceFinder


def group(complaints: pd.DataFrame, rule: SameMatter) -> pd.DataFrame:
    """Give each complaint without a matter the matter of the most similar earlier one, or a matter of its own.

    Complaints keep the matter they have, and the first complaint of a matter stays its canonical one.

    Args:
        complaints: complaint_id, title, text, tokens, received_at (may be missing) and matter_id (None where
            there is none yet), in the order in which they are to be taken: earliest first, those without a time last.
            A complaint without a time is compared with all.
        rule: similarity bound, time window and recogniser of places.

    Returns:
        One row per complaint that had no matter: the columns of the contract COMPLAINT_MATTERS less run_id.
    """
    columns = [c for c in COMPLAINT_MATTERS.column_names if c != "run_id"]
    complaints = complaints.reset_index(drop=True)
    is_new = complaints["matter_id"].isna().to_numpy()
    if not is_new.any():
        return pd.DataFrame(columns=columns)
    pairs = _similar_pairs(complaints, is_new, rule)
    matters = complaints["matter_id"].to_numpy(dtype=object).copy()
    ids = complaints["complaint_id"].to_numpy(dtype=object)
    best = pairs.sort_values(["new", "similarity", "old"], ascending=[True, False, True])
    candidates: dict[Any, pd.DataFrame] = dict(iter(best.groupby("new", sort=False)))
    out: list[tuple[Any, ...]] = []
    for row in np.flatnonzero(is_new):
        found = candidates.get(row)
        match = _first_with_matter(found, matters) if found is not None else None
        if match is None:
            matters[row] = f"M-{ids[row]}"
            out.append((ids[row], matters[row], None, None))
        else:
            other, similarity = match
            matters[row] = matters[other]
            out.append((ids[row], matters[row], ids[other], similarity))
    return pd.DataFrame(out, columns=columns)


def _first_with_matter(found: pd.DataFrame, matters: np.ndarray) -> tuple[int, float] | None:
    for other, similarity in zip(found["old"].to_numpy(), found["similarity"].to_numpy(), strict=True):
        if matters[other] is not None and not pd.isna(matters[other]):
            return int(other), float(similarity)
    return None


def _similar_pairs(complaints: pd.DataFrame, is_new: np.ndarray, rule: SameMatter) -> pd.DataFrame:
    """Return pairs (new, old, similarity) of row positions whose similarity reaches the rule's bound."""
    vectors, rare = _vectors(complaints)
    places = [rule.places.find(tokens) for tokens in complaints["tokens"]]
    days = _days(complaints)
    shared, found = rare.T.tocsr(), []
    new_rows = np.flatnonzero(is_new)
    for start in range(0, len(new_rows), _BATCH):
        batch = new_rows[start : start + _BATCH]
        met = (rare[batch] @ shared).tocoo()
        new, old = batch[met.row], met.col
        # Two new complaints meet once: the later joins the earlier.
        is_far = np.abs(days[new] - days[old]) > rule.window_days  # never so where a time is missing
        keep = (new != old) & (~is_new[old] | (old < new)) & ~is_far
        new, old = new[keep], old[keep]
        cosine = np.asarray(vectors[new].multiply(vectors[old]).sum(axis=1)).ravel()
        similarity = cosine * _place_agreement(new, old, places)
        near = similarity >= rule.similarity
        near_similarity = np.minimum(similarity[near], 1.0)
        found.append(pd.DataFrame({"new": new[near], "old": old[near], "similarity": near_similarity}))
    return pd.concat(found, ignore_index=True)


def _vectors(complaints: pd.DataFrame) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Return unit-length character n-gram vectors, and which of each complaint's rarest n-grams it has."""
    statements = zip(complaints["title"], complaints["text"], strict=True)
    texts = [fold(f"{title or ''}\n{text}") for title, text in statements]
    vectoriser = TfidfVectorizer(analyzer="char", ngram_range=(2, 3), sublinear_tf=True, dtype=np.float32)
    vectors = vectoriser.fit_transform(texts).tocsr()
    limit = max(_COMMON_FLOOR, _COMMON_SHARE * len(texts))
    document_counts = np.bincount(vectors.indices, minlength=vectors.shape[1])
    rare = vectors.copy()
    rare.data[document_counts[rare.indices] > limit] = 0
    rare.eliminate_zeros()
    rows, columns = [], []
    for row in range(rare.shape[0]):
        start, end = rare.indptr[row], rare.indptr[row + 1]
        rarest = np.argsort(-rare.data[start:end], kind="stable")[:_RAREST_PER_COMPLAINT]
        columns.append(rare.indices[start:end][rarest])
        rows.append(np.full(len(rarest), row))
    place = (np.concatenate(rows), np.concatenate(columns))
    marks = sparse.csr_matrix((np.ones(len(place[0]), np.float32), place), shape=rare.shape)
    return vectors, marks


def _days(complaints: pd.DataFrame) -> np.ndarray:
    """Return the time of each complaint in days, NaN where it is missing."""
    if "received_at" not in complaints:
        return np.zeros(len(complaints))
    since = complaints["received_at"] - pd.Timestamp("2000-01-01")
    return (since.dt.total_seconds() / 86400).to_numpy()


def _place_agreement(new: np.ndarray, old: np.ndarray, places: list[frozenset[str]]) -> np.ndarray:
    """Return the factor by which places change the similarity of each pair.

    The same words about two different roads are two matters; the same road said twice is a hint of one.
    """
    factors = np.ones(len(new))
    for position, (one, other) in enumerate(zip(new, old, strict=True)):
        here, there = places[one], places[other]
        if here and there:
            factors[position] = 1.25 if here & there else 0.5
    return factors
