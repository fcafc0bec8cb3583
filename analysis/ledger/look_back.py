"""The look-back: a seeded sample of closed problems bounds how many of all of them no longer hold.

The sample is systematic over the problems in the order of their strata (unit, category, quarter of closing): each has
the same chance, and each stratum gets its share to within one. Within a stratum the order is by lot. The seed alone
decides the lots and the start, so that the same seed on the same ledger draws the same problems, whoever draws.
"""

import hashlib
from collections.abc import Mapping
from math import comb

import pandas as pd

from analysis.contracts import LOOK_BACK_SAMPLES, PROBLEMS

STRATUM = ["unit_id", "category_code", "quarter"]


def draw(closed: pd.DataFrame, size: int, seed: str) -> pd.DataFrame:
    """Return the problems to look back at.

    Args:
        closed: all problems in question: problem_id, unit_id, category_code, closed_on.
        size: how many; all where there are no more.
        seed: any text; it is kept with the sample.

    Returns:
        problem_id and stratum (unit, category and quarter of closing, joined by «|»), in the order of the strata.
    """
    quarters = pd.to_datetime(closed["closed_on"]).dt.to_period("Q").astype(str)
    lots = [_lot(seed, problem_id) for problem_id in closed["problem_id"]]
    ordered = closed.assign(quarter=quarters, lot=lots).sort_values([*STRATUM, "lot", "problem_id"])
    count = len(ordered)
    if size >= count:
        chosen = list(range(count))
    else:
        start = _lot(seed, "")
        chosen = [int((start + n) * count / size) for n in range(size)]
    drawn = ordered.iloc[chosen]
    strata = drawn[STRATUM].astype(str).agg("|".join, axis="columns")
    return pd.DataFrame({"problem_id": drawn["problem_id"], "stratum": strata}).reset_index(drop=True)


def _lot(seed: str, problem_id: str) -> float:
    digest = hashlib.sha256(f"{seed}|{problem_id}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def failing_at_most(failed: int, looked_at: int, population: int, confidence: float) -> int:
    """Return the exact upper bound of how many of a population fail, given a random sample of it (hypergeometric).

    >>> failing_at_most(0, 10, 10, 0.95), failing_at_most(0, 0, 10, 0.95), failing_at_most(0, 20, 100, 0.95)
    (0, 10, 12)
    """
    samples = comb(population, looked_at)

    def chance_of_so_few(failing: int) -> float:
        sound = population - failing
        return sum(comb(failing, i) * comb(sound, looked_at - i) for i in range(failed + 1)) / samples

    possible = range(failed, population - (looked_at - failed) + 1)
    return max(failing for failing in possible if chance_of_so_few(failing) > 1 - confidence)


def look_back_figures(tables: Mapping[str, pd.DataFrame], confidence: float) -> pd.DataFrame:
    """Return what each sample says so far, the newest first.

    A problem that was drawn counts as looked at once its look-back is recorded, or once it has relapsed by a new
    complaint since, which is a failure found in another way.

    Returns:
        sample_id, drawn_on, seed, population_count, sample_count, looked_at_count, failed_count, failing_at_most_count,
        confidence.
    """
    samples, problems = tables[LOOK_BACK_SAMPLES.name], tables[PROBLEMS.name]
    wanted = ["problem_id", "look_back", "looked_back_on", "relapse_count"]
    found = samples.drop(columns="relapse_count").merge(problems[wanted], on="problem_id", how="left")
    has_relapsed = found["relapse_count"].to_numpy() > samples["relapse_count"].to_numpy()
    is_seen = pd.to_datetime(found["looked_back_on"]) >= pd.to_datetime(found["drawn_on"])
    found = found.assign(is_failed=has_relapsed, is_looked_at=is_seen.fillna(value=False).to_numpy() | has_relapsed)
    rows = []
    for sample_id, own in found.groupby("sample_id", sort=False):
        looked, failed = int(own["is_looked_at"].sum()), int(own["is_failed"].sum())
        first, population = own.iloc[0], int(own["population_count"].iloc[0])
        bound = failing_at_most(failed, looked, population, confidence)
        told = (sample_id, first["drawn_on"], first["seed"], population, len(own), looked, failed, bound, confidence)
        rows.append(told)
    columns = [
        "sample_id", "drawn_on", "seed", "population_count", "sample_count", "looked_at_count", "failed_count",
        "failing_at_most_count", "confidence",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).sort_values("sample_id", ascending=False, ignore_index=True)
