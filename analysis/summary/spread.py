"""Where problems lie: units and categories, sub-problems, places."""

import numpy as np
import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.exchange.ledger_view import REACH, as_text, total_reach
from analysis.exchange.places import CoarsePlaces
from analysis.summary.cells import hide_small
from analysis.summary.reach import counted, on_grid
from analysis.summary.shares import TOTAL, wilson, without_small

UNNAMED = "未写明"
"""Stands for the place of complaints whose address names no road or subdistrict."""


def category_by_unit(problems: pd.DataFrame, links: pd.DataFrame, scheme: Scheme, smallest: int = 0) -> pd.DataFrame:
    """Return how much each unit has of each category, every unit with every category, the most complained of first.

    Args:
        problems: those that stand by themselves, and `links`: results of `problem_reach`.
        links: see above.
        scheme: the categories, in their order.
        smallest: see `hide_small`.

    Returns:
        unit_name, category_name (either TOTAL: each counted once), problem_count, complaint_count, complainant_count,
        matter_count, is_total, is_suppressed.
    """
    by = ["unit_name", "category_name"]
    doubled, owned = _with_totals(links, by), _with_totals(problems, by)
    sizes = counted(links, ["unit_name"]).set_index("unit_name")["complaint_count"]
    names = sorted(problems["unit_name"].unique(), key=lambda u: (-int(sizes.get(u, 0)), u))
    categories = [c.name for c in scheme.category]
    grid = pd.DataFrame(
        [(u, c) for u in (*names, TOTAL) for c in (*categories, TOTAL)] if names else [], columns=by
    ).astype(object)
    table = on_grid(counted(doubled, by), grid)
    sums = owned.groupby(by)["problem_id"].nunique().rename("problem_count").reset_index()
    table.insert(2, "problem_count", on_grid(sums, grid, ["problem_count"])["problem_count"])
    table["is_total"] = (table["unit_name"] == TOTAL) | (table["category_name"] == TOTAL)
    is_hidden = _hidden(table, len(categories) + 1, smallest)
    table = table.astype(dict.fromkeys(REACH, "Int64"))
    table.loc[is_hidden, REACH] = pd.NA
    return table.assign(is_suppressed=is_hidden)


def _hidden(table: pd.DataFrame, width: int, smallest: int) -> "pd.Series[bool]":
    """Return which cells are left out; the totals count each complaint once and are taken for sums all the same."""
    numbers = table[REACH].to_numpy(dtype=np.int64)
    is_small = ((numbers > 0) & (numbers < smallest)).any(axis=1)
    shape = (-1, width)
    hidden = hide_small(numbers[:, 0].reshape(shape), smallest, is_small.reshape(shape))
    return pd.Series(hidden.reshape(-1), index=table.index, dtype=bool)


def _with_totals(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    first, second = by
    rows = pd.concat([frame, frame.assign(**{first: TOTAL})], ignore_index=True)
    return pd.concat([rows, rows.assign(**{second: TOTAL})], ignore_index=True)


def sub_problem_shares(
    problems: pd.DataFrame, links: pd.DataFrame, scheme: Scheme, confidence: float, smallest: int = 0
) -> pd.DataFrame:
    """Return how often each sub-problem is complained of, every one of the scheme in its order, and all together.

    Returns:
        category_name, sub_problem_name (TOTAL: each complaint counted once), problem_count, complaint_count,
        complainant_count, matter_count, share (of all complaints in the ledger; they add up to more than 1, as a
        complaint can have several), low, high, is_total, is_suppressed.
    """
    by = ["category_name", "sub_problem_name"]
    names = [
        (c.name, s.name) for c in scheme.category for s in scheme.sub_problem if s.category_code == c.category_code
    ]
    grid = pd.DataFrame(names, columns=by).astype(object)
    table = on_grid(counted(links, by), grid)
    sums = problems.groupby(by)["problem_id"].nunique().rename("problem_count").reset_index()
    table.insert(2, "problem_count", on_grid(sums, grid, ["problem_count"])["problem_count"])
    total = {"category_name": TOTAL, "sub_problem_name": TOTAL, "problem_count": len(problems), **total_reach(links)}
    table = pd.concat([table, pd.DataFrame([total])], ignore_index=True)
    everything = pd.Series(total["complaint_count"], index=table.index)
    table = table.join(wilson(table["complaint_count"], everything, confidence))
    table["is_total"] = table["category_name"] == TOTAL
    return without_small(table, smallest, REACH, ["share", "low", "high"])


def place_ranking(links: pd.DataFrame, places: CoarsePlaces, smallest: int = 0) -> pd.DataFrame:
    """Return which roads and subdistricts the complaints in the ledger name, the most named first.

    A complaint that names several counts for each. After the places come those that name none, UNNAMED, if there are
    any, and TOTAL, each complaint counted once.

    Args:
        links: result of `problem_reach`.
        places: finds roads and subdistricts in addresses.
        smallest: see `without_small`.

    Returns:
        place, problem_count, complaint_count, complainant_count, matter_count, is_named, is_total, is_suppressed.
    """
    addresses = links.drop_duplicates("complaint_id")
    found = {
        str(complaint): places.find(as_text(district), as_text(place)) or (UNNAMED,)
        for complaint, place, district in addresses[["complaint_id", "place", "district"]].itertuples(index=False)
    }
    named = links.assign(place=links["complaint_id"].map(found)).explode("place")
    table = counted(named, ["place"])
    sums = named.groupby("place")["problem_id"].nunique()
    table.insert(1, "problem_count", table["place"].map(sums).astype("int64"))
    table["is_named"] = table["place"] != UNNAMED
    table = table.sort_values(
        ["is_named", "complainant_count", "complaint_count", "place"], ascending=[False, False, False, True]
    )
    total = {"place": TOTAL, "problem_count": links["problem_id"].nunique(), **total_reach(links), "is_named": False}
    table = pd.concat([table, pd.DataFrame([total])], ignore_index=True)
    table["is_total"] = table["place"] == TOTAL
    return without_small(table, smallest, REACH, ["problem_count"])
