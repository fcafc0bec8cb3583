"""Night after night in one process: memory stays flat after a while, files grow no faster than what is in them."""

import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.pipeline.night import Counts, open_night
from analysis.pipeline.night import finish as finish_run
from analysis.pipeline.stages import STAGES, run_night, run_stage
from analysis.site import SitePaths, site_paths
from tests.simulated_callers import Callers
from tests.simulated_office import simulated_time
from tests.trust.forked import finish, pipe, start
from tests.trust.tally import Tally

_FIRST_DAY, _AT_NIGHT = date(2027, 1, 4), time(2, 30)
_WEEK, _PER_NIGHT, _SEED = 7, 6, 1
_MEMORY, _GROWTH = 1.25, 1.5
"""How much more there may be at the end than after the warm-up, and in the second half than in the first."""
_SLACK = 4 * 2**20
"""Bytes that say nothing: DuckDB's files grow by blocks."""


@dataclass(frozen=True)
class Night:
    """What there was after a night: bytes in memory and in files; whether its rows were all accounted for."""

    memory: int
    files: int
    is_balanced: bool


def _live(folder: Path, count: int, answer: Any) -> None:
    """Let so many nights pass in this process, and send what there was after each."""
    (folder / "raw" / "posts").mkdir(parents=True)
    (folder / "raw" / "tickets").mkdir()
    site = site_paths(folder / "raw", folder / "processed")
    callers = Callers(site.raw / "tickets", _SEED, _PER_NIGHT)
    nights = []
    with simulated_time() as clock:
        for n in range(count):
            day = _FIRST_DAY + timedelta(days=n)
            callers.drop(day - timedelta(days=1), day - timedelta(days=1), {})
            clock.set(day, _AT_NIGHT)
            rows = (run_night(site) if n % _WEEK == 0 else _night_without_workbooks(site))["rows"]
            nights.append(Night(_resident(), _size(site), rows == sum(list(callers.expected.values())[-1].values())))
    answer.send(nights)


def _night_without_workbooks(site: SitePaths) -> Counts:
    """Run a night that publishes the snapshot only: workbooks are half of a small night's time."""
    with open_night(site) as night:
        for stage in STAGES[:-1]:
            run_stage(night, stage)
        finish_run(night, "finished")
        night.store.publish(site.snapshot)
        return dict(night.counts)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


def _size(site: SitePaths) -> int:
    return sum(path.stat().st_size for path in (site.ledger, site.snapshot))


def _grown(sizes: Sequence[int]) -> int:
    return sizes[-1] - sizes[0]


@pytest.mark.promise("soak")
def test_nights_without_end_take_no_more_memory_and_no_more_room_than_their_data(
    tmp_path: Path, tally: Tally, times: Callable[[int, int], int]
) -> None:
    count = times(6, 365)
    hear, answer = pipe()
    living = start(_live, tmp_path, count, answer)
    answer.close()
    nights: list[Night] = hear.recv()
    assert finish(living) == 0
    for number, night in enumerate(nights):
        tally.count(night.is_balanced, f"night {number}")
    warm, half = count // 4, count // 2
    first, last = max(n.memory for n in nights[warm:half]), max(n.memory for n in nights[-warm:])
    tally.count(last <= _MEMORY * first, f"memory: {first} bytes at first, {last} in the end")
    sizes = [night.files for night in nights]
    early, late = _grown(sizes[: half + 1]), _grown(sizes[half:])
    tally.count(late <= _GROWTH * early + _SLACK, f"files: grown by {early} bytes at first, by {late} later")
    _tell(nights)


def _tell(nights: Sequence[Night]) -> None:
    """Print a few of the figures, for pytest -s."""
    for number in range(0, len(nights), max(1, len(nights) // 12)):
        night = nights[number]
        sys.stdout.write(f"night {number}: {night.memory / 2**20:.0f} MB, files {night.files / 2**20:.1f} MB\n")
