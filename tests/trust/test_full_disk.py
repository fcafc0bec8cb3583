"""Disks of all sizes that fill up in the midst of a command: one line, no torn file, and nothing lost afterwards."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import pytest

from analysis.ledger.store import Reader
from analysis.site import SitePaths
from tests.trust.forked import finish
from tests.trust.runs import differences, said, small_site, start_hotline, start_run
from tests.trust.tally import Tally

_FULL = 6
"""The exit code for files that cannot be written."""
_SPARE = 2**26


@contextmanager
def _disk(folder: Path, size: int) -> Iterator[Path]:
    """Give a disk of so many bytes; `mount` again, with another size, makes it larger."""
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _resize(disk: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


def _faults(site: SitePaths, status: int) -> list[str]:
    """Return what is wrong with how a command ended on a full disk, and with the files that it left."""
    lines = [line for line in said(site).splitlines() if line.startswith("错误：")]
    found = []
    if status not in (0, _FULL) or (status and len(lines) != 1) or "Traceback" in said(site):
        found.append(f"ended with {status}: {said(site)[-400:]}")
    if status == _FULL and not any("磁盘已满" in line for line in lines):
        found.append(f"does not say that the disk is full: {lines}")
    return found + [path.name for path in site.processed.rglob("*") if path.is_file() and not _is_whole(path)]


def _is_whole(path: Path) -> bool:
    """Say whether a file under a final name is all there."""
    if path.suffix in (".xlsx", ".docx"):
        try:
            with ZipFile(path) as parts:
                return parts.testzip() is None
        except BadZipFile:
            return False
    if path.name == "snapshot.duckdb":
        with Reader.open_apart(path) as reader:
            return not reader.missing_columns() and len(reader.tables()) > 0
    if path.name.endswith(".html"):
        return path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    return path.stat().st_size > 0 or path.suffix in (".lock", ".wal", ".partial", ".building", ".tmp")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> SitePaths:
    site = small_site(tmp_path_factory.mktemp("roomy"), 3)
    assert finish(start_run(site)) == 0, said(site)
    return site


@pytest.mark.promise("full_disk")
def test_a_night_on_a_full_disk_is_told_in_one_line_and_goes_on_later(
    undisturbed: SitePaths, tmp_path: Path, tally: Tally, times: Callable[[int, int], int]
) -> None:
    needed = 2 * sum(path.stat().st_size for path in undisturbed.processed.rglob("*") if path.is_file())
    many = times(2, 24)
    for number in range(many):
        size = int(needed * (number + 0.5) / many)
        with _disk(tmp_path / str(number), size) as disk:
            site = replace(undisturbed, processed=disk / "processed")
            status = finish(start_run(site))
            found = _faults(site, status)
            _resize(disk, needed + _SPARE)
            assert finish(start_run(site)) == 0, said(site)
            found += differences(undisturbed, site)
            tally.count(not found, f"{size} of {needed} bytes: {found}")


@pytest.mark.promise("full_disk")
@pytest.mark.parametrize("command", ["export", "report"])
def test_workbooks_and_reports_on_a_full_disk_stay_what_they_were(
    undisturbed: SitePaths, tmp_path: Path, tally: Tally, times: Callable[[int, int], int], command: str
) -> None:
    """The room that is left grows from nothing to what all files of the command need."""
    many = times(1, 6)
    with _disk(tmp_path / "disk", 2**28) as disk:
        site = replace(undisturbed, processed=disk / "processed")
        shutil.copytree(undisturbed.processed, site.processed)
        for number in range(many):
            used = 2**28 - shutil.disk_usage(disk).free
            _resize(disk, used + 4096 + number * 100_000)
            status = finish(start_hotline(site, command))
            found = _faults(site, status)
            tally.count(not found, f"{command}, try {number}: {found}")
            _resize(disk, 2**28)
        assert finish(start_hotline(site, command)) == 0, said(site)
        assert not _faults(site, 0)
