"""Runs killed at random moments, again and again, and started again: the end is that of a run left alone."""

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest

from analysis.pipeline.verifying import verify_ledger
from analysis.site import SitePaths, site_paths
from tests.ledger_content import differing_tables
from tests.trust.forked import Child, command, finish, kill_after, load, start
from tests.trust.site_cuts import cut_site
from tests.trust.tally import Tally

AS_OF = date(2026, 11, 20)
_KILLS = (2, 2, 3)
_ALWAYS_DONE = 0.4
"""Share of a run that is done again however far the killed one came: opening and publishing."""
_SOONER = 0.7
"""By what the moments of killing are multiplied where a run ended before the last of them."""


def _run(site: SitePaths) -> Child:
    arguments = ["run", "--plain", "--raw", str(site.raw), "--processed", str(site.processed)]
    site.processed.mkdir(exist_ok=True)
    said = site.processed.with_suffix(".said")
    return start(command, [*arguments, "--as-of", AS_OF.isoformat()], said, {"HOTLINE_KEY_FILE": str(site.key)})


def _said(site: SitePaths) -> str:
    return site.processed.with_suffix(".said").read_text(encoding="utf-8")


def _moments(seconds: float, rng: Random) -> list[float]:
    """Return when to kill one start after the other, each at any moment of the work that is left by then."""
    moments, left = list[float](), seconds
    for _ in range(rng.choice(_KILLS)):
        moments.append(rng.uniform(0.03, 0.95) * left)
        left = max(left - moments[-1], _ALWAYS_DONE * seconds)
    return moments


def _kill_often(site: SitePaths, moments: list[float]) -> int:
    """Start runs and kill each at its moment; return how many live ones were killed before one was done."""
    for position, moment in enumerate(moments):
        if not kill_after(moment, _run(site)):
            return position
    return len(moments)


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _differences(undisturbed: SitePaths, killed: SitePaths) -> list[str]:
    """Return in what two sites differ: tables of ledger and snapshot, files, and what `hotline verify` finds."""
    found = differing_tables(undisturbed.ledger, killed.ledger)
    found += [f"snapshot {name}" for name in differing_tables(undisturbed.snapshot, killed.snapshot)]
    found += sorted(_files(undisturbed.processed) ^ _files(killed.processed))
    return found + [finding.name for finding in verify_ledger(killed) if finding.differences]


@pytest.mark.promise("kill")
def test_killed_again_and_again_and_started_again_the_end_is_the_same(
    tmp_path: Path, tally: Tally, times: Callable[[int, int], int]
) -> None:
    """Each site is run once undisturbed, then killed in several ways; the key is the same, as digests are compared."""
    load()
    for seed in range(times(1, 10)):
        rng, folder = Random(seed), tmp_path / str(seed)
        cut_site(folder / "raw", rng)
        undisturbed = replace(site_paths(folder / "raw", folder / "processed"), key=folder / "key")
        begin = time.monotonic()
        assert finish(_run(undisturbed)) == 0, _said(undisturbed)
        seconds = time.monotonic() - begin
        killed = replace(undisturbed, processed=folder / "killed")
        for scenario in range(times(1, 5)):
            moments = _moments(seconds, rng)
            while _kill_often(killed, moments) < len(moments):
                shutil.rmtree(killed.processed)
                moments = [moment * _SOONER for moment in moments]
            assert finish(_run(killed)) == 0, _said(killed)
            found = _differences(undisturbed, killed)
            for moment in moments:
                tally.count(not found, f"site {seed}.{scenario}, killed at {moment / seconds:.2f} of a run: {found}")
            shutil.rmtree(killed.processed)
