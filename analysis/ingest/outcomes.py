"""Settles what becomes of each row of a file: new, updated, unchanged, duplicate or quarantined."""

from dataclasses import dataclass

import pandas as pd

from analysis.contracts import COMPLAINTS, INTAKE_ROWS
from analysis.ingest.reasons import quarantine_id

_PROVENANCE = ("complaint_id", "file_id", "sheet_name", "row_number", "run_id")
_CONTENT = [c for c in COMPLAINTS.column_names if c not in {*_PROVENANCE, "tokens"}]
"""What makes a version another one; the tokens only follow from title and text."""
_WORDS = ["title", "text"]
_STATEMENT = ["title", "text", "received_at"]


@dataclass(frozen=True)
class Settlement:
    """What a file brings.

    rows: columns of INTAKE_ROWS, one per data row that passed the contract (quarantined conflicts included).
    complaints: columns of COMPLAINTS, the accepted ones and the merged versions of the updated ones.
    updated_ids: those of `complaints` that replace a stored version.
    reworded_ids: those of `updated_ids` whose title or text changed, so that they must be judged again.
    conflicts: columns of QUARANTINE less status, resolved_file_id and run_id.
    """

    rows: pd.DataFrame
    complaints: pd.DataFrame
    updated_ids: pd.Series
    reworded_ids: pd.Series
    conflicts: pd.DataFrame


def settle(incoming: pd.DataFrame, stored: pd.DataFrame, file_name: str) -> Settlement:
    """Settle the rows of one file against each other and against what is stored.

    A row whose id stands twice in the file is a duplicate when it says the same, and is quarantined when it does
    not: nobody can tell which of the two is right. A later file may update a complaint; a column that it does
    not have (the time of receipt, say), or leaves empty, keeps the stored value and changes nothing.

    Args:
        incoming: masked complaints of the file, columns of COMPLAINTS.
        stored: stored complaints with the same ids, columns of COMPLAINTS.
        file_name: name of the file, for the quarantine entries.
    """
    incoming = incoming.reset_index(drop=True)
    is_repeat = incoming["complaint_id"].duplicated()
    first = incoming[~is_repeat].set_index("complaint_id")[_STATEMENT]
    first = first.loc[incoming["complaint_id"]].set_axis(incoming.index)
    is_conflict = is_repeat & ~_equal(incoming[_STATEMENT], first).all(axis=1)
    main = incoming[~is_repeat]
    old = main[["complaint_id"]].merge(stored, on="complaint_id", how="left").set_axis(main.index)
    is_known = main["complaint_id"].isin(stored["complaint_id"])
    changes = ~_equal(main[_CONTENT], old[_CONTENT]) & main[_CONTENT].notna()
    is_updated = is_known & changes.any(axis=1)
    is_reworded = is_updated & changes[_WORDS].any(axis=1)

    outcomes = pd.Series("duplicate", index=incoming.index)
    outcomes[is_conflict] = "quarantined"
    outcomes[main.index] = "accepted"
    outcomes[main.index[is_known]] = "unchanged"
    outcomes[main.index[is_updated]] = "updated"
    merged = main.copy()
    merged[_CONTENT] = main[_CONTENT].where(main[_CONTENT].notna(), old[_CONTENT])
    keeps_words = is_known & _equal(merged[_WORDS], old[_WORDS]).all(axis=1) & old["tokens"].notna()
    merged["tokens"] = main["tokens"].where(~keeps_words, old["tokens"])
    rows = incoming.assign(outcome=outcomes)
    rows.loc[is_conflict, "complaint_id"] = None
    return Settlement(
        rows=rows[INTAKE_ROWS.column_names],
        complaints=merged[~is_known | is_updated],
        updated_ids=main.loc[is_updated, "complaint_id"],
        reworded_ids=main.loc[is_reworded, "complaint_id"],
        conflicts=_conflicts(incoming[is_conflict], file_name),
    )


def keep_erased(incoming: pd.DataFrame, erased: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a file, with those of complaints whose text was erased saying no more than what is stored.

    Args:
        incoming: see `settle`.
        erased: stored complaints that were erased, columns of COMPLAINTS.
    """
    is_erased = incoming["complaint_id"].isin(erased["complaint_id"])
    if not is_erased.any():
        return incoming
    stored = (
        incoming.loc[is_erased, ["complaint_id"]].merge(erased, on="complaint_id").set_axis(incoming.index[is_erased])
    )
    kept = {c: incoming[c].astype(object).where(~is_erased, stored[c].astype(object)) for c in (*_CONTENT, "tokens")}
    return incoming.assign(**kept).astype(incoming.dtypes)


def _equal(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    return one.eq(other).astype("boolean").fillna(value=False).astype(bool) | (one.isna() & other.isna())


def _conflicts(rows: pd.DataFrame, file_name: str) -> pd.DataFrame:
    places = zip(rows["file_id"], rows["sheet_name"], rows["row_number"], strict=True)
    return pd.DataFrame(
        {
            "quarantine_id": [quarantine_id(*place, "native_id") for place in places],
            "file_id": rows["file_id"].to_list(),
            "file_name": file_name,
            "sheet_name": rows["sheet_name"].to_list(),
            "row_number": rows["row_number"].to_list(),
            "column_name": "native_id",
            "heading": None,
            "value_class": "编号重复",
            "reason_code": "conflicting_duplicate",
            "reason": "同一文件里编号相同而内容或时间不同，无法判断以哪一行为准。请核对编号后重新提交这一行。",
        }
    )
