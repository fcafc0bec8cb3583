"""A dropped file starts a run: once it lies there whole, and never beside another run."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from analysis.ledger.store import Reader
from analysis.site import SitePaths, site_paths
from flows.watching import Watched
from tests.command import ROOT
from tests.review_site import BENCH, HEAD, OUT_OF_SCOPE, put


def test_only_something_new_that_no_longer_changes_is_due() -> None:
    watched = Watched({"a": (1, 1)}, {"a": (1, 1)}, 0)
    assert not watched.is_due(1000, 120)
    growing = watched.look({"a": (1, 1), "b": (5, 2)}, 1000)
    assert not growing.is_due(1119, 120)
    assert growing.is_due(1120, 120)
    grown = growing.look({"a": (1, 1), "b": (9, 3)}, 1100)
    assert not grown.is_due(1120, 120)
    assert grown.is_due(1220, 120)
    assert not grown.took().is_due(5000, 120)
    assert not grown.took().look({"a": (1, 1)}, 5000).is_due(9000, 120)


@given(st.lists(st.integers(0, 3), max_size=30))
def test_no_run_is_due_before_the_files_were_still_for_long_enough(sizes: list[int]) -> None:
    watched, changed = Watched({}), 0
    previous: dict[str, tuple[int, int]] = {}
    for at, size in enumerate(sizes, 1):
        found = {"a": (size, 0)} if size else {}
        changed = at if found != previous else changed
        previous = found
        watched = watched.look(found, at)
        assert watched.is_due(at, 3) == (bool(found) and at - changed >= 3)


@pytest.fixture
def site(tmp_path: Path) -> SitePaths:
    """A site that looks every second and takes a file for whole after three."""
    (tmp_path / "raw" / "tickets").mkdir(parents=True)
    (tmp_path / "data").symlink_to(ROOT / "data")  # for the model
    settings = "[schedule]\nwatch_seconds = 1\nsettle_seconds = 3\n"
    (tmp_path / "hotline.toml").write_text(settings, encoding="utf-8")
    return site_paths(tmp_path / "raw", tmp_path / "out")


def files(site: SitePaths) -> int:
    with Reader.open(site.snapshot) as reader:
        return int(reader.query("status_counts")["files"].iloc[0])


def wait_for_files(site: SitePaths, count: int, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if site.snapshot.exists() and files(site) == count:
            return
        time.sleep(0.5)
    raise AssertionError(f"no run took {count} files within {seconds} s")


@pytest.mark.slow
def test_a_dropped_file_is_taken_when_whole_and_after_the_run_that_is_going_on(
    site: SitePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_HOME", str(site.raw.parent))
    put(site, "旧.csv", BENCH)
    command = [sys.executable, "-m", "flows.cli", "watch", "--raw", str(site.raw), "--processed", str(site.processed)]
    watching = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT)
    try:
        assert watching.stdout is not None
        assert "守候" in watching.stdout.readline().decode()
        time.sleep(2)
        row = "{},2026年3月5日 8时1分,,,路灯,路灯不亮。\n"
        growing = site.raw / "tickets" / "新.csv"
        growing.write_text(HEAD, encoding="utf-8")
        for number in range(6):  # it grows for longer than a still file has to wait
            time.sleep(1)
            with growing.open("a", encoding="utf-8") as file:
                file.write(row.format(22040001 + number))
        assert not site.snapshot.exists()
        wait_for_files(site, 2)
        with FileLock(site.lock):
            put(site, "再新.csv", OUT_OF_SCOPE, first=22050001)
            time.sleep(8)
            assert files(site) == 2
        wait_for_files(site, 3)
    finally:
        watching.send_signal(signal.SIGTERM)
        told = watching.communicate(timeout=60)[0].decode()
    assert watching.returncode == 0
    assert told.count("收件　读入文件") == 2
    assert "数据行 7 = 新收 7" in told
    assert told.endswith("已停止。\n")
