"""The ledger database: the only module that opens DuckDB."""

import errno
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from shutil import copyfile
from typing import Any, Self

import duckdb
import numpy as np
import pandas as pd

from analysis.contracts import COMPLAINTS, EVENTS, PROBLEMS, RUNS, TABLES, Table, conform
from analysis.errors import BusyError, IntegrityError, UsageError
from analysis.ledger.chain import Head, check, extend

# Analysts may still have DuckDB 1.4: a snapshot in the newest format could not be opened there.
_SNAPSHOT_FORMAT = "v1.4.0"
# DuckDB tells of the system's errors in words only.
_SYSTEM_ERRORS = tuple(
    getattr(errno, name)
    for name in ("EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EFBIG", "EIO", "EMFILE", "EISDIR", "ENOENT")
    if hasattr(errno, name)
)
_NO_END = 2**62  # more events than there will ever be
_PUBLISHED = tuple(table for table in TABLES if table.is_published)
_READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
_DAMAGE_PHRASES = ("Corrupt database file", "Could not read enough bytes")
_LOCK_PHRASES = ("Could not set lock on file", "Conflicting lock is held")


def _sql(name: str) -> str:
    return files("analysis.ledger").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def _migrations() -> list[tuple[int, str]]:
    folder = files("analysis.ledger").joinpath("migrations")
    scripts = sorted((p for p in folder.iterdir() if p.name.endswith(".sql")), key=lambda p: p.name)
    return [(int(p.name.split("_")[0]), p.read_text(encoding="utf-8")) for p in scripts]


def _connect(path: Path, *, is_read_only: bool) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path), read_only=is_read_only)
    except duckdb.Error as error:
        words = str(error).replace(str(path), "")
        if any(phrase in words for phrase in _LOCK_PHRASES):
            raise BusyError(f"数据库 {path} 正被另一个程序使用。请等它结束后重试。") from error
        if trouble := _system_error(words, path):
            raise trouble from error
        raise IntegrityError(f"数据库 {path} 无法打开，可能已损坏。请从备份恢复后重试。") from error


def _system_error(words: str, path: Path | None = None) -> OSError | None:
    """Return the system's error that DuckDB's words tell of: a full disk, a missing permission."""
    for number in _SYSTEM_ERRORS:
        if os.strerror(number) in words:
            return OSError(number, os.strerror(number), *([str(path)] if path else []))
    return None


def _is_damage(error: duckdb.Error) -> bool:
    """Say whether DuckDB's words are that what lies in a file is not what was written there."""
    return any(phrase in str(error) for phrase in _DAMAGE_PHRASES)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn DuckDB's words for the system's errors into OSError; damage and a clash of keys into IntegrityError."""
    try:
        yield
    except duckdb.ConstraintException as error:
        raise IntegrityError("台账里已有相同编号的记录，新的一批没有写入。请报告此问题。") from error
    except duckdb.Error as error:
        if trouble := _system_error(str(error)):
            raise trouble from error
        if _is_damage(error):
            raise IntegrityError(
                "数据库文件已损坏，有的内容读不出来。请从备份恢复后再用；只是快照损坏的，执行 hotline run 重新发布。"
            ) from error
        raise


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return text columns as Python strings with None for missing values, as the contracts have them."""
    texts = frame.select_dtypes(include=["object", "string"]).columns
    return frame.assign(**{c: frame[c].astype(object).where(frame[c].notna(), None) for c in texts})


