"""What people decide about problems, recorded with what follows from it: one transaction, all of it or nothing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime

import pandas as pd

from analysis.config import Settings
from analysis.contracts import PROBLEM_COMPLAINTS, PROBLEMS
from analysis.errors import UsageError
from analysis.ingest.masking import load_masker
from analysis.ledger.placing import MOVES, follow_merges, merge_circle, move_events
from analysis.ledger.steps import Moment, Taken
from analysis.ledger.store import Store
from analysis.merged import final_homes
from analysis.pipeline.night import now, open_ledger
from analysis.site import SitePaths

_LONGEST_PERSON = 40
"""Longer than any name; more was pasted by mistake."""


@contextmanager
def existing_ledger(paths: SitePaths, *, is_rehearsal: bool = False) -> Iterator[Store]:
    """Open the site's ledger for writing, as `open_ledger` does.

    Args:
        paths: the site.
        is_rehearsal: what is written is taken back at the end: for dry runs, which say what would happen by doing it.

    Raises:
        UsageError: nothing was run yet.
    """
    if not paths.ledger.is_file():
        raise UsageError(f"没有找到 {paths.ledger}。请先执行 hotline run。")
    with open_ledger(paths) as store, store.rehearsal() if is_rehearsal else nullcontext():
        yield store


def moment_now(settings: Settings) -> Moment:
    """Return the present moment, outside of runs."""
    at = now(settings)
    return Moment("", at, at.date())


def named_person(person: str) -> str:
    """Return the name of who decides, without blanks around.

    Raises:
        UsageError: there is none, or it is no name.
    """
    name = " ".join(person.split())
    if not name or len(name) > _LONGEST_PERSON or not name.isprintable():
        raise UsageError(f"决定人的姓名应有 1 至 {_LONGEST_PERSON} 个字。请用 --person 写明。")
    return name


def masked_reason(reason: str, paths: SitePaths, settings: Settings) -> str:
    """Return a reason as one line, masked.

    Raises:
        UsageError: there is none, or it is too long.
    """
    words = " ".join(reason.split())
    longest = settings.review.longest_reason
    if not words or len(words) > longest:
        raise UsageError(f"理由应有 1 至 {longest} 个字。请用 --reason 写明。")
    return masked(words, paths)


def masked(words: str, paths: SitePaths) -> str:
    """Return words that somebody typed, masked."""
    return load_masker(paths.codebook).mask(words)


def record_steps(store: Store, taken: Taken, person: str, at: datetime) -> int:
    """Record steps; the complaints of merged problems go to those that stand for them, and come back if these part.

    Args:
        store: the open ledger.
        taken: the steps; none was refused.
        person: who decided.
        at: when.

    Returns:
        How many complaints moved with their problems.

    Raises:
        UsageError: problems would be merged into one another in a circle.
    """
    before = store.table(PROBLEMS)
    after = pd.concat([before[~before["problem_id"].isin(taken.problems["problem_id"])], taken.problems])
    if problem_id := merge_circle(after):
        raise UsageError(f"问题 {problem_id} 会转一圈并入自己。请改并入另一个问题。")
    moves = _following(store, before, after)
    with store.transaction():
        store.put_problems(taken.problems)
        store.append_events(taken.events)
        apply_moves(store, moves, person, "随问题的并入或恢复", at)
    store.keep_head()
    return moves["complaint_id"].nunique()


def _following(store: Store, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    was, is_now = final_homes(before), final_homes(after)
    if was == is_now:
        return pd.DataFrame(columns=MOVES, dtype=object)
    concerned = pd.DataFrame({"problem_id": sorted({*was, *was.values(), *is_now})}, dtype=object)
    links = store.apply("links_of_problems", {"wanted": concerned})
    free = pd.DataFrame({"problem_id": [p for p in was if p not in is_now]}, dtype=object)
    came = store.apply("members_ever", {"wanted": free})
    members = came.assign(complaint_id=[json.loads(p)["complaint_id"] for p in came["payload"]])
    return follow_merges(links, before, after, members, store.query("placements_in_force"))


def apply_moves(store: Store, moves: pd.DataFrame, person: str, reason: str, at: datetime) -> None:
    """Move links from problem to problem, inside the caller's transaction.

    Args:
        store: the open ledger.
        moves: columns of MOVES; problem_id is None for a complaint that is in no problem yet.
        person: who decided.
        reason: why (masked).
        at: when.
    """
    if moves.empty:
        return
    store.apply("delete_links", {"outdated": moves[PROBLEM_COMPLAINTS.column_names].astype(object)})
    store.append(PROBLEM_COMPLAINTS, moves.assign(problem_id=moves["to_id"]))
    store.append_events(move_events(moves, person, reason, at))
