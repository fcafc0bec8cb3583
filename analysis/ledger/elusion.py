"""The elusion test: a monthly random sample of what was judged out of scope bounds how much was missed.

Each complaint has a lot, a number between 0 and 1 that depends on site, month and complaint only and is as good as
random. Those of the month's population whose lot is below the rate are drawn; the rate is the size asked for over the
population, that of the month so far or of the month before, whichever is larger. So the sample grows with the month
and ends near its size; whether a complaint is drawn depends on nothing that it says, and nothing has to be drawn anew.
Where a month grows beyond the one before, the rate falls. What was drawn at a higher rate stays in the queue, but
only lots below the present rate count for the bound: they are a random sample of the whole month, early or late.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date

import pandas as pd
from scipy.special import betaincinv

from analysis.config import Elusion
from analysis.contracts import ELUSION_SAMPLES, GATE_DECISIONS, REVIEWS, RUNS
from analysis.ledger.reviews import VERSION, verdicts

_LOT_BITS = 64

Tables = Mapping[str, pd.DataFrame]


def month_of(day: date) -> str:
    """Return the calendar month of a day, as in 2026-11."""
    return f"{day:%Y-%m}"


def lots(complaint_ids: Iterable[str], month: str, site_code: str) -> list[float]:
    """Return the lot of each complaint: uniform in [0, 1), the same whenever it is asked for."""
    digests = (hashlib.sha256(f"{site_code}|{month}|{i}".encode()).digest() for i in complaint_ids)
    return [int.from_bytes(digest[: _LOT_BITS // 8]) / 2**_LOT_BITS for digest in digests]


def upper_bound(missed: int, reviewed: int, confidence: float) -> float:
    """Return the exact one-sided upper bound (Clopper–Pearson) of the share missed.

    Exact for draws with replacement; without, as here, it errs on the safe side.

    >>> round(upper_bound(0, 60, 0.95), 3)
    0.049
    """
    return 1.0 if missed >= reviewed else float(betaincinv(missed + 1, reviewed - missed, confidence))


def draw(tables: Tables, month: str, site_code: str, rules: Elusion) -> pd.DataFrame:
    """Return the complaints to draw now: those of the sample that were not drawn before.

    Args:
        tables: runs, gate_decisions, elusion_samples and reviews by name, columns of the contracts.
        month: the month whose sample is drawn.
        site_code: part of the seed.
        rules: the settings [elusion].

    Returns:
        month, complaint_id, lot and population_count.
    """
    samples = tables[ELUSION_SAMPLES.name]
    drawn = samples.loc[samples["month"] == month, "complaint_id"]
    judged = population(tables, month)
    lot = pd.Series(lots(judged, month, site_code), index=judged.index, dtype=float)
    is_new = (lot < _rate(tables, month, rules)) & ~judged.isin(drawn)
    return pd.DataFrame(
        {
            "month": month,
            "complaint_id": judged[is_new].to_numpy(),
            "lot": lot[is_new].to_numpy(),
            "population_count": _population_count(tables, month),
        }
    )


def population(tables: Tables, month: str) -> "pd.Series[str]":
    """Return the ids of complaints that the model judged out of scope in a run of the month and nobody reviewed."""
    judged = _judged_out(tables)
    return judged.loc[judged["month"] == month, "complaint_id"]


def _judged_out(tables: Tables) -> pd.DataFrame:
    """Return month and complaint_id of what the model judged out of scope and nobody reviewed."""
    runs, gate = tables[RUNS.name], tables[GATE_DECISIONS.name]
    months = pd.Series(pd.to_datetime(runs["as_of_date"]).dt.strftime("%Y-%m").to_numpy(), index=runs["run_id"])
    judged = gate[(gate["decision"] == "out_of_scope") & (gate["decided_by"] == "model")]
    return judged[["complaint_id"]].assign(month=judged["run_id"].map(months))


def first_day_of_samples(samples: pd.DataFrame, as_of: date, told_months: int) -> date:
    """Return from which day on judgements count for this month's draw and for the figures of the last months.

    Args:
        samples: columns of ELUSION_SAMPLES.
        as_of: a day of this month.
        told_months: of how many months with samples the figures are told.
    """
    months = sorted({month_of(as_of), *samples["month"]}, reverse=True)
    earliest = pd.Period(months[:told_months][-1], "M") - 1
    return earliest.start_time.date()


def _population_count(tables: Tables, month: str) -> int:
    """Return how many the model judged out of scope in the month: a drawn complaint still counts once reviewed."""
    samples = tables[ELUSION_SAMPLES.name]
    of_month = samples[samples["month"] == month]
    reviewed = of_month.merge(tables[REVIEWS.name][VERSION].drop_duplicates(), on=VERSION)["complaint_id"]
    return len(set(population(tables, month)) | set(reviewed))


def _rate(tables: Tables, month: str, rules: Elusion) -> float:
    before = str(pd.Period(month, "M") - 1)
    most = max(_population_count(tables, month), _population_count(tables, before))
    return min(1.0, rules.sample_size / most) if most else 1.0


def samples_state(tables: Tables) -> pd.DataFrame:
    """Return ELUSION_SAMPLES with `state` of each: reviewed, missed, waiting, or lapsed (judged anew since)."""
    samples = tables[ELUSION_SAMPLES.name]
    found = samples.merge(verdicts(tables[REVIEWS.name])[[*VERSION, "decision", "is_conflict"]], on=VERSION, how="left")
    keys = ["month", "complaint_id"]
    judged = _judged_out(tables)
    waiting = judged.loc[judged["complaint_id"].isin(samples["complaint_id"]), keys]
    is_waiting = pd.MultiIndex.from_frame(found[keys]).isin(pd.MultiIndex.from_frame(waiting))
    state = pd.Series("lapsed", index=found.index)
    state[is_waiting | found["is_conflict"].notna()] = "waiting"
    state[found["decision"] == "out_of_scope"] = "reviewed"
    state[found["decision"] == "in_scope"] = "missed"
    return samples.assign(state=state.to_numpy())


def elusion_figures(tables: Tables, rules: Elusion) -> pd.DataFrame:
    """Return what the samples of the last `told_months` months say, one row per month, the newest first.

    Returns:
        month, population_count, sample_count (drawn below the present rate, and not judged anew since),
        reviewed_count, missed_count, missed_at_most_share (1 before anything was reviewed).
    """
    state = samples_state(tables)
    rows = []
    for month in sorted(state["month"].unique(), reverse=True)[: rules.told_months]:
        counted = state[(state["month"] == month) & (state["state"] != "lapsed")]
        counted = counted[counted["lot"] < _rate(tables, month, rules)]
        missed = int((counted["state"] == "missed").sum())
        reviewed = missed + int((counted["state"] == "reviewed").sum())
        bound = upper_bound(missed, reviewed, rules.confidence)
        rows.append((month, _population_count(tables, month), len(counted), reviewed, missed, bound))
    columns = ["month", "population_count", "sample_count", "reviewed_count", "missed_count", "missed_at_most_share"]
    return pd.DataFrame(rows, columns=columns)
