"""Database, log and head damaged in every way: refused in one clear line, or harmless; a lost end never passes."""

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from analysis.contracts import TABLES
from analysis.errors import HotlineError
from analysis.ledger.store import Reader, Store
from analysis.pipeline.verifying import verify_ledger
from analysis.site import SitePaths, site_paths
from tests.review_site import build_site
from tests.test_chain import events
from tests.trust.forked import finish, pipe, start
from tests.trust.tally import Tally

Damage = Callable[[Path, Random], None]
_BLOCK = 4096
_CLEAR = re.compile(r"[^\n]*[\u4e00-\u9fff][^\n]*。")
"""One line, in Chinese, that is a whole sentence."""


def _cut(path: Path, rng: Random) -> None:
    os.truncate(path, rng.randrange(path.stat().st_size))


def _delete(path: Path, _: Random) -> None:
    path.unlink()


def _flip(path: Path, rng: Random) -> None:
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def _blank(path: Path, rng: Random) -> None:
    content = bytearray(path.read_bytes())
    first = rng.randrange(len(content))
    content[first : first + _BLOCK] = bytes(len(content[first : first + _BLOCK]))
    path.write_bytes(content)


def _lengthen(path: Path, rng: Random) -> None:
    with path.open("ab") as file:
        file.write(rng.randbytes(rng.randrange(1, 2 * _BLOCK)))


def _swap(kind: str) -> Damage:
    def swap(path: Path, _: Random) -> None:
        other = path.parent.parent / kind / path.name
        if other.is_file():
            shutil.copy(other, path)
        else:
            path.unlink()

    return swap


_DAMAGES: tuple[tuple[str, str, Damage], ...] = (
    ("database cut short", "ledger.duckdb", _cut),
    ("log cut short", "ledger.duckdb.wal", _cut),
    ("bit of the database flipped", "ledger.duckdb", _flip),
    ("bit of the log flipped", "ledger.duckdb.wal", _flip),
    ("part of the database blank", "ledger.duckdb", _blank),
    ("log deleted", "ledger.duckdb.wal", _delete),
    ("older database", "ledger.duckdb", _swap("older")),
    ("database of another site", "ledger.duckdb", _swap("other")),
    ("part of the log blank", "ledger.duckdb.wal", _blank),
    ("head cut short", "ledger.head", _cut),
    ("bit of the head flipped", "ledger.head", _flip),
    ("log of another site", "ledger.duckdb.wal", _swap("other")),
    ("older head", "ledger.head", _swap("older")),
    ("head of another site", "ledger.head", _swap("other")),
    ("database deleted", "ledger.duckdb", _delete),
    ("head deleted", "ledger.head", _delete),
    ("database lengthened", "ledger.duckdb", _lengthen),
    ("log lengthened", "ledger.duckdb.wal", _lengthen),
    ("bit of the snapshot flipped", "snapshot.duckdb", _flip),
    ("snapshot cut short", "snapshot.duckdb", _cut),
)


def _write_and_die(ledger: Path, count: int, actor: str) -> None:
    """Commit events that stay in the log only, as the process ends at once."""
    store = Store.open(ledger)
    with store.transaction():
        store.append_events(events(count).assign(kind="codebook_changed", problem_id="", run_id="", actor=actor))
    store.keep_head()
    os._exit(0)


def _examine(site: SitePaths, answer: Any) -> None:
    """Send what `hotline verify` says, what opening for a run says, and the content that it then has."""
    answer.send((*_said(lambda: _verified(site)), *_said(lambda: _opened(site))))


def _said(look: Callable[[], str]) -> tuple[str, str]:
    """Return how a look at the ledger ended, and the words of it."""
    try:
        return "seen", look()
    except HotlineError as error:
        return "refused", str(error)


def _verified(site: SitePaths) -> str:
    return "\n".join(words for finding in verify_ledger(site) for words in finding.differences)


def _opened(site: SitePaths) -> str:
    with Store.open(site.ledger) as store:
        tables = {table.name: store.table(table) for table in TABLES}
        store.publish(site.snapshot)
    with Reader.open_apart(site.snapshot) as reader:
        assert all(published.equals(tables[name]) for name, published in reader.tables().items())
    content = [table.to_dict("records") for table in tables.values()]
    return hashlib.sha256(repr(content).encode()).hexdigest()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site whose last events are in the log only; beside it an older state of it, and another site."""
    folder = tmp_path_factory.mktemp("damaged")
    build_site(folder)
    processed = folder / "processed"
    for kind, count in (("other", 7), ("older", 0), ("processed", 5)):
        if kind != "processed":
            shutil.copytree(processed, folder / kind)
        if count:
            assert finish(start(_write_and_die, folder / kind / "ledger.duckdb", count, kind)) == 0
    return folder


def _looked_at(site: SitePaths) -> tuple[str, str, str, str] | None:
    """Return what a child saw; None where it did not live to tell."""
    hear, answer = pipe()
    child = start(_examine, site, answer)
    answer.close()
    try:
        said: tuple[str, str, str, str] = hear.recv()
    except EOFError:
        return None
    finally:
        finish(child)
    return said


def _fault(said: tuple[str, str, str, str] | None, content: str) -> str | None:
    """Return what was wrong with how the damage was met."""
    if said is None:
        return "the program died"
    verdict, words, opening, opened = said
    refusals = [w for outcome, w in ((verdict, words), (opening, opened)) if outcome == "refused"]
    if unclear := [w for w in refusals if not _CLEAR.fullmatch(w)]:
        return f"unclear: {unclear[0]}"
    if opening == "seen" and opened != content and verdict == "seen" and not words:
        return "nobody noticed"
    return None


@pytest.mark.promise("damage")
def test_damage_is_refused_in_one_line_or_harmless(
    built: Path, tmp_path: Path, tally: Tally, times: Callable[[int, int], int]
) -> None:
    rng = Random(7)
    for number in range(times(len(_DAMAGES) // 4, 4 * len(_DAMAGES))):
        name, file, damage = _DAMAGES[number % len(_DAMAGES)]
        folder = tmp_path / str(number)
        shutil.copytree(built, folder)
        site = site_paths(folder / "raw", folder / "processed")
        if number == 0:
            content = (_looked_at(site) or ("",) * 4)[3]
            shutil.rmtree(folder)
            shutil.copytree(built, folder)
        damage(site.processed / file, rng)
        said = _looked_at(site)
        fault = _fault(said, content)
        tally.count(fault is None, f"{number} {name}: {fault}")
        shutil.rmtree(folder)