def _fetched(found: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Return what was found as `_plain` makes it of DuckDB's own frame, without Arrow's strings on the way."""
    columns = found.fetchnumpy().items()
    return pd.DataFrame(
        {
            name: _with_missing(values)
            if isinstance(values, np.ma.MaskedArray)
            else pd.Series(values, dtype=values.dtype)
            for name, values in columns
        }
    )


def _with_missing(values: "np.ma.MaskedArray[Any, Any]") -> "pd.Series[Any]":
    content, is_missing = np.array(values.data), np.ma.getmaskarray(values)
    if content.dtype == object:
        content[is_missing] = None
        return pd.Series(content, dtype=object)
    if content.dtype.kind in "iu":
        return pd.Series(pd.arrays.IntegerArray(content, is_missing))
    if content.dtype.kind == "b":
        return pd.Series(pd.arrays.BooleanArray(content, is_missing))
    return pd.Series(values)


class Reader:
    """Read-only access to a ledger or to a published snapshot."""

    has_snapshot = False
    """Whether the snapshot can be compared with."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the database at `path` for reading, without access to other files or the network.

        Raises:
            UsageError: there is no such file.
            BusyError: a run is writing to it.
            IntegrityError: it cannot be opened.
        """
        if not path.exists():
            raise UsageError(f"没有找到 {path}。请先执行 hotline run。")
        return cls._locked_down(_connect(path, is_read_only=True))

    @classmethod
    def open_apart(cls, path: Path) -> Self:
        """Open the snapshot at `path` as `open` does, but the file that is there now, whatever else is open.

        All connections of a process to one path share one instance of DuckDB, which goes on showing the file that was
        there when the first of them was made. The file is attached to an instance of its own instead, and can still be
        read after another was put in its place. Nothing is written, not even what does not fit into memory.

        Raises:
            UsageError: there is no such file, or it may not be read.
            IntegrityError: it cannot be opened.
        """
        if not path.is_file():
            raise UsageError(f"没有找到 {path}。请先执行 hotline run。")
        connection = duckdb.connect(":memory:", config={"temp_directory": ""})
        try:
            connection.execute(f"ATTACH '{_quoted(path)}' AS snapshot (READ_ONLY); USE snapshot")
        except duckdb.Error as error:
            connection.close()
            if trouble := _system_error(str(error).replace(str(path), ""), path):
                raise UsageError(f"快照 {path} 不让读（{trouble.strerror}）。请向管理员要读它的权限。") from error
            raise IntegrityError(f"快照 {path} 无法打开，可能已损坏。请执行 hotline run 重新发布。") from error
        return cls._locked_down(connection)

    @classmethod
    def open_beside(cls, path: Path, snapshot: Path) -> Self:
        """Open the ledger at `path` as `open` does, and the snapshot with it, if there is one, to compare the two."""
        if not snapshot.is_file():
            return cls.open(path)
        if not path.is_file():
            raise UsageError(f"没有找到 {path}。请先执行 hotline run。")
        connection = _connect(path, is_read_only=True)
        try:
            connection.execute(f"ATTACH '{_quoted(snapshot)}' AS snapshot (READ_ONLY)")
        except duckdb.Error as error:
            connection.close()
            raise IntegrityError(f"快照 {snapshot} 无法打开，可能已损坏。请执行 hotline run 重新发布。") from error
        reader = cls._locked_down(connection)
        reader.has_snapshot = True
        return reader

    @classmethod
    def _locked_down(cls, connection: duckdb.DuckDBPyConnection) -> Self:
        connection.execute("SET enable_external_access = false; SET lock_configuration = true")
        return cls(connection)

    def compare_with_snapshot(self, table: Table, columns: Sequence[str]) -> pd.DataFrame:
        """Return which rows differ: row_key, and side: `ledger` or `snapshot` where the row is, or `both`."""
        keys = ", ".join(table.key)
        with _translated():
            return _plain(
                self._connection.execute(
                    f"SELECT concat_ws('|', {keys}) AS row_key, side"  # noqa: S608 - names of the contract
                    f" FROM ({_comparison(table, columns)}) ORDER BY {keys}"
                ).df()
            )

    def table(self, table: Table) -> pd.DataFrame:
        """Return all rows of a table in the order of its key.

        Raises:
            UsageError: the database was written by an older version of the program, before there was such a table.
        """
        columns, keys = ", ".join(table.column_names), ", ".join(table.key)
        try:
            with _translated():
                found = self._connection.execute(f"SELECT {columns} FROM {table.name} ORDER BY {keys}").df()  # noqa: S608
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise UsageError(f"数据库是旧版程序写的，还没有“{table.heading}”。请先执行 hotline run。") from error
        return conform(found, table)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all published tables by name."""
        return {t.name: self.table(t) for t in TABLES if t.is_published}

    def query(self, name: str, **parameters: object) -> pd.DataFrame:
        """Return the result of the query in `sql/<name>.sql`."""
        with _translated():
            return _fetched(self._connection.execute(_sql(name), parameters or None))

    def select(self, statement: str, parameters: Mapping[str, object]) -> pd.DataFrame:
        """Return what one SELECT of the caller's own finds; it reaches neither other files nor the network.

        Args:
            statement: the SELECT, with `$name` where a parameter goes.
            parameters: their values by name.

        Raises:
            UsageError: it is no single SELECT, or has a fault; the message tells DuckDB's words.
        """
        try:
            found = self._connection.extract_statements(statement)
            if len(found) != 1 or found[0].type not in _READING:
                raise UsageError("这里只能查询：请写一条 SELECT 语句。")
            return _plain(self._connection.execute(found[0], dict(parameters) or None).df())
        except duckdb.Error as error:
            words = " ".join(str(error).split("\n\nLINE ")[0].split())
            raise UsageError(f"查询没有执行：{words}") from error

    def missing_columns(self) -> list[str]:
        """Return what a database written by an older program lacks of the published tables, as «table.column»."""
        found = set(self.query("columns").itertuples(index=False, name=None))
        published = [(t.name, name) for t in TABLES if t.is_published for name in t.column_names]
        return [f"{table}.{name}" for table, name in published if (table, name) not in found]

    def head(self) -> Head:
        """Return the last event's sequence and hash."""
        last = self.query("last_event")
        return Head(int(last["sequence"].iloc[0]), str(last["hash"].iloc[0])) if len(last) else Head()

    def rotation_count(self) -> int:
        """Return how many keys of the complainants' digests came after the first."""
        return int(self.query("rotation_count")["rotation_count"].iloc[0])

    def kept_head(self, path: Path) -> Head:
        """Return the head of the chain that was kept outside the database at `path`.

        Raises:
            IntegrityError: the file is damaged, or was removed: only before the end of a first run may it be missing.
        """
        if not path.exists() and self.head().sequence and self.query("finished_runs")["run_count"].iloc[0]:
            raise IntegrityError(f"事件链首文件 {path} 不见了，无法核对台账是否完整。请从备份恢复该文件。")
        return Head.read(path)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Store(Reader):
    """Read-write access to the private ledger; the caller holds the run lock."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, head_path: Path) -> None:
        super().__init__(connection)
        self._head_path = head_path
        self._is_rehearsing = False

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the ledger at `path`, bring it to the newest migration and check the end of its chain.

        The head of the chain is kept beside it in `<name>.head`. Only what came after it is checked, and the event
        that it names: the cost of a night does not grow with its history.

        Raises:
            BusyError: another process holds the database.
            IntegrityError: the database cannot be opened, is newer than the program, or its chain is broken.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        head_path = path.with_suffix(".head")
        store = cls(_connect(path, is_read_only=False), head_path)
        try:
            path.chmod(0o600)
            with _translated():
                store.migrate()
            store._check_chain(store.kept_head(head_path))
        except BaseException:
            store.close()
            raise
        return store

    def _check_chain(self, kept: Head) -> None:
        events = self.query("events_between", first=kept.sequence or 1, last=_NO_END)
        count = int(self.query("event_count")["event_count"].iloc[0])
        check(events, self.head(), kept, count)

    def migrate(self) -> None:
        """Bring the database to the newest migration; see `open`."""
        self._connection.execute("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY)")
        row = self._connection.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchall()
        done, scripts = int(row[0][0]), _migrations()
        if done > scripts[-1][0]:
            raise IntegrityError(f"数据库版本（{done}）比程序（{scripts[-1][0]}）新。请升级程序后重试。")
        for number, script in scripts:
            if number > done:
                with self.transaction():
                    self._connection.execute(script)
                    self._connection.execute("INSERT INTO migrations VALUES ($number)", {"number": number})

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside one unit: all of it is kept, or nothing; in a rehearsal nothing, in the end."""
        if self._is_rehearsing:
            yield
            return
        with _translated():
            self._connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._roll_back()
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Let what is written inside be seen by all that follows it inside, and take it back at the end."""
        with _translated():
            self._connection.execute("BEGIN")
            self._is_rehearsing = True
            try:
                yield
            finally:
                self._is_rehearsing = False
                self._roll_back()

    def _roll_back(self) -> None:
        # Whatever went wrong may have ended the transaction already; it is what must be told.
        with suppress(duckdb.Error):
            self._connection.execute("ROLLBACK")

    @contextmanager
    def _given(self, frames: Mapping[str, pd.DataFrame]) -> Iterator[None]:
        for name, frame in frames.items():
            self._connection.register(name, frame)
        try:
            yield
        finally:
            for name in frames:
                with suppress(duckdb.Error):
                    self._connection.unregister(name)

    def append(self, table: Table, rows: pd.DataFrame) -> None:
        """Add rows to a table; they must fit its contract."""
        if rows.empty:
            return
        with _translated(), self._given({"given": conform(rows, table)}):
            self._connection.execute(f"INSERT INTO {table.name} BY NAME SELECT * FROM given")  # noqa: S608

    def apply(self, name: str, frames: Mapping[str, pd.DataFrame] | None = None, **parameters: object) -> pd.DataFrame:
        """Run `sql/<name>.sql` with `frames` visible as tables; return what it selects (or the count it changed)."""
        with _translated(), self._given(frames or {}):
            return _fetched(self._connection.execute(_sql(name), parameters or None))

    def forget_judgements(self, complaint_ids: "pd.Series[str]") -> None:
        """Set the decisions and assessments of complaints aside, so that the next run judges them again."""
        undecided = {"undecided": complaint_ids.to_frame("complaint_id")}
        self.apply("keep_former_judgements", undecided)
        self.apply("delete_gate_decisions", undecided)
        self.apply("delete_assessments", undecided)

    def put_problems(self, problems: pd.DataFrame) -> None:
        """Add problems, or put them in the place of what they were before the steps that they took."""
        if len(problems):
            self.apply("put_problems", {"given": conform(problems, PROBLEMS)})

    def rebuild(self, path: Path) -> None:
        """Write the database at `path` anew and put it in place in one step: no byte of what was taken out stays.

        Killed in between, the old one is still there, with all that was committed.
        """
        building = path.with_name(path.name + ".building")
        _remove_database(building)
        with type(self)(_connect(building, is_read_only=False), self._head_path) as fresh:
            fresh.migrate()
        with _translated():
            self._connection.execute(f"ATTACH '{_quoted(building)}' AS fresh")
            for table in TABLES:
                self._connection.execute(f"INSERT INTO fresh.{table.name} BY NAME SELECT * FROM {table.name}")  # noqa: S608
            self._connection.execute("DETACH fresh")
            # An old log beside the new database would be played into it.
            self._connection.execute("CHECKPOINT")
        self._connection.close()
        building.chmod(0o600)
        building.replace(path)
        path.with_name(path.name + ".wal").unlink(missing_ok=True)
        self._connection = _connect(path, is_read_only=False)

    def append_events(self, events: pd.DataFrame) -> int:
        """Chain new events to the last one and add them; events whose id is already there are left out.

        Returns the number added. Call `keep_head` after the surrounding transaction has committed.
        """
        if events.empty:
            return 0
        known = self.apply("known_events", {"given": events[["event_id"]]})
        fresh = events[~events["event_id"].isin(known["event_id"])]
        chained, _ = extend(self.head(), fresh)
        self.append(EVENTS, chained)
        return len(fresh)

    def keep_head(self) -> None:
        """Write the head of the committed chain outside the database; in a rehearsal nothing is committed."""
        if not self._is_rehearsing:
            self.head().write(self._head_path)

    def publish(self, target: Path, *, is_whole: bool = False) -> None:
        """Build the snapshot of all published tables as a new file and put it in place in one step.

        Where there is a snapshot already, a copy of it is brought up to date: most of it never changes. It is built
        whole where a complaint was replaced since, or `is_whole` asks for it, so that words which were taken out do not
        stay in the file, and where the file is not what was published: `<name>.sha256` beside it tells.
        """
        building = target.with_name(target.name + ".building")
        with suppress(duckdb.Error):
            self._connection.execute("DETACH DATABASE IF EXISTS snapshot")  # left by a try that failed
        with _translated():
            if is_whole or not self._grow_snapshot(target, building):
                self._build_snapshot(building)
        building.chmod(0o640)
        # Between the two steps the old digest stands beside the new file: it is then built whole the next time.
        _digest_path(building).write_text(f"{_digest(building)}  {target.name}\n", encoding="utf-8")
        _digest_path(building).chmod(0o640)
        building.replace(target)
        _digest_path(building).replace(_digest_path(target))

    def _attach_snapshot(self, building: Path) -> None:
        self._connection.execute(f"ATTACH '{_quoted(building)}' AS snapshot (STORAGE_VERSION '{_SNAPSHOT_FORMAT}')")

    def _build_snapshot(self, building: Path) -> None:
        _remove_database(building)
        self._attach_snapshot(building)
        for table in _PUBLISHED:
            order = ", ".join(table.key)
            self._connection.execute(
                f"CREATE TABLE snapshot.{table.name} AS SELECT * FROM {table.name} ORDER BY {order}"  # noqa: S608
            )
        self._connection.execute("DETACH snapshot")

    def _grow_snapshot(self, target: Path, building: Path) -> bool:
        """Bring a copy of the last snapshot up to date; false where it has to be built whole."""
        _remove_database(building)
        if not target.is_file():
            return False
        copyfile(target, building)
        if _digest(building) != _kept_digest(target):
            return False
        try:
            self._attach_snapshot(building)
        except duckdb.Error:  # of a version that cannot be written any more
            return False
        # The list of runs last: it tells which of the other rows are new.
        tables = sorted(_PUBLISHED, key=lambda table: table is RUNS)
        with self.transaction():
            has_grown = self._can_grow() and all(map(self._grow_table, tables))
        self._connection.execute("DETACH snapshot")
        return has_grown

    def _can_grow(self) -> bool:
        """Say whether the snapshot has the present columns, and the ledger only went on since."""
        if len(self.query("snapshot_columns", published=[table.name for table in _PUBLISHED])):
            return False
        return bool(self.query("snapshot_continues")["is_later"].iloc[0])

    def _add_rows_of_new_runs(self, table: Table) -> bool:
        """Add what the runs since the last snapshot wrote; say whether the snapshot's table is up to date by that.

        Where it is not, nothing of those runs is left in it: some of it may have been there before, and be there twice.
        """
        if not (table.is_by_file or "run_id" in table.column_names) or table is RUNS:
            return False
        name, sums = table.name, _sums(table)
        self._connection.execute(
            f"INSERT INTO snapshot.{name} BY NAME SELECT * FROM {name} WHERE rowid IN"  # noqa: S608 - a contract's name
            f" (SELECT rowid FROM {name} WHERE {_rows_of_new_runs(table)})"
        )
        there, here = (
            self._connection.execute(f"SELECT {sums} FROM {place}").fetchall()  # noqa: S608 - a contract's name
            for place in (f"snapshot.{name}", name)
        )
        if there != here:
            self._connection.execute(f"DELETE FROM snapshot.{name} WHERE {_rows_of_new_runs(table)}")  # noqa: S608
        return bool(there == here)

    def _grow_table(self, table: Table) -> bool:
        """Bring one table of the snapshot up to date; false where a complaint was replaced or removed since."""
        name = table.name
        if self._add_rows_of_new_runs(table):
            return True
        if table is COMPLAINTS:
            return False
        keys = ", ".join(table.key)
        if table.is_append_only:
            self._connection.execute(
                f"INSERT INTO snapshot.{name} BY NAME SELECT * FROM {name}"  # noqa: S608 - names of the contract
                f" ANTI JOIN snapshot.{name} USING ({keys})"
            )
            return True
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE changed AS {_comparison(table, table.column_names)}")
        self._connection.execute(
            f"DELETE FROM snapshot.{name} WHERE ({keys}) IN (SELECT ({keys}) FROM changed WHERE side <> 'ledger')"  # noqa: S608
        )
        self._connection.execute(
            f"INSERT INTO snapshot.{name} BY NAME SELECT * FROM {name}"  # noqa: S608
            f" SEMI JOIN (FROM changed WHERE side <> 'snapshot') USING ({keys})"
        )
        return True


def _sums(table: Table) -> str:
    """Return what is selected to tell whether ledger and snapshot hold the same rows, once those of new runs are added.

    Where rows change, or are added by other than runs, the sum of their hashes tells it; where they do not, their
    number.
    """
    if table.is_by_run or table.is_by_file:
        return "count(*)"
    return f"count(*), sum(hash({', '.join(table.column_names)})::HUGEINT)"


def _rows_of_new_runs(table: Table) -> str:
    """Return the condition for the rows that runs wrote of which the snapshot does not know yet."""
    runs = "SELECT run_id FROM runs ANTI JOIN snapshot.runs USING (run_id)"
    if table.is_by_file:
        return f"file_id IN (SELECT file_id FROM raw_files WHERE run_id IN ({runs}))"  # noqa: S608 - fixed names
    return f"run_id IN ({runs})"


def _comparison(table: Table, columns: Sequence[str]) -> str:
    """Return the query for the keys of the rows in which ledger and snapshot differ, and the side where they are.

    Rows are told apart by the hash of the columns compared, so that whole texts are not held in memory.
    """
    keys, compared = ", ".join(table.key), ", ".join(columns)
    hashed = f"SELECT {keys}, hash({compared}) AS row_hash FROM"
    return (
        f"SELECT {keys}, CASE WHEN s.row_hash IS NULL THEN 'ledger'"  # noqa: S608
        " WHEN l.row_hash IS NULL THEN 'snapshot' ELSE 'both' END AS side"
        f" FROM ({hashed} {table.name}) l FULL JOIN ({hashed} snapshot.{table.name}) s USING ({keys})"
        " WHERE l.row_hash IS DISTINCT FROM s.row_hash"
    )


def _remove_database(path: Path) -> None:
    for leftover in (path, path.with_name(path.name + ".wal")):
        leftover.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_path(snapshot: Path) -> Path:
    return snapshot.with_name(snapshot.name + ".sha256")


def _kept_digest(snapshot: Path) -> str | None:
    """Return what the snapshot's file was when it was published; None where nothing tells."""
    path = _digest_path(snapshot)
    return path.read_text(encoding="utf-8").partition(" ")[0] if path.is_file() else None


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
