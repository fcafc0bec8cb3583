"""One run of the night: its lock, its ledger, its clock, and the record of how it ended."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib.metadata import version
from itertools import count
from zoneinfo import ZoneInfo

import pandas as pd
from filelock import FileLock, Timeout

from analysis.codebook.scheme import Scheme, load_scheme
from analysis.codebook.units import UnitRegister, load_units
from analysis.codebook.version import codebook_version
from analysis.config import Settings, load_settings
from analysis.contracts import RUNS, Segmenter
from analysis.errors import BusyError, IntegrityError
from analysis.ledger.chain import SYSTEM, event_record
from analysis.ledger.steps import Moment
from analysis.ledger.store import Store
from analysis.pipeline.codebooks import keep_codebook, require_used
from analysis.progress import Progress, no_progress
from analysis.segment.jieba_segmenter import load_segmenter
from analysis.site import SitePaths

Counts = dict[str, int]
_PRIVATE_UMASK, _SHARED_MODE = 0o077, 0o640


def now(settings: Settings) -> datetime:
    """Return the local time of the site, without its zone."""
    return datetime.now(ZoneInfo(settings.site.timezone)).replace(tzinfo=None)


def today(settings: Settings) -> date:
    """Return today's date in the site's time zone."""
    return now(settings).date()


@dataclass(frozen=True)
class Night:
    """Everything that the stages of one run share; made by `open_night`.

    faults: what went wrong with single files; the other work goes on, and the run ends as failed.
    """

    paths: SitePaths
    settings: Settings
    scheme: Scheme
    units: UnitRegister
    segmenter: Segmenter
    store: Store
    moment: Moment
    progress: Progress
    counts: Counts = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@contextmanager
def open_night(paths: SitePaths, as_of: date | None = None, progress: Progress = no_progress) -> Iterator[Night]:
    """Take the lock, open the ledger and register a run; on the way out, record how it ended.

    Args:
        paths: the site.
        as_of: the day that deadlines count from; today in the site's time zone if not given.
        progress: told how far long work is.

    Raises:
        BusyError: another run of this site is going on.
        SettingsError, IntegrityError: see `load_settings` and `Store.open`.
        IntegrityError: at the end, when all else is done, if single files could not be taken in soundly.
    """
    settings = load_settings(paths.settings)
    with open_ledger(paths) as store:
        night = _night(paths, settings, store, as_of, progress)
        require_used(store, night.scheme)
        _start(night)
        try:
            yield night
            if night.faults:
                raise IntegrityError("；".join(night.faults))
        except BaseException:
            finish(night, "failed")
            raise


@contextmanager
def open_ledger(paths: SitePaths) -> Iterator[Store]:
    """Take the lock of the run and open the ledger for writing; both are given back on the way out.

    Raises:
        BusyError: a run of this site is going on.
        IntegrityError: see `Store.open`.
    """
    paths.processed.mkdir(parents=True, exist_ok=True, mode=0o750)
    lock = FileLock(paths.lock, mode=_SHARED_MODE)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise BusyError(f"另一次运行正在进行（{paths.lock}）。请等它结束后重试。") from error
    # The database's log, a half-built snapshot and the head of the chain are made with the umask's mode.
    umask = os.umask(_PRIVATE_UMASK)
    try:
        with Store.open(paths.ledger) as store:
            yield store
    finally:
        os.umask(umask)
        lock.release()


def _night(paths: SitePaths, settings: Settings, store: Store, as_of: date | None, progress: Progress) -> Night:
    at = now(settings)
    moment = Moment(_new_run_id(store, at), at, as_of or at.date())
    return Night(
        paths=paths,
        settings=settings,
        scheme=load_scheme(paths.codebook),
        units=load_units(paths.codebook),
        segmenter=load_segmenter(paths.codebook),
        store=store,
        moment=moment,
        progress=progress,
    )


def _new_run_id(store: Store, at: datetime) -> str:
    """Return an id that tells the moment; a clock that was set back comes by the same moment twice."""
    known = set(store.table(RUNS)["run_id"])
    moments = (at + timedelta(milliseconds=n) for n in count())
    ids = (f"R{moment:%Y%m%d-%H%M%S}-{moment.microsecond // 1000:03d}" for moment in moments)
    return next(run_id for run_id in ids if run_id not in known)


def _start(night: Night) -> None:
    night.store.apply("interrupt_runs")
    current = codebook_version(night.paths.codebook)
    keep_codebook(night.paths, current)
    earlier = night.store.query("last_run")["codebook_version"]
    record = {
        "run_id": night.moment.run_id,
        "sequence": int(night.store.query("next_run_sequence")["sequence"].iloc[0]),
        "started_at": night.moment.at,
        "finished_at": None,
        "as_of_date": night.moment.as_of,
        "status": "running",
        "software_version": version("hotline-ledger"),
        "codebook_version": current,
        "counts": None,
    }
    # In one transaction: a run killed here would else pass the change on to nobody.
    with night.store.transaction():
        night.store.append(RUNS, pd.DataFrame([record]))
        if len(earlier) and earlier.iloc[0] != current:
            night.store.append_events(_codebook_event(str(earlier.iloc[0]), current, night.moment))
    night.store.keep_head()


def _codebook_event(earlier: str, current: str, moment: Moment) -> pd.DataFrame:
    event = event_record(
        problem_id="",
        kind="codebook_changed",
        subject=moment.run_id,
        payload={"from": earlier, "to": current},
        actor=SYSTEM,
        at=moment.at,
        run_id=moment.run_id,
    )
    return pd.DataFrame([event])


def finish(night: Night, status: str) -> None:
    """Record how the run ended, and its counts so far."""
    counts = json.dumps(night.counts, ensure_ascii=False, sort_keys=True)
    night.store.apply(
        "finish_run", run_id=night.moment.run_id, status=status, finished_at=now(night.settings), counts=counts
    )
