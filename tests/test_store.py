"""The store keeps whole transactions, refuses what is broken, and publishes in one step."""

import errno
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from analysis.contracts import EVENTS, MATTERS
from analysis.errors import BusyError, IntegrityError, UsageError
from analysis.ledger.chain import Head
from analysis.ledger.store import Reader, Store
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
