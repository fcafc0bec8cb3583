"""Where people put complaints: their decisions hold through every later judgement while the complaint is in scope."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from analysis.contracts import EVENTS, PROBLEM_COMPLAINTS, empty_frame
from analysis.ledger.chain import event_record
from analysis.merged import final_homes, merged_into

MOVES = [*PROBLEM_COMPLAINTS.column_names, "to_id"]
"""Columns of a frame of moves: a link, and the problem that it goes to."""


@dataclass(frozen=True)
class ByHand:
    """What people decided about the complaints that are in scope, and where these stand.

    Attributes:
        placements: the decisions in force, columns of `sql/placements_in_force.sql`.
        links: all links of the complaints with such decisions, columns of `sql/links_of_placed.sql`.
    """

    placements: pd.DataFrame
    links: pd.DataFrame


NOBODY = ByHand(
    pd.DataFrame(columns=["complaint_id", "sub_problem_code", "problem_id", "judged_run_id"], dtype=object),
    pd.DataFrame(columns=[*PROBLEM_COMPLAINTS.column_names, "is_current"], dtype=object),
)


def place_by_hand(
    unlinked: pd.DataFrame, by_hand: ByHand, final_home: Mapping[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the judgements that are left to the rules, and the links that people's decisions make of the others.

    A decision speaks of one judgement of a complaint. Where later judgements no longer hold that one, it speaks of the
    one that holds its place in the problem already, else of the best that is new; where there is none of these, the
    complaint stays in the problem all the same.

    Args:
        unlinked: judgements that no problem holds yet: complaint_id, sub_problem_code, judged_run_id, score.
        by_hand: the decisions in force and the complaints' links.
        final_home: of each problem that was merged, the one that now stands for it.

    Returns:
        The rest of `unlinked`, and links as columns of PROBLEM_COMPLAINTS.
    """
    if by_hand.placements.empty:
        return unlinked, empty_frame(PROBLEM_COMPLAINTS)
    taken: list[object] = []
    made: list[dict[str, str]] = []
    known = {str(key): own for key, own in by_hand.links.groupby("complaint_id")}
    concerned = unlinked[unlinked["complaint_id"].isin(by_hand.placements["complaint_id"])]
    found = {str(key): own for key, own in concerned.groupby("complaint_id")}
    for complaint_id, placements in by_hand.placements.groupby("complaint_id"):
        links = known.get(str(complaint_id), by_hand.links.iloc[:0])
        judged = found.get(str(complaint_id), unlinked.iloc[:0])
        rows, own = _place_one(placements, judged, links, final_home)
        taken += rows
        made += own
    return unlinked.drop(index=taken), pd.DataFrame(made, columns=PROBLEM_COMPLAINTS.column_names, dtype=object)


def _place_one(
    placements: pd.DataFrame, judged: pd.DataFrame, links: pd.DataFrame, final_home: Mapping[str, str]
) -> tuple[list[object], list[dict[str, str]]]:
    """Return which judgements of one complaint its placements take up, and the links that they make."""
    rows = {str(code): index for index, code in judged.sort_values("score")["sub_problem_code"].items()}
    placed, linked = set(placements["sub_problem_code"]), set(links["sub_problem_code"])
    taken: list[object] = []
    made: list[dict[str, str]] = []
    for row in placements.sort_values("sub_problem_code").to_dict("records"):
        home = str(final_home.get(row["problem_id"], row["problem_id"]))
        here = links[links["problem_id"] == home]
        code = str(row["sub_problem_code"])
        if code not in rows:
            held = [c for c in here["sub_problem_code"] if c in rows and c not in placed]
            new = [c for c in reversed(rows) if c not in placed | linked]
            is_there = here["is_current"].any() or any(own["problem_id"] == home for own in made)
            if is_there and not held:
                continue
            code = next(iter([*held, *new]), code)
        if code in rows:
            taken.append(rows.pop(code))
        run_id = str(row["judged_run_id"])
        made.append(
            dict(zip(PROBLEM_COMPLAINTS.column_names, (home, str(row["complaint_id"]), code, run_id), strict=True))
        )
    return taken, made


