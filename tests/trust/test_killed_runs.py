"""Runs killed at random moments, again and again, and started again: the end is that of a run left alone."""

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from analysis.site import SitePaths
from tests.trust.forked import finish, kill_after, load
from tests.trust.runs import differences, said, small_site, start_run
from tests.trust.tally import Tally

_KILLS = (2, 2, 3)
_ALWAYS_DONE = 0.4
"""Share of a run that is done again however far the killed one came: opening and publishing."""
_SOONER = 0.7
"""By what the moments of killing are multiplied where a run ended before the last of them."""


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
        if not kill_after(moment, start_run(site)):
            return position
    return len(moments)


@pytest.mark.promise("kill")
def test_killed_again_and_again_and_started_again_the_end_is_the_same(
    tmp_path: Path, tally: Tally, times: Callable[[int, int], int]
) -> None:
    """Each site is run once undisturbed, then killed in several ways."""
    load()
    for seed in range(times(1, 10)):
        rng, undisturbed = Random(seed), small_site(tmp_path / str(seed), seed)
        begin = time.monotonic()
        assert finish(start_run(undisturbed)) == 0, said(undisturbed)
        seconds = time.monotonic() - begin
        killed = replace(undisturbed, processed=undisturbed.processed.with_name("killed"))
        for scenario in range(times(1, 5)):
            moments = _moments(seconds, rng)
            while _kill_often(killed, moments) < len(moments):
                shutil.rmtree(killed.processed)
                moments = [moment * _SOONER for moment in moments]
            assert finish(start_run(killed)) == 0, said(killed)
            found = differences(undisturbed, killed)
            for moment in moments:
                tally.count(not found, f"site {seed}.{scenario}, killed at {moment / seconds:.2f} of a run: {found}")
            shutil.rmtree(killed.processed)
