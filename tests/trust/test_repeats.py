"""The same input again, four starts at once, a clock set back, another time zone: nothing new, one run, same days."""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from analysis.contracts import EVENTS, PROBLEMS
from analysis.ledger.store import Reader
from analysis.pipeline import night
from analysis.pipeline.night import open_night
from analysis.pipeline.stages import STAGES, run_stage
from analysis.pipeline.verifying import verify_ledger
from analysis.site import SitePaths
from tests.trust.forked import finish, start
from tests.trust.runs import small_site, start_run
from tests.trust.tally import Tally

_BUSY = 4
"""The exit code for a run that finds another one going on."""
_AFTER_MIDNIGHT = datetime(2026, 11, 19, 16, 30, tzinfo=UTC)
"""At the site, while it is still the day before elsewhere."""
_SET_BACK = (timedelta(minutes=61), timedelta(days=1), timedelta(days=40), timedelta(days=400))
_ZONES = ("UTC", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Shanghai")


class _Clock:
    """A clock that stands still, wherever the machine says that it is."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self, zone: ZoneInfo) -> datetime:
        return self._at.astimezone(zone)


def _run_at(site: SitePaths, at: datetime, zone: str) -> None:
    """Run a night without publishing, in a child, by its own clock and in its own time zone."""
    os.environ["TZ"] = zone
    time.tzset()
    night.datetime = _Clock(at)  # type: ignore[assignment,misc]
    with open_night(site) as run:
        for stage in STAGES[:-1]:
            run_stage(run, stage)


def _state(site: SitePaths) -> tuple[list[dict[str, object]], int]:
    """Return all problems, with their deadlines, and the number of events."""
    with Reader.open(site.ledger) as reader:
        return reader.table(PROBLEMS).drop(columns="run_id").to_dict("records"), len(reader.table(EVENTS))


def _is_sound(site: SitePaths) -> bool:
    return not any(finding.differences for finding in verify_ledger(site))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> SitePaths:
    """A site after one night."""
    site = small_site(tmp_path_factory.mktemp("repeated"), 5)
    assert finish(start(_run_at, site, _AFTER_MIDNIGHT, "Asia/Shanghai")) == 0
    return site


def _copy(first: SitePaths, folder: Path) -> SitePaths:
    """Return a copy of the results of that night, and of its raw files."""
    shutil.copytree(first.raw, folder / "raw")
    shutil.copytree(first.processed, folder / "processed")
    return replace(first, raw=folder / "raw", processed=folder / "processed")


@pytest.mark.promise("repeat")
def test_the_same_input_three_times_makes_no_event(
    first: SitePaths, tmp_path: Path, tally: Tally, times: Callable[[int, int], int]
) -> None:
    """The third time, the files have other names."""
    for number in range(times(1, 3)):
        site = _copy(first, tmp_path / str(number))
        for again in range(2):
            if again:
                for path in [p for p in site.raw.rglob("*") if p.is_file()]:
                    path.rename(path.with_name(f"再次{path.name}"))
            assert finish(start(_run_at, site, _AFTER_MIDNIGHT + timedelta(hours=6), "UTC")) == 0
            tally.count(_state(site) == _state(first) and _is_sound(site), f"start {again + 2} of round {number}")


@pytest.mark.promise("repeat")
def test_of_four_starts_at_once_one_runs(tmp_path: Path, tally: Tally, times: Callable[[int, int], int]) -> None:
    for number in range(times(1, 5)):
        site = small_site(tmp_path / str(number), number)
        statuses = sorted(finish(child) for child in [start_run(site) for _ in range(4)])
        tally.count(statuses == [0, _BUSY, _BUSY, _BUSY], f"round {number}: {statuses}")
        tally.count(_is_sound(site), f"round {number}: ledger")


@pytest.mark.promise("repeat")
def test_a_clock_that_was_set_back_changes_no_deadline(
    first: SitePaths, tmp_path: Path, tally: Tally, times: Callable[[int, int], int]
) -> None:
    for back in _SET_BACK[: times(1, len(_SET_BACK))]:
        site = _copy(first, tmp_path / str(back.days))
        assert finish(start(_run_at, site, _AFTER_MIDNIGHT - back, "Asia/Shanghai")) == 0
        tally.count(_state(site) == _state(first) and _is_sound(site), f"back by {back}")


@pytest.mark.promise("repeat")
def test_the_time_zone_of_the_machine_changes_no_day(
    first: SitePaths, tmp_path: Path, tally: Tally, times: Callable[[int, int], int]
) -> None:
    """The first night sets the deadlines, the second, a day later, leaves them."""
    for number, zone in enumerate(_ZONES[: times(1, len(_ZONES))]):
        site = replace(first, processed=tmp_path / str(number))
        for day in range(times(1, 2)):
            assert finish(start(_run_at, site, _AFTER_MIDNIGHT + timedelta(days=day), zone)) == 0
            tally.count(_state(site) == _state(first), f"night {day} in {zone}")
