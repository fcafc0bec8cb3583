"""The chain of events notices every change, loss and swap."""

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import IntegrityError
from analysis.ledger.chain import Head, check, event_id, extend, faults


def events(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "event_id": event_id("FR-2026-0001", "complaint_added", str(i)),
                "problem_id": "FR-2026-0001",
                "kind": "complaint_added",
                "occurred_at": pd.Timestamp("2026-01-05 02:30:00"),
                "actor": "系统",
                "payload": json.dumps({"complaint_id": str(i)}),
                "run_id": "R1",
            }
            for i in range(count)
        ]
    )


def checked(chained: pd.DataFrame, kept: Head) -> None:
    """Check a whole table as the store does when it opens."""
    ordered = chained.sort_values("sequence")
    last = Head(int(ordered["sequence"].iloc[-1]), str(ordered["hash"].iloc[-1]))
    check(ordered[ordered["sequence"] >= kept.sequence], last, kept, len(ordered))


def test_two_nights_make_one_unbroken_chain() -> None:
    first, head = extend(Head(), events(3))
    second, head = extend(head, events(2))
    checked(pd.concat([second, first]), head)
    assert head.sequence == 5


@given(count=st.integers(1, 6), data=st.data())
def test_any_changed_event_is_noticed(count: int, data: st.DataObject) -> None:
    chained, _ = extend(Head(), events(count))
    row = data.draw(st.integers(0, count - 1))
    column = data.draw(st.sampled_from(["payload", "actor", "problem_id", "kind", "hash"]))
    chained.loc[row, column] = "改"
    assert f"第 {row + 1} 项" in faults(chained, Head())[0]
    with pytest.raises(IntegrityError):
        checked(chained, Head(1, chained["hash"].iloc[0]))


@given(count=st.integers(2, 6), data=st.data())
def test_any_removed_event_is_noticed(count: int, data: st.DataObject) -> None:
    chained, head = extend(Head(), events(count))
    row = data.draw(st.integers(0, count - 1))
    left = chained.drop(index=row)
    assert faults(left, Head()) or row == count - 1
    with pytest.raises(IntegrityError):
        checked(left, head)


def test_opening_looks_at_what_came_after_the_head_and_at_the_number_of_events() -> None:
    chained, head = extend(Head(), events(5))
    at_three = Head(3, str(chained["hash"].iloc[2]))
    checked(chained, at_three)
    for row in (2, 3, 4):
        with pytest.raises(IntegrityError, match=f"第 {row + 1} 项"):
            checked(chained.assign(actor=chained["actor"].where(chained.index != row, "别人")), at_three)
    with pytest.raises(IntegrityError, match="只有 4 项"):
        checked(chained.drop(index=0), head)
    # What was changed before the head is found by `hotline verify`, not by every opening.
    checked(chained.assign(actor=chained["actor"].where(chained.index != 0, "别人")), at_three)


def test_another_database_with_a_sound_chain_is_noticed() -> None:
    _, head = extend(Head(), events(3))
    other, _ = extend(Head(), events(3).assign(actor="别人"))
    with pytest.raises(IntegrityError, match="被替换"):
        checked(other, head)


def test_events_after_the_head_are_accepted() -> None:
    """A kill between commit and writing the head leaves the database ahead; nothing is lost then."""
    first, head = extend(Head(), events(3))
    second, _ = extend(head, events(2))
    checked(pd.concat([first, second]), head)


def test_head_survives_writing_and_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.head"
    assert Head.read(path) == Head()
    Head(7, "abc").write(path)
    assert Head.read(path) == Head(7, "abc")
    path.write_text("{")
    with pytest.raises(IntegrityError, match="已损坏"):
        Head.read(path)
