"""The store keeps whole transactions, refuses what is broken, and publishes in one step."""

import errno
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from shutil import copyfile

import duckdb
import pandas as pd
import pytest

from analysis.contracts import ASSESSMENTS, COMPLAINTS, EVENTS, GATE_DECISIONS, MATTERS, RUNS
from analysis.errors import BusyError, IntegrityError, UsageError
from analysis.ledger.chain import SYSTEM, Head, event_record
from analysis.ledger.store import Reader, Store
from tests.ledger_frames import build_tables
from tests.test_chain import events

MATTER = pd.DataFrame([{"matter_id": "M-1", "canonical_complaint_id": "1", "run_id": "R"}])


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "ledger.duckdb") as store:
        with pytest.raises(ZeroDivisionError), store.transaction():  # noqa: PT012  # the append is the point
            store.append(MATTERS, MATTER)
            raise ZeroDivisionError
        assert store.table(MATTERS).empty


def test_the_same_event_is_kept_once(tmp_path: Path) -> None:
    with Store.open(tmp_path / "ledger.duckdb") as store:
        with store.transaction():
            assert store.append_events(events(2)) == 2
            assert store.append_events(events(3)) == 1
        store.keep_head()
        assert store.table(EVENTS)["sequence"].tolist() == [1, 2, 3]
    Store.open(tmp_path / "ledger.duckdb").close()


def test_a_lost_tail_is_refused_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "ledger.duckdb"
    with Store.open(path) as store, store.transaction():
        store.append_events(events(2))
    Head(5, "x").write(tmp_path / "ledger.head")
    with pytest.raises(IntegrityError, match="缺少最后 3 项"):
        Store.open(path)


def test_what_is_written_in_a_rehearsal_is_seen_there_and_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "ledger.duckdb"
    with Store.open(path) as store, store.transaction():
        store.append_events(events(2))
    with Store.open(path) as store:
        store.keep_head()
        with store.rehearsal():
            for number in (3, 4):
                with store.transaction():
                    store.append_events(events(number))
                store.keep_head()
                assert store.head().sequence == number
            assert Head.read(tmp_path / "ledger.head").sequence == 2
        assert store.head().sequence == 2
        with pytest.raises(ZeroDivisionError), store.rehearsal(), store.transaction():  # noqa: PT012
            store.append_events(events(3))
            raise ZeroDivisionError
        assert store.head().sequence == 2
        with store.transaction():
            store.append_events(events(3))
        store.keep_head()
    assert Head.read(tmp_path / "ledger.head").sequence == 3


