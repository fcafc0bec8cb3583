"""Small transactions killed at random moments: what was acknowledged is there, whole, and the head agrees."""

from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from analysis.contracts import EVENTS, MATTERS
from analysis.ledger.chain import SYSTEM, Head, event_record, faults
from analysis.ledger.store import Store
from tests.trust.forked import kill_after, pipe, start
from tests.trust.tally import Tally

_ROWS, _EVENTS = 2, 3
_LONGEST = 0.12
"""Seconds until a kill: some come while the ledger is still being opened, the others in the midst of transactions."""


def _write_on(ledger: Path, first: int, acknowledge: Any) -> None:
    """Write transaction after transaction, each of some rows and events, and acknowledge each when it is kept."""
    with Store.open(ledger) as store:
        for number in count(first):
            matters = pd.DataFrame({"matter_id": [f"M{number}-{n}" for n in range(_ROWS)]})
            with store.transaction():
                store.append(MATTERS, matters.assign(canonical_complaint_id="1", run_id="R"))
                store.append_events(pd.DataFrame([_event(number, n) for n in range(_EVENTS)]))
            store.keep_head()
            acknowledge.send(number)


def _event(number: int, n: int) -> dict[str, object]:
    return event_record(
        problem_id="",
        kind="codebook_changed",
        subject=f"{number}-{n}",
        payload={"number": number},
        actor=SYSTEM,
        at=datetime(2026, 11, 20, 2, 30),
        run_id="R",
    )


def _heard(hear: Any) -> int:
    """Return the last transaction that was acknowledged before the writer died; -1 where none was."""
    last = -1
    while True:
        try:
            last = hear.recv()
        except (EOFError, OSError):  # cut off in the midst of a word
            return last


def _faults(ledger: Path, acknowledged: int) -> tuple[list[str], int]:
    """Return what is wrong with a ledger after a kill, and the number of its last transaction."""
    kept = Head.read(ledger.with_suffix(".head"))
    with Store.open(ledger) as store:
        matters, events, last = store.table(MATTERS)["matter_id"], store.table(EVENTS), store.head()
    rows = matters.str[1:].str.split("-").str[0].astype(int).value_counts()
    written = events["payload"].str.extract(r"(\d+)")[0].astype(int).value_counts()
    whole = list(range(len(rows)))
    found = faults(events, Head())
    if sorted(rows.index) != whole or sorted(written.index) != whole:
        found.append("a transaction is there in part, or one before another is missing")
    if set(rows) - {_ROWS} or set(written) - {_EVENTS}:
        found.append("part of a transaction")
    if len(whole) <= acknowledged or kept.sequence < (acknowledged + 1) * _EVENTS:
        found.append(f"transaction {acknowledged} was acknowledged; {len(whole)} are there, head {kept.sequence}")
    if kept.sequence > last.sequence or kept.sequence % _EVENTS:
        found.append("the head names what is not there")
    return found, len(whole) - 1


@pytest.mark.promise("kill_small")
def test_what_was_acknowledged_outlives_a_kill_and_nothing_is_there_in_part(
    tmp_path: Path, tally: Tally, times: Callable[[int, int], int]
) -> None:
    """One ledger lives through all the kills."""
    ledger, rng, last, acknowledged = tmp_path / "ledger.duckdb", Random(1), -1, -1
    for number in range(times(6, 60)):
        hear, acknowledge = pipe()
        writer = start(_write_on, ledger, last + 1, acknowledge)
        acknowledge.close()
        if number % 4 and hear.poll(60):  # every fourth may be killed before it has written anything
            acknowledged = hear.recv()
        assert kill_after(rng.uniform(0, _LONGEST), writer), "the writer ended by itself"
        acknowledged = max(acknowledged, _heard(hear))
        found, last = _faults(ledger, acknowledged)
        tally.count(not found, f"kill {number}: {found}")
    assert acknowledged > 0
