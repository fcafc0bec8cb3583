"""How much few people and few matters weigh: complaints by how often the same person or matter came."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.exchange.ledger_view import REACH, total_reach
from analysis.summary.shares import without_small

KEYS = {"反映人": "person_key", "事项": "matter_id"}
"""Whose repeats are counted, and the column that tells them apart."""


def repeat_concentration(links: pd.DataFrame, edges: Sequence[int], smallest: int = 0) -> pd.DataFrame:
    """Return the complaints in the ledger by how often the same person complained, and the same matter was told.

    Args:
        links: result of `problem_reach`.
        edges: how often at least, the first being 1: (1, 2, 3, 5) means once, twice, 3–4, 5 and more.
        smallest: see `without_small`.

    Returns:
        by (a key of KEYS), times, complaint_count, complainant_count, matter_count, unit_share (of all persons or
        matters, those that came so often or oftener), complaint_share (of all complaints, theirs), is_suppressed; the
        most frequent first, so that the shares are points of the curve of concentration.
    """
    rows = links.drop_duplicates("complaint_id")
    tables = [_of_one(rows, by, key, edges) for by, key in KEYS.items()]
    return without_small(
        pd.concat(tables, ignore_index=True), smallest, REACH, ["unit_share", "complaint_share"], ["by"]
    )


def _of_one(rows: pd.DataFrame, by: str, key: str, edges: Sequence[int]) -> pd.DataFrame:
    often = rows.groupby(key)["complaint_id"].transform("nunique").to_numpy(dtype=np.int64)
    place = np.searchsorted(np.asarray(edges), often, side="right") - 1
    found = []
    for position in reversed(range(len(edges))):
        own, so_often = rows[place == position], rows[place >= position]
        shares = (so_often[c].nunique() / max(rows[c].nunique(), 1) for c in (key, "complaint_id"))
        found.append((by, _times(edges, position), *total_reach(own).values(), *shares))
    return pd.DataFrame(found, columns=["by", "times", *REACH, "unit_share", "complaint_share"])


def _times(edges: Sequence[int], position: int) -> str:
    first = edges[position]
    if position == len(edges) - 1:
        return f"{first} 次以上"
    last = edges[position + 1] - 1
    return f"{first} 次" if first == last else f"{first}–{last} 次"
