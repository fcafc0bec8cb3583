"""Shares with their intervals, and small counts left out."""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd

TOTAL = "合计"
"""Stands in place of a name in rows that count everything once."""


def wilson(counts: pd.Series, totals: pd.Series, confidence: float) -> pd.DataFrame:
    """Return shares with Wilson's score interval (1927), indexed as given: share, low, high; missing where total is 0.

    It stays within 0 and 1 and holds for few and for rare, where the textbook's interval does not.
    """
    hits, total = (np.asarray(v.fillna(0), dtype=np.float64) for v in (counts, totals))
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = hits / total
        centre = (share + z**2 / (2 * total)) / (1 + z**2 / total)
        half = z / (1 + z**2 / total) * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    low, high = np.where(hits == 0, 0.0, centre - half), np.where(hits == total, 1.0, centre + half)
    values = np.where(total > 0, [share, low, high], np.nan)
    return pd.DataFrame(dict(zip(("share", "low", "high"), values, strict=True)), index=counts.index)


def without_small(
    frame: pd.DataFrame,
    smallest: int,
    counts: Sequence[str],
    derived: Sequence[str] = (),
    within: Sequence[str] = (),
    is_total: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the frame with small counts left out, in a column `is_suppressed` where.

    A row is left out if one of its counts lies from 1 to below `smallest`; a zero tells of nobody. Where a sum of rows
    is shown, a single row that is left out could be reckoned back: then the next smallest goes with it.

    Args:
        frame: one row a cell.
        smallest: the least count that is shown; 0 and 1 leave out nothing.
        counts: columns that are looked at, and left out.
        derived: columns that are left out with them.
        within: columns that name the groups whose sum is shown; none where no sum is.
        is_total: rows that hold such a sum.
    """
    columns = list(counts)
    whole = [c for c in derived if pd.api.types.is_integer_dtype(frame[c])]
    result = frame.astype(dict.fromkeys([*columns, *whole], "Int64"))
    numbers = result[columns].fillna(0)
    is_small = ((numbers > 0) & (numbers < smallest)).any(axis=1).astype(bool)
    if within and is_small.any():
        totals = pd.Series(data=False, index=frame.index) if is_total is None else is_total
        numbering = frame.groupby(list(within), dropna=False).ngroup()
        for group in numbering.unique():
            own = [i for i in frame.index[numbering == group] if not totals[i] and numbers.loc[i].max() > 0]
            rest = [i for i in own if not is_small[i]]
            if len(own) - len(rest) == 1 and rest:
                is_small[min(rest, key=lambda i: numbers.loc[i].max())] = True
    for name in (*columns, *derived):
        result[name] = result[name].mask(is_small)
    return result.assign(is_suppressed=is_small.to_numpy())
