"""How far reviewers agree who judged the same texts: raw agreement and Cohen's kappa, with bootstrap intervals."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.ledger.reviews import VERSION, in_order

RESAMPLES = 2000
"""Enough for two decimals of a 95 % interval."""
_SEED = 20261120
"""Any number: the same reviews always give the same interval."""
_PERCENTS = (2.5, 97.5)

_Matrix = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Estimate:
    """A kappa with its 95 % bootstrap interval; None where it is not defined, as both only ever said one thing."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class PairAgreement:
    """Two reviewers on the texts that both judged.

    Attributes:
        first: the one reviewer; second: the other, by the order of their names.
        text_count: texts that both judged.
        same_count: of these, how many both put in scope, or both left out.
        decision: kappa of the decision on scope.
        both_in_scope_count: texts that both put in scope; on these alone sub-problems are compared.
        same_codes_count: of these, how many got the same set of sub-problems.
        same_unit_count: of these, how many got the same kind of unit.
        sub_problems: mean of the kappas of the sub-problems that either chose.
    """

    first: str
    second: str
    text_count: int
    same_count: int
    decision: Estimate
    both_in_scope_count: int
    same_codes_count: int
    same_unit_count: int
    sub_problems: Estimate


def measure_agreement(reviews: pd.DataFrame) -> list[PairAgreement]:
    """Return the agreement of every two reviewers who judged a text in common, those with most texts first.

    Counted is what each said first about a version of a text: a later opinion, or a ruling, may have been given
    with the other's in view.

    Args:
        reviews: columns of REVIEWS.
    """
    independent = in_order(reviews[~reviews["is_final"].astype(bool)]).drop_duplicates([*VERSION, "reviewer"])
    by_reviewer = {str(name): rows.set_index(VERSION) for name, rows in independent.groupby("reviewer")}
    pairs = [_compare(a, b, by_reviewer) for a, b in combinations(sorted(by_reviewer), 2)]
    found = [pair for pair in pairs if pair.text_count]
    return sorted(found, key=lambda pair: -pair.text_count)


def _compare(first: str, second: str, by_reviewer: dict[str, pd.DataFrame]) -> PairAgreement:
    joined = by_reviewer[first].add_suffix("_a").join(by_reviewer[second].add_suffix("_b"), how="inner").sort_index()
    in_scope = np.column_stack([joined[f"decision_{x}"] == "in_scope" for x in "ab"]).astype(bool)
    both = joined[pd.Series(in_scope.all(axis=1), index=joined.index)]
    return PairAgreement(
        first=first,
        second=second,
        text_count=len(joined),
        same_count=int((in_scope[:, 0] == in_scope[:, 1]).sum()),
        decision=_estimate(in_scope[:, :1], in_scope[:, 1:]),
        both_in_scope_count=len(both),
        same_codes_count=int((both["codes_a"] == both["codes_b"]).sum()),
        same_unit_count=int((both["unit_kind_a"] == both["unit_kind_b"]).sum()),
        sub_problems=_estimate(*_chosen(both)),
    )


def _chosen(both: pd.DataFrame) -> Iterator[_Matrix]:
    """Yield for each of two reviewers which sub-problems (columns) were chosen for which texts (rows)."""
    sets = [[frozenset(codes.split(";")) for codes in both[f"codes_{x}"]] for x in "ab"]
    codes = sorted(set().union(*sets[0], *sets[1]))
    for chosen in sets:
        yield np.array([[code in said for code in codes] for said in chosen], dtype=bool).reshape(len(both), len(codes))


def _estimate(a: _Matrix, b: _Matrix) -> Estimate:
    """Return the mean kappa over the columns, with its interval over resampled rows."""
    value = _mean_kappa(a, b)
    if value is None:
        return Estimate(None, None, None)
    random = np.random.default_rng(_SEED)
    draws = random.integers(0, len(a), size=(RESAMPLES, len(a)))
    resampled = [kappa for kappa in (_mean_kappa(a[rows], b[rows]) for rows in draws) if kappa is not None]
    low, high = np.percentile(resampled, _PERCENTS)
    return Estimate(value, float(low), float(high))


def _mean_kappa(a: _Matrix, b: _Matrix) -> float | None:
    """Return the mean of Cohen's kappa over the columns in which it is defined; None where it is in none."""
    if not a.size:
        return None
    observed = (a == b).mean(axis=0)
    yes_a, yes_b = a.mean(axis=0), b.mean(axis=0)
    expected = yes_a * yes_b + (1 - yes_a) * (1 - yes_b)
    is_defined = expected < 1
    if not is_defined.any():
        return None
    kappas = (observed[is_defined] - expected[is_defined]) / (1 - expected[is_defined])
    return float(kappas.mean())
