"""The tables of a ledger narrowed to the problems of some units and sub-problems, and to what these rest on."""

from collections.abc import Collection, Mapping

import pandas as pd

from analysis.contracts import COMPLAINT_MATTERS, COMPLAINTS, EVENTS, GATE_DECISIONS, PROBLEM_COMPLAINTS, PROBLEMS

_OF_COMPLAINTS = (COMPLAINTS, GATE_DECISIONS, COMPLAINT_MATTERS)
_OF_PROBLEMS = (PROBLEMS, PROBLEM_COMPLAINTS, EVENTS)


def problems_in(
    problems: pd.DataFrame,
    unit_ids: Collection[str] = (),
    unit_kind: str | None = None,
    codes: Collection[str] | None = None,
) -> "pd.Series[bool]":
    """Return which problems are of the units or of the kind of unit, all where neither is given, and of the codes."""
    is_wanted = pd.Series(True, index=problems.index)  # noqa: FBT003 - a value, not a switch
    if unit_ids or unit_kind is not None:
        is_wanted &= problems["unit_id"].isin(list(unit_ids)) | (problems["unit_kind"] == unit_kind)
    if codes is not None:
        is_wanted &= problems["sub_problem_code"].isin(list(codes))
    return is_wanted


def narrowed(tables: Mapping[str, pd.DataFrame], problem_ids: Collection[str]) -> dict[str, pd.DataFrame]:
    """Return the tables with only these problems, their events, and the complaints that they rest on."""
    found = dict(tables)
    for table in _OF_PROBLEMS:
        rows = tables[table.name]
        found[table.name] = rows[rows["problem_id"].isin(list(problem_ids))].reset_index(drop=True)
    complaint_ids = found[PROBLEM_COMPLAINTS.name]["complaint_id"].unique()
    for table in _OF_COMPLAINTS:
        rows = tables[table.name]
        found[table.name] = rows[rows["complaint_id"].isin(complaint_ids)].reset_index(drop=True)
    return found