@pytest.mark.parametrize("content", [b"", b"not a database", b"\0" * 20000])
def test_a_damaged_database_is_refused_or_started_afresh(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.duckdb"
    path.write_bytes(content)
    Head(5, "x").write(tmp_path / "ledger.head")
    with pytest.raises(IntegrityError):
        Store.open(path)


def test_a_database_held_by_another_process_is_busy(tmp_path: Path) -> None:
    path = tmp_path / "ledger.duckdb"
    Store.open(path).close()
    code = "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError):
            Store.open(path)
    finally:
        holder.communicate()


def test_a_damaged_database_is_not_busy_because_its_path_holds_the_word_lock(tmp_path: Path) -> None:
    path = tmp_path / "block-lock" / "ledger.duckdb"
    path.parent.mkdir()
    path.write_bytes(b"not a database")
    with pytest.raises(IntegrityError):
        Store.open(path)


def test_what_the_system_refuses_to_open_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "ledger.duckdb"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        Store.open(path)


def test_a_write_that_the_system_refuses_is_an_os_error_with_its_number(tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk: DuckDB tells of both in words only."""
    code = (
        "import resource, sys, pathlib, pandas as pd\n"
        "from analysis.contracts import MATTERS\n"
        "from analysis.ledger.store import Store\n"
        "store = Store.open(pathlib.Path(sys.argv[1]))\n"
        "rows = pd.DataFrame({'matter_id': [f'M-{i}' for i in range(300000)]})\n"
        "rows = rows.assign(canonical_complaint_id=rows['matter_id'], run_id='R')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (70000, 70000))\n"
        "try:\n"
        "    with store.transaction():\n"
        "        store.append(MATTERS, rows)\n"
        "except OSError as error:\n"
        "    print(error.errno, flush=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "ledger.duckdb")], capture_output=True, text=True, check=False
    )
    assert done.stdout == f"{errno.EFBIG}\n", done.stderr


def test_snapshot_holds_published_tables_only_and_is_locked_down(tmp_path: Path) -> None:
    with Store.open(tmp_path / "ledger.duckdb") as store:
        store.append(MATTERS, MATTER)
        store.publish(tmp_path / "snapshot.duckdb")
    with Reader.open(tmp_path / "snapshot.duckdb") as reader:
        assert "superseded_complaints" not in reader.tables()
        assert reader.table(MATTERS)["matter_id"].tolist() == ["M-1"]
        with pytest.raises(Exception, match="disabled"):
            reader._connection.execute(f"COPY (SELECT 1) TO '{tmp_path / 'leak.csv'}'")
    assert not (tmp_path / "snapshot.duckdb.building").exists()


def test_private_files_are_private(tmp_path: Path) -> None:
    with Store.open(tmp_path / "ledger.duckdb") as store:
        store.publish(tmp_path / "snapshot.duckdb")
    assert (tmp_path / "ledger.duckdb").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "snapshot.duckdb").stat().st_mode & 0o777 == 0o640


def test_reading_where_nothing_was_run_yet_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="hotline run"):
        Reader.open(tmp_path / "snapshot.duckdb")


def _night(store: Store, tables: Mapping[str, pd.DataFrame], number: int, random: Random) -> None:
    """Let a run take the next complaints, judge some old ones anew, and change a problem."""
    run_id = f"R{number}"
    store.append(RUNS, tables["runs"].iloc[:1].assign(run_id=run_id, sequence=number))
    fresh = tables["complaints"].iloc[20 * number : 20 * number + 20]
    store.append(COMPLAINTS, fresh.assign(run_id=run_id))
    known = store.table(COMPLAINTS)["complaint_id"]
    anew = pd.Series(random.sample(sorted(known), random.choice([0, 0, 3])), dtype=object)
    store.forget_judgements(anew)
    judged = [*fresh["complaint_id"], *anew]
    for table in (GATE_DECISIONS, ASSESSMENTS):
        rows = tables[table.name]
        store.append(table, rows[rows["complaint_id"].isin(judged)].assign(run_id=run_id))
    problem = tables["problems"].iloc[[random.randrange(20)]]
    store.put_problems(problem.assign(version=number, run_id=run_id))
    event = event_record(
        problem_id=problem["problem_id"].iloc[0],
        kind="complaint_added",
        subject=str(number),
        payload={},
        actor=SYSTEM,
        at=datetime(2026, 11, 1),
        run_id=run_id,
    )
    store.append_events(pd.DataFrame([event]))
    store.keep_head()


def _assert_published(store: Store, snapshot: Path) -> None:
    store.publish(snapshot)
    stored = store.tables()
    with Reader.open(snapshot) as reader:
        for name, table in reader.tables().items():
            pd.testing.assert_frame_equal(table, stored[name], obj=name)


@pytest.mark.parametrize("seed", range(4))
def test_a_snapshot_grown_night_by_night_is_what_the_ledger_holds(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables, random, snapshot = build_tables(), Random(seed), tmp_path / "snapshot.duckdb"
    with Store.open(tmp_path / "ledger.duckdb") as store:
        _night(store, tables, 0, random)
        _assert_published(store, snapshot)
        monkeypatch.setattr(Store, "_build_snapshot", lambda *_: pytest.fail("built whole where it could have grown"))
        for number in range(1, 6):
            _night(store, tables, number, random)
            _assert_published(store, snapshot)
        _assert_published(store, snapshot)


def test_words_that_were_replaced_do_not_stay_in_the_file_of_the_snapshot(tmp_path: Path) -> None:
    snapshot, first = tmp_path / "snapshot.duckdb", build_tables()["complaints"].iloc[:1]
    with Store.open(tmp_path / "ledger.duckdb") as store:
        store.append(RUNS, build_tables()["runs"])
        store.append(COMPLAINTS, first.assign(text="REPLACED-WORDS"))
        _assert_published(store, snapshot)
        assert b"REPLACED-WORDS" in snapshot.read_bytes()
        store.append(RUNS, build_tables()["runs"].iloc[:1].assign(run_id="next", sequence=3))
        store.apply("delete_complaints", {"wanted": first[["complaint_id"]]})
        store.append(COMPLAINTS, first.assign(run_id="next"))
        _assert_published(store, snapshot)
        assert b"REPLACED-WORDS" not in snapshot.read_bytes()


def test_a_snapshot_that_nothing_can_be_added_to_is_built_anew(tmp_path: Path) -> None:
    tables, random, snapshot = build_tables(), Random(1), tmp_path / "snapshot.duckdb"
    ledger, backup = tmp_path / "ledger.duckdb", tmp_path / "backup.duckdb"
    with Store.open(ledger) as store:
        _night(store, tables, 0, random)
        snapshot.write_bytes(b"damaged")
        _assert_published(store, snapshot)
    copyfile(ledger, backup)
    copyfile(ledger.with_suffix(".head"), backup.with_suffix(".head"))
    with Store.open(ledger) as store:
        _night(store, tables, 1, random)
        _assert_published(store, snapshot)
    with duckdb.connect(str(snapshot)) as connection:
        connection.execute("ALTER TABLE complaints DROP COLUMN reply")
    with Store.open(ledger) as store:
        _assert_published(store, snapshot)
    with Store.open(backup) as store:  # an earlier state of the ledger, restored, went on in another way
        _night(store, tables, 2, random)
        _assert_published(store, snapshot)
