"""The hash chain over events: what was written can be neither changed nor dropped unnoticed."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from analysis.errors import IntegrityError

SYSTEM = "系统"
"""Who acts where no person does."""

_HASHED = ("sequence", "event_id", "problem_id", "kind", "occurred_at", "actor", "payload", "run_id")


@dataclass(frozen=True)
class Head:
    """The last event of the chain; sequence 0 and an empty hash before the first."""

    sequence: int = 0
    hash: str = ""

    def write(self, path: Path) -> None:
        """Keep the head in a file outside the database, replaced in one step."""
        temporary = path.with_suffix(".tmp")
        with temporary.open("w", encoding="utf-8") as file:
            file.write(json.dumps({"sequence": self.sequence, "hash": self.hash}))
            file.flush()
            # Renamed before its bytes are on disk, it could be empty after a power cut.
            os.fsync(file.fileno())
        temporary.replace(path)

    @classmethod
    def read(cls, path: Path) -> "Head":
        """Read the head kept at `path`; a missing file is the head of an empty chain.

        Raises:
            IntegrityError: the file is not what `write` wrote.
        """
        if not path.exists():
            return cls()
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return cls(int(content["sequence"]), str(content["hash"]))
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityError(f"事件链首文件 {path} 已损坏。请从备份恢复该文件后重试。") from error


def event_id(problem_id: str, kind: str, subject: str) -> str:
    """Return the idempotency key of an event: the same fact gets the same id however often it is found."""
    return hashlib.sha256(f"{problem_id}|{kind}|{subject}".encode()).hexdigest()[:24]


def event_record(
    *, problem_id: str, kind: str, subject: str, payload: Mapping[str, object], actor: str, at: datetime, run_id: str
) -> dict[str, object]:
    """Return an event as a row of EVENTS, still without its place in the chain.

    Args:
        problem_id: the problem; empty for what concerns no single one.
        kind: a key of EVENT_KINDS.
        subject: what tells this event apart from others of its kind about the problem.
        payload: what happened, in words and ids; nothing about a complainant.
        actor: who did it.
        at: when, in local time.
        run_id: the run that writes it; empty outside of runs.
    """
    return {
        "event_id": event_id(problem_id, kind, subject),
        "problem_id": problem_id,
        "kind": kind,
        "occurred_at": at,
        "actor": actor,
        "payload": json.dumps(payload, ensure_ascii=False, sort_keys=True),
        "run_id": run_id,
    }


def _hash(previous: str, row: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps([previous, *map(str, row)], ensure_ascii=False).encode()).hexdigest()


def extend(head: Head, events: pd.DataFrame) -> tuple[pd.DataFrame, Head]:
    """Return `events` with sequence, previous_hash and hash filled in as they follow `head`, and the new head.

    `events` has the columns of the contract except those three; its order becomes the order of the chain.
    """
    chained = events.reset_index(drop=True).copy()
    chained["sequence"] = range(head.sequence + 1, head.sequence + 1 + len(chained))
    chained["occurred_at"] = chained["occurred_at"].astype("datetime64[us]")
    previous, hashes, previous_hashes = head.hash, [], []
    for row in chained[list(_HASHED)].itertuples(index=False, name=None):
        previous_hashes.append(previous)
        previous = _hash(previous, row)
        hashes.append(previous)
    chained["previous_hash"], chained["hash"] = previous_hashes, hashes
    return chained, Head(head.sequence + len(chained), previous)


def faults(events: pd.DataFrame, before: Head) -> list[str]:
    """Return where events are no unbroken chain (Chinese, one line each).

    Each event is judged by itself and by the one before it, so that one that was changed is told once.

    Args:
        events: consecutive events in their order, columns of EVENTS.
        before: the event before them.
    """
    found, previous, expected = [], before.hash, before.sequence + 1
    for row in events[[*_HASHED, "previous_hash", "hash"]].itertuples(index=False, name=None):
        *fields, previous_hash, own = row
        sequence = int(fields[0])
        if sequence > expected:
            found.append(f"第 {expected} 项到第 {sequence - 1} 项事件不见了")
        elif previous_hash != previous:
            found.append(f"第 {sequence} 项事件接不上前一项：有事件被插入、改动或换过")
        if _hash(previous_hash, tuple(fields)) != own:
            found.append(f"第 {sequence} 项事件的内容与它的指纹不符：被改动过")
        previous, expected = own, sequence + 1
    return found


def head_faults(at_head: pd.DataFrame, last: Head, kept: Head) -> list[str]:
    """Return how the kept head contradicts the chain (Chinese).

    Events after the head are legitimate: the run was killed after the commit and before the head was written.

    Args:
        at_head: the event whose sequence the head names; no row if there is none.
        last: the last event of the chain.
        kept: the head that was kept outside the database.
    """
    if last.sequence < kept.sequence:
        missing = kept.sequence - last.sequence
        return [f"缺少最后 {missing} 项事件：数据库或其 .wal 文件被截断或替换"]
    if kept.sequence and at_head["hash"].tolist() != [kept.hash]:
        return [f"第 {kept.sequence} 项事件与链首记录不符：数据库或链首文件可能被替换"]
    return []


def check(events: pd.DataFrame, last: Head, kept: Head, event_count: int) -> None:
    """Check the end of the chain: what was written since the head was kept, and that the head is in it.

    What lies before was checked when it was the end; `analysis.ledger.verify` checks it again.

    Args:
        events: the event at the head, and all after it.
        last: the last event of the chain.
        kept: the head that was kept outside the database; sequence 0 if none was kept.
        event_count: how many events there are.

    Raises:
        IntegrityError: an event was changed, removed or moved, or the end is missing.
    """
    at_head = events[events["sequence"] == kept.sequence]
    before = Head(kept.sequence - 1, str(at_head["previous_hash"].iloc[0])) if len(at_head) else kept
    found = head_faults(at_head, last, kept) or faults(events, before)
    if not found and event_count != last.sequence:
        found = [f"最后一项编号 {last.sequence}，却只有 {event_count} 项事件"]
    if found:
        raise IntegrityError(
            f"台账事件链有误：{found[0]}。请停止使用并从备份恢复；用 hotline verify 查看全部不符之处。"
        )
