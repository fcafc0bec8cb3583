"""Two simulated years of an office, end to end through its own files; at the end all figures balance.

HOTLINE_YEARS_EVERY_DAYS says how many days lie between two nights; 1 runs all 730. With -s, growth is printed.
"""

import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from analysis.site import site_paths
from tests.office_balances import assert_balanced, matters_at_once, overlapping, partition
from tests.simulated_callers import OUTCOMES, Callers
from tests.simulated_office import Office, simulated_time

FIRST_DAY = date(2027, 1, 4)
DAYS = 730
EVERY_DAYS = int(os.environ.get("HOTLINE_YEARS_EVERY_DAYS", "91"))
PER_NIGHT = 30
SEED = 1
_RULES_CHANGE, _HOLIDAYS = timedelta(days=300), timedelta(days=400)
_PEOPLE_EVERY, _QUARTER, _HALF_A_YEAR = timedelta(days=14), timedelta(days=91), timedelta(days=182)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("years")
    for name in ("raw/tickets", "raw/posts", "desk", "codebook"):
        (folder / name).mkdir(parents=True)
    site = replace(site_paths(folder / "raw", folder / "processed"), settings=folder, codebook=folder / "codebook")
    with simulated_time() as clock:
        callers = Callers(site.raw / "tickets", SEED, PER_NIGHT)
        yield Office(site, clock, callers, random.Random(SEED), folder / "desk")


class Due:
    """Says when something that is done every so often is due again."""

    def __init__(self, every: timedelta) -> None:
        self._every = every
        self._last = FIRST_DAY

    def on(self, day: date) -> bool:
        if day - self._last < self._every:
            return False
        self._last = day
        return True


def live(office: Office) -> None:
    """Let two years pass."""
    people, quarter, balance = Due(_PEOPLE_EVERY), Due(_QUARTER), Due(_HALF_A_YEAR)
    rounds = 0
    for n in range(0, DAYS, EVERY_DAYS):
        day = FIRST_DAY + timedelta(days=n)
        start = time.process_time()
        office.night(day)
        _tell(office, time.process_time() - start)
        if balance.on(day):
            assert_balanced(office)
        office.morning()
        if not office.rules_version and day - FIRST_DAY >= _RULES_CHANGE:
            office.change_deadlines("2027.2")
        if not office.has_holidays and day - FIRST_DAY >= _HOLIDAYS:
            office.publish_holidays(2028)
        if people.on(day):
            rounds += 1
            office.answer()
            office.decide()
            if rounds % 3 == 1:
                office.review()
            if rounds % 5 == 3:
                office.place()
        if quarter.on(day):
            office.look_back()
    office.night(FIRST_DAY + timedelta(days=DAYS))
    assert_balanced(office)


def _tell(office: Office, seconds: float) -> None:
    """Print after each tenth night how far memory and files have grown."""
    if len(office.nights) % 10 == 1:
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
        sizes = [path.stat().st_size / 2**20 for path in (office.site.ledger, office.site.snapshot)]
        told = f"{len(office.callers.told)} complaints, {len(office.cards)} problems, {office.event_count()} events"
        ledger, snapshot = sizes
        sys.stdout.write(
            f"night {len(office.nights)}: {told}; {seconds:.1f} CPU s, "
            f"{resident:.0f} MB resident, ledger {ledger:.1f} MB, snapshot {snapshot:.1f} MB\n"
        )


def test_two_years_of_nights_and_answers_balance(office: Office) -> None:
    live(office)
    # Enough of all that can happen did, so that the balances were put to the test.
    kinds = {kind for _, kind in office.steps}
    assert kinds >= {"rectification_filed", "closure_requested", "closed", "looked_back", "problem_created", "merged"}
    assert kinds & {"extension_requested", "objection_raised", "closure_withdrawn"}
    assert len(office.decided) >= 10, office.decided
    assert set(office.files) >= {"taken in", "look-back"}
    assert sum(office.files[name] for name in ("twice", "late", "late and refused", "forged")) >= 3
    assert set(office.callers.totals) == set(OUTCOMES)
    assert office.callers.copies
    assert office.callers.retold
    assert office.callers.repeated
    assert "recurred" in set(office.table("events")["kind"])
    assert office.reviewed
    assert office.placed
    assert office.deadlines


def test_nights_find_the_matters_that_one_night_finds(office: Office, tmp_path: Path) -> None:
    if not office.nights:
        live(office)
    at_once = matters_at_once(office, tmp_path)
    kept = office.table("complaint_matters")
    by_night = dict(zip(kept["complaint_id"], kept["matter_id"], strict=True))
    assert at_once.keys() == by_night.keys()
    # What people ruled about, and what was compared before a later export changed it, only the nights can know:
    # each difference is about such a complaint, or about one that shares a matter with it on either side.
    touched = office.ruled | office.callers.updated
    apart = overlapping(partition(by_night) ^ partition(at_once))
    unexplained = [sorted(members) for members in apart if not members & touched]
    assert not unexplained, unexplained
    assert len(apart) <= len(touched)
