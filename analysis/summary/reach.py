"""The three counts of everything: complaints, complainants, matters; and the complaints that problems rest on."""

from collections.abc import Sequence

import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.codebook.units import UnitRegister
from analysis.contracts import PENDING_UNIT
from analysis.errors import IntegrityError
from analysis.exchange.ledger_view import REACH, as_text, count_reach

MERGED = "merged"
"""Status of problems that others stand for; they are not counted by themselves."""


def complaint_reach(complaints: pd.DataFrame, complaint_matters: pd.DataFrame) -> pd.DataFrame:
    """Return one row per complaint: complaint_id, person_key, matter_id, received_at, place, district."""
    return _linked(complaints[["complaint_id"]].assign(problem_id=None), complaints, complaint_matters)


def problem_reach(
    problems: pd.DataFrame,
    problem_complaints: pd.DataFrame,
    complaints: pd.DataFrame,
    complaint_matters: pd.DataFrame,
    scheme: Scheme,
    units: UnitRegister,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the problems that stand by themselves with their names, and what they rest on.

    Returns:
        problems: the contract's columns, and category_code, category_name, sub_problem_name, unit_name. Links: one row
        per problem and complaint: these four, problem_id, complaint_id, person_key, matter_id, received_at, place,
        district, sub_problem_code (the problem's).

    Raises:
        IntegrityError: a problem refers to a complaint that is not there.
    """
    names = {u.unit_id: u.short_name for u in units.unit}
    standing = problems[problems["status"] != MERGED]
    known = [scheme.category_of(code) for code in standing["sub_problem_code"]]
    named = standing.assign(
        category_code=[c.category_code for c in known],
        category_name=[c.name for c in known],
        sub_problem_name=[scheme.sub_problems[code].name for code in standing["sub_problem_code"]],
        unit_name=[
            names.get(as_text(unit), f"{PENDING_UNIT}（{kind}）")
            for unit, kind in zip(standing["unit_id"], standing["unit_kind"], strict=True)
        ],
    )
    links = _linked(problem_complaints[["problem_id", "complaint_id"]].drop_duplicates(), complaints, complaint_matters)
    wanted = ["problem_id", "sub_problem_code", "category_code", "category_name", "sub_problem_name", "unit_name"]
    return named, links.merge(named[wanted], on="problem_id")


def _linked(links: pd.DataFrame, complaints: pd.DataFrame, complaint_matters: pd.DataFrame) -> pd.DataFrame:
    """Return links of problems and complaints with person_key, matter_id, received_at, place and district.

    Who cannot be told apart counts as a person each, what has no matter yet as one each.
    """
    wanted = ["complaint_id", "complainant_key", "received_at", "place", "district"]
    found: pd.DataFrame = links.merge(complaints[wanted], on="complaint_id", how="left", indicator="found")
    lost = found.loc[found["found"] != "both", "problem_id"]
    if len(lost):
        raise IntegrityError(f"问题 {lost.iloc[0]} 等的 {len(lost)} 件诉求不在诉求表里。请用 hotline verify 核对台账。")
    found = found.merge(complaint_matters[["complaint_id", "matter_id"]], on="complaint_id", how="left")
    found = found.assign(
        person_key=found["complainant_key"].fillna(found["complaint_id"]),
        matter_id=found["matter_id"].fillna(found["complaint_id"]),
    )
    return found.drop(columns=["found", "complainant_key"])


def counted(links: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return distinct complaints, complainants and matters per group as columns beside those of `by`."""
    if links.empty:
        return pd.DataFrame({c: pd.Series(dtype=object) for c in by} | {c: pd.Series(dtype="int64") for c in REACH})
    return count_reach(links, list(by)).reset_index()


def on_grid(counts: pd.DataFrame, grid: pd.DataFrame, columns: Sequence[str] = REACH) -> pd.DataFrame:
    """Return the rows of the grid, in its order, with their counts; 0 where there are none."""
    by = list(grid.columns)
    found = grid.merge(counts[[*by, *columns]].astype(dict.fromkeys(by, object)), on=by, how="left")
    return found.assign(**{c: found[c].astype("float64").fillna(0).astype("int64") for c in columns})
