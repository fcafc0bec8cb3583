"""What people decided about which complaints are one matter: it holds through every later grouping."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from analysis.contracts import COMPLAINT_MATTERS, MATTER_RULINGS
from analysis.errors import UsageError
from analysis.ledger.chain import event_record

BY_HAND = 1.0
"""The similarity of complaints that somebody said to be one matter."""


@dataclass(frozen=True)
class Ruling:
    """Rows to be added: the rulings, which matter each complaint is in now, and the complaints that found one."""

    rulings: pd.DataFrame
    members: pd.DataFrame
    founders: pd.DataFrame

    def events(self, at: datetime) -> pd.DataFrame:
        """Return one event per ruling."""
        told = ["complaint_id", "other_complaint_id", "ruling", "matter_id", "reason"]
        return pd.DataFrame(
            [
                event_record(
                    problem_id="",
                    kind="matter_ruled",
                    subject=f"{row['complaint_id']}|{row['other_complaint_id']}|{at.isoformat()}",
                    payload={name: row[name] for name in told},
                    actor=str(row["person"]),
                    at=at,
                    run_id="",
                )
                for row in self.rulings.to_dict("records")
            ]
        )


def rule_same(
    complaint_ids: Sequence[str], members: pd.DataFrame, parted: pd.DataFrame, person: str, reason: str, at: datetime
) -> Ruling:
    """Put complaints, and all that are of the same matters, into the earliest of their matters.

    Args:
        complaint_ids: those that are said to be one matter.
        members: all complaints of their matters, earliest first, columns of `sql/matter_members.sql`.
        parted: pairs of complaints that are never together, columns of `sql/parted_complaints.sql`.
        person: who says so.
        reason: why (masked).
        at: when.

    Raises:
        UsageError: two of the complaints that would come together were said to be different matters.
    """
    home, first = str(members["matter_id"].iloc[0]), str(members["complaint_id"].iloc[0])
    together, named = set(members["complaint_id"]), set(complaint_ids)
    is_moving = (members["matter_id"] != home) | members["complaint_id"].isin(named)
    pairs = {(str(c), first) for c in members.loc[is_moving, "complaint_id"] if c != first}
    for one, other in parted[["complaint_id", "other_complaint_id"]].itertuples(index=False, name=None):
        if {one, other} <= named:
            pairs |= {(one, other)} if (other, one) not in pairs else set()
        elif {one, other} <= together:
            raise UsageError(f"诉求 {one} 与 {other} 已经裁定为不同事项，不能归到一起。请先对这两件裁定为同一事项。")
    rows = [(one, other, "same", home) for one, other in sorted(pairs)]
    return _ruling(rows, person, reason, at)


def rule_different(one: str, other: str, members: pd.DataFrame, person: str, reason: str, at: datetime) -> Ruling:
    """Part two complaints for ever; of one matter, the one that did not found it leaves, else the later one.

    Arguments are those of `rule_same`.
    """
    matters = members.set_index("complaint_id")["matter_id"].to_dict()
    if matters[one] == matters[other]:
        order = [str(c) for c in members["complaint_id"] if c in (one, other)]
        leaver = order[0] if matters[one] == _own_matter(order[1]) else order[1]
        matters[leaver] = _own_matter(leaver)
    rows = [(one, other, "different", str(matters[one])), (other, one, "different", str(matters[other]))]
    return _ruling(rows, person, reason, at)


def _ruling(rows: Sequence[tuple[str, str, str, str]], person: str, reason: str, at: datetime) -> Ruling:
    rulings = pd.DataFrame(
        [(*row, person, reason, at) for row in rows], columns=MATTER_RULINGS.column_names, dtype=object
    )
    members = held_members(rulings)
    founders = members[members["matched_complaint_id"].isna()]
    return Ruling(rulings, members.assign(run_id=""), founders.assign(run_id=""))


def held_members(held: pd.DataFrame) -> pd.DataFrame:
    """Return where rulings put complaints: columns of COMPLAINT_MATTERS less run_id.

    Args:
        held: complaint_id, other_complaint_id and matter_id of each ruling in force.
    """
    founds = held["matter_id"] == held["complaint_id"].map(_own_matter)
    members = held.assign(
        matched_complaint_id=held["other_complaint_id"].where(~founds, None),
        similarity=pd.Series(BY_HAND, index=held.index).where(~founds),
    )
    return members[[c for c in COMPLAINT_MATTERS.column_names if c != "run_id"]]


def _own_matter(complaint_id: str) -> str:
    return f"M-{complaint_id}"