def placement_events(placements: pd.DataFrame) -> pd.DataFrame:
    """Return one event per decision about a complaint: what the chain knows of the table of decisions.

    Args:
        placements: new decisions, columns of PLACEMENTS.
    """
    told = ["complaint_id", "sub_problem_code", "reason"]
    events = [
        event_record(
            problem_id=str(row["problem_id"]),
            kind="complaint_placed",
            subject=f"{row['complaint_id']}|{row['sub_problem_code']}|{row['decided_at'].isoformat()}",
            payload={name: row[name] for name in told},
            actor=str(row["person"]),
            at=row["decided_at"],
            run_id="",
        )
        for row in placements.to_dict("records")
    ]
    return pd.DataFrame(events)


def move_events(moves: pd.DataFrame, person: str, reason: str, at: datetime) -> pd.DataFrame:
    """Return the events by which complaints leave one problem for another because somebody decided so.

    Args:
        moves: columns of MOVES; problem_id is missing for complaints that are in no problem yet.
        person: who decided.
        reason: why (masked).
        at: when it was decided.
    """
    events = []
    for row in moves.drop_duplicates(["problem_id", "complaint_id", "to_id"]).to_dict("records"):
        complaint_id, from_id, to_id = str(row["complaint_id"]), row["problem_id"], str(row["to_id"])
        told = {"complaint_id": complaint_id, "reason": reason}
        steps = [(to_id, "complaint_added", told | ({"from": from_id} if from_id else {}))]
        if from_id:
            steps.insert(0, (str(from_id), "complaint_withdrawn", told | {"to": to_id}))
        events += [
            event_record(
                problem_id=problem_id,
                kind=kind,
                subject=f"{complaint_id}|{at.isoformat()}",
                payload=payload,
                actor=person,
                at=at,
                run_id="",
            )
            for problem_id, kind, payload in steps
        ]
    return pd.DataFrame(events) if events else empty_frame(EVENTS)


def follow_merges(
    links: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame, members: pd.DataFrame, placements: pd.DataFrame
) -> pd.DataFrame:
    """Return which links move because problems were merged, or are no longer.

    Args:
        links: all links of the problems concerned and of those that stand for them, columns of PROBLEM_COMPLAINTS.
        before: all problems as they were, columns of PROBLEMS.
        after: all problems as they are now.
        members: problem_id and complaint_id of every complaint that ever was in a problem that is no longer merged.
        placements: the decisions in force; a complaint that was put where it is stays there.

    Returns:
        Columns of MOVES.
    """
    was, is_now = final_homes(before), final_homes(after)
    left = links["problem_id"].map(is_now)
    gone = links[left.notna()].assign(to_id=left[left.notna()])
    free = [problem_id for problem_id in was if problem_id not in is_now]
    once = members[members["problem_id"].isin(free)].rename(columns={"problem_id": "to_id"})
    once = once.drop_duplicates("complaint_id").assign(problem_id=once["to_id"].map(was))
    back = links.merge(once, on=["problem_id", "complaint_id"])
    fixed = pd.MultiIndex.from_frame(placements[["problem_id", "complaint_id"]])
    back = back[~pd.MultiIndex.from_frame(back[["problem_id", "complaint_id"]]).isin(fixed)]
    # What comes back does not also follow where it was: that one may have been merged by the same file.
    moves = pd.concat([back, gone])[MOVES].drop_duplicates(PROBLEM_COMPLAINTS.column_names)
    return moves[moves["problem_id"] != moves["to_id"]].reset_index(drop=True)


def merge_circle(problems: pd.DataFrame) -> str:
    """Return a problem that, by way of others, was merged into itself; "" where there is none."""
    targets = merged_into(problems)
    for start in targets:
        here, seen = start, set[str]()
        while here in targets:
            if here in seen:
                return start
            seen.add(here)
            here = targets[here]
    return ""
