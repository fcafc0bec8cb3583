"""SQL from the analysts' handle: it reaches no file, no network and no setting, however it is written."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from analysis import open_snapshot
from analysis.errors import UsageError
from analysis.site import SitePaths
from analysis.snapshot import Snapshot
from tests.review_site import build_site, copy_site
from tests.trust.tally import Tally

SECRET = "hidden-word"

_READING_FILES = tuple(
    f"SELECT * FROM {function}('{{folder}}/secret.{suffix}')"
    for function, suffix in (
        ("read_csv", "csv"),
        ("read_csv_auto", "csv"),
        ("sniff_csv", "csv"),
        ("read_text", "csv"),
        ("read_blob", "csv"),
        ("glob", "csv"),
        ("read_json", "json"),
        ("read_json_auto", "json"),
        ("read_json_objects", "json"),
        ("read_ndjson", "json"),
        ("read_parquet", "parquet"),
        ("parquet_scan", "parquet"),
        ("parquet_metadata", "parquet"),
        ("parquet_schema", "parquet"),
        ("parquet_file_metadata", "parquet"),
        ("parquet_kv_metadata", "parquet"),
        ("read_xlsx", "xlsx"),
        ("sqlite_scan", "db"),
        ("read_duckdb", "db"),
    )
)
_STATEMENTS = (
    *_READING_FILES,
    "SELECT * FROM '{folder}/secret.csv'",
    'SELECT * FROM "{folder}/secret.csv"',
    "SELECT * FROM '{folder}/*.csv'",
    "SELECT * FROM glob('{folder}/**')",
    "SELECT * FROM query('SELECT * FROM read_text(''{folder}/secret.csv'')')",
    "SELECT * FROM query_table('{folder}/secret.csv')",
    "SELECT * FROM read_csv('/proc/self/environ')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_csv('http://127.0.0.1:{port}/secret.csv')",
    "SELECT * FROM 'https://127.0.0.1:{port}/secret.parquet'",
    "SELECT * FROM read_parquet('s3://127.0.0.1:{port}/secret.parquet')",
    "ATTACH 'http://127.0.0.1:{port}/secret.duckdb' AS far",
    "ATTACH '{folder}/processed/ledger.duckdb' AS ledger",
    "ATTACH '{folder}/processed/ledger.duckdb' AS ledger (READ_ONLY)",
    "ATTACH '{folder}/new.duckdb' AS fresh",
    "ATTACH ':memory:' AS other",
    "DETACH snapshot",
    "USE memory",
    "COPY complaints TO '{folder}/leak.csv'",
    "COPY (SELECT 1) TO '{folder}/leak.parquet'",
    "COPY (SELECT 1) TO '/dev/stdout'",
    "COPY complaints FROM '{folder}/secret.csv'",
    "EXPORT DATABASE '{folder}/leak'",
    "IMPORT DATABASE '{folder}'",
    "EXPLAIN ANALYZE COPY complaints TO '{folder}/leak.csv'",
    "INSTALL httpfs",
    "INSTALL httpfs FROM 'http://127.0.0.1:{port}'",
    "FORCE INSTALL '{folder}/secret.db'",
    "LOAD httpfs",
    "LOAD '{folder}/secret.db'",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET allowed_paths = ['{folder}/secret.csv']",
    "SET threads = 1",
    "SET memory_limit = '1TB'",
    "SET log_query_path = '{folder}/leak.log'",
    "RESET enable_external_access",
    "PRAGMA temp_directory = '{folder}'",
    "PRAGMA enable_profiling",
    "PRAGMA profiling_output = '{folder}/leak.json'",
    "CALL enable_logging(storage = 'file', storage_path = '{folder}/leak')",
    "SELECT * FROM duckdb_secrets()",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "SELECT getenv('HOME')",
    "CREATE TEMP TABLE kept AS SELECT 1",
    "CREATE VIEW kept AS SELECT * FROM read_text('{folder}/secret.csv')",
    "CREATE MACRO leak() AS TABLE SELECT * FROM read_text('{folder}/secret.csv')",
    "PREPARE leak AS SELECT * FROM read_text('{folder}/secret.csv')",
    "INSERT INTO complaints SELECT * FROM complaints",
    "UPDATE complaints SET text = ''",
    "DELETE FROM complaints",
    "TRUNCATE complaints",
    "DROP TABLE complaints",
    "ALTER TABLE complaints RENAME TO gone",
    "WITH gone AS (DELETE FROM complaints RETURNING *) FROM gone",
    "CHECKPOINT",
    "VACUUM",
    "BEGIN",
    "SELECT 1; SELECT 2",
    "SELECT 1; COPY complaints TO '{folder}/leak.csv'",
    "",
)
_DISGUISES = ("{}", "  {} ;", "/* a */ {} -- b", "\n\t{}\n")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SitePaths:
    built = build_site(tmp_path_factory.mktemp("built"))
    site = copy_site(built, tmp_path_factory.mktemp("site"))
    for suffix in ("csv", "json", "parquet", "xlsx", "db"):
        (site.raw.parent / f"secret.{suffix}").write_text(f'{{"word": "{SECRET}"}}\n', encoding="utf-8")
    return site


@pytest.fixture
def snapshot(site: SitePaths) -> Iterator[Snapshot]:
    with open_snapshot(site.snapshot) as opened:
        yield opened


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server on this machine that nobody may call."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


def _was_called(server: socket.socket) -> bool:
    with suppress(BlockingIOError):
        server.accept()[0].close()
        return True
    return False


def _contents(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.promise("snapshot_sql")
def test_a_query_reaches_nothing_but_the_snapshot(
    site: SitePaths, snapshot: Snapshot, listener: socket.socket, tally: Tally
) -> None:
    folder = site.raw.parent
    before, port = _contents(folder), listener.getsockname()[1]
    for statement in _STATEMENTS:
        for disguise in _DISGUISES:
            text = disguise.format(statement.format(folder=folder, port=port))
            tally.count(_is_refused(snapshot, text), text)
    assert _contents(folder) == before
    assert not _was_called(listener)
    assert len(snapshot.table("complaints")) == 3


def _is_refused(snapshot: Snapshot, statement: str) -> bool:
    """Say whether a statement is refused in one line that shows nothing of the file."""
    try:
        snapshot.sql(statement)
    except UsageError as refusal:
        return "\n" not in str(refusal) and SECRET not in str(refusal)
    return False
