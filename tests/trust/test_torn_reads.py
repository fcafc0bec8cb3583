"""Snapshots published and killed while others read: each read is of one whole night, and none fails."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from analysis import open_snapshot
from analysis.contracts import MATTERS, RUNS
from analysis.ledger.store import Store
from analysis.snapshot import Snapshot
from tests.ledger_frames import build_tables
from tests.test_chain import events
from tests.trust.forked import Child, finish, kill_after, pipe, start
from tests.trust.tally import Tally

_ROWS, _EVENTS = 2000, 3
_UNDISTURBED = 6
"""Every so many publishes, one is left alone."""


def _publish(folder: Path) -> None:
    """Add a night to the ledger, in one transaction, and publish it."""
    with Store.open(folder / "ledger.duckdb") as store:
        number = len(store.table(RUNS))
        run = build_tables()["runs"].iloc[:1].assign(run_id=f"R{number}", sequence=number)
        matters = pd.DataFrame({"matter_id": [f"{number}-{n}" for n in range(_ROWS)]})
        with store.transaction():
            store.append(RUNS, run)
            store.append(MATTERS, matters.assign(canonical_complaint_id="1", run_id=f"R{number}"))
            store.append_events(events(_EVENTS * (number + 1)))  # those of earlier nights are there
        store.keep_head()
        store.publish(folder / "snapshot.duckdb")


def _read_on(path: Path, refreshes: bool, stop: Any, answer: Any) -> None:
    """Read the newest snapshot until told to stop, by one handle or by a new one each time; send how it went."""
    reads, faults, last = 0, list[str](), 0
    handle = open_snapshot(path)
    while not stop.poll():
        reads += 1
        try:
            if refreshes:
                handle.refresh()
            else:
                handle.close()
                handle = open_snapshot(path)
            nights = _nights(handle)
            if nights is None or nights < last:
                faults.append(f"read {reads}: {nights} nights after {last}")
            last = nights or last
        except Exception as error:  # whatever it is, it is counted
            faults.append(f"read {reads}: {error!r}")
    answer.send((reads, faults))


def _nights(snapshot: Snapshot) -> int | None:
    """Return how many nights a snapshot holds; None where one of them is not whole."""
    count = len(snapshot.table("runs"))
    of_night = Counter(snapshot.table("matters")["matter_id"].str.split("-").str[0].astype(int))
    is_whole = of_night == dict.fromkeys(range(count), _ROWS) and len(snapshot.table("events")) == count * _EVENTS
    return count if is_whole else None


def _told(readers: Iterable[tuple[Child, Any, Any]]) -> tuple[int, list[str]]:
    """Stop the readers; return how often they read, and what went wrong."""
    total, faults = 0, list[str]()
    for reader, stop, hear in readers:
        stop.send(None)
        reads, found = hear.recv()
        finish(reader)
        total += reads
        faults += found
    return total, faults


@pytest.mark.promise("publish")
def test_readers_see_whole_nights_only_while_publishing_is_killed(
    tmp_path: Path, tally: Tally, times: Callable[[int, int], int]
) -> None:
    rng, snapshot = Random(3), tmp_path / "snapshot.duckdb"
    assert finish(start(_publish, tmp_path)) == 0
    readers = []
    for refreshes in (True, False):
        told, stop = pipe()
        hear, answer = pipe()
        readers.append((start(_read_on, snapshot, refreshes, told, answer), stop, hear))
    seconds = 0.0
    for number in range(times(4, 24)):
        begin, publisher = time.monotonic(), start(_publish, tmp_path)
        if number % _UNDISTURBED:
            kill_after(rng.uniform(0.1, 1) * seconds, publisher)
        else:
            assert finish(publisher) == 0
            seconds = time.monotonic() - begin
        with open_snapshot(snapshot) as published:
            tally.count(_nights(published) is not None, f"publish {number}")
    reads, faults = _told(readers)
    for number in range(reads):
        tally.count(number >= len(faults), faults[number] if number < len(faults) else "")
