"""Starts a run when new raw files lie there whole: polls their sizes and times, as network shares tell of no change."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from analysis.config import Schedule
from analysis.ingest.discover import listing

Listing = Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Watched:
    """What is known of the raw files.

    taken: files (name to size and time) as they were when the last run began. seen: as they were last.
    still_since: since when `seen` has not changed, in seconds of any clock.
    """

    taken: Listing
    seen: Listing = field(default_factory=dict)
    still_since: float = 0.0

    def look(self, found: Listing, at: float) -> "Watched":
        """Return what is known after another look."""
        return self if found == self.seen else replace(self, seen=found, still_since=at)

    def is_due(self, at: float, settle_seconds: int) -> bool:
        """Say whether there is something new, and none of it has grown for so long."""
        return bool(self.seen.items() - self.taken.items()) and at - self.still_since >= settle_seconds

    def took(self) -> "Watched":
        """Return what is known once a run has begun that reads the files as they are."""
        return replace(self, taken=self.seen)


def watch(raw: Path, schedule: Schedule, start: Callable[[], bool], stop: Event) -> None:
    """Call `start` whenever new files in `raw` have stopped growing, until `stop` is set.

    The files that lie there already are left to the run of the night. Where `start` says that no run could be started
    (another one is going on), it is asked again at the next look.
    """
    present = listing(raw)
    watched = Watched(present, present, time.monotonic())
    while not stop.wait(schedule.watch_seconds):
        at = time.monotonic()
        watched = watched.look(listing(raw), at)
        if watched.is_due(at, schedule.settle_seconds) and start():
            watched = watched.took()
