"""Gathers the facts about an installation that `analysis.health` judges; reads only."""

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from analysis.assist.prompt import load_prompt
from analysis.chinese_font import missing_characters
from analysis.classify.cues import load_cues
from analysis.codebook.look_back import load_look_back
from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.config import Settings, load_settings
from analysis.errors import BusyError, HotlineError, IntegrityError, SettingsError, UsageError
from analysis.exchange.places import load_coarse_places
from analysis.health import Facts, Finding, Holder, LastRun, Model, Service, Year, closed_to_us, examine
from analysis.ingest.discover import FILE_KINDS, is_skipped, misplaced
from analysis.ingest.identity import load_or_create_key
from analysis.ingest.masking.rules import load_masking_rules, load_name_rules
from analysis.ingest.sources import load_sources
from analysis.ledger.deadlines import load_deadlines
from analysis.ledger.life_cycle import load_life_cycle
from analysis.ledger.likelihood import load_judge
from analysis.ledger.store import Reader
from analysis.ledger.themes import load_themes
from analysis.ledger.working_days import WorkingCalendar, load_calendar
from analysis.notices import Notices
from analysis.pipeline.night import now
from analysis.site import KEY_ITSELF_VARIABLE, SitePaths
from analysis.training import model_misfit

_DRAWN = "执法问题整改台账（件）逐利粗暴寻租"
"""What figures have to write."""
_NOBODY_ELSE, _NO_STRANGER = 0o077, 0o007
_LOCKS, _MEMORY = Path("/proc/locks"), Path("/proc/meminfo")
_LOCK_LINE = re.compile(r"FLOCK +\S+ +WRITE +(?P<pid>\d+) +\S+:(?P<inode>\d+) ")
_AVAILABLE = re.compile(r"MemAvailable:\s+(\d+) kB")


def examine_site(paths: SitePaths, service: Service | None) -> list[Finding]:
    """Gather all facts about a site and judge them.

    Wrong settings are a finding; the other checks then go by the shipped ones.

    Args:
        paths: the site.
        service: the Prefect server that it is configured for; None if it uses none.
    """
    for folder in map(_existing, (paths.settings, paths.processed, paths.key.parent, paths.labels, paths.models)):
        if not _may(folder, os.R_OK | os.X_OK):
            return [closed_to_us(folder)]
    try:
        settings, faults = load_settings(paths.settings), []
    except SettingsError as error:
        settings, faults = load_settings(), [str(error)]
    return examine(gather(paths, settings, [*faults, *_codebook_faults(paths)], service), settings.doctor)


def gather(paths: SitePaths, settings: Settings, settings_faults: Iterable[str], service: Service | None) -> Facts:
    """Return the facts about a site as they are now."""
    at = now(settings)
    zone = ZoneInfo(settings.site.timezone)
    holder = _holder(paths.lock, zone)
    ledger = _ledger(paths)
    usable = _existing(paths.processed)
    sizes = [path.stat().st_size for path in (paths.ledger, paths.snapshot) if path.is_file()]
    here = datetime.now().astimezone()
    raw_fault, unreadable, misplaced_names = _raw(paths.raw)
    return Facts(
        settings_faults=tuple(settings_faults),
        font_fault=_font_fault(),
        holder=holder,
        free_bytes=shutil.disk_usage(usable).free,
        ledger_bytes=sum(sizes),
        processed=paths.processed,
        exposed=tuple(_exposed(paths)),
        open_raw=_is_open(paths.raw),
        unwritable=tuple(p for p in (usable, _existing(paths.models)) if not _may(p, os.W_OK | os.X_OK)),
        umask=_umask(),
        has_key=paths.key.exists() or KEY_ITSELF_VARIABLE in os.environ,
        key_fault=_key_fault(paths, has_complaints=ledger.has_complaints),
        years=tuple(_years(paths, at.year)),
        model=_model(paths),
        snapshot_at=_modified(paths.snapshot, zone) if paths.snapshot.is_file() else None,
        last_run=ledger.last_run,
        ledger_fault=ledger.fault,
        event_count=ledger.event_count,
        now=at,
        timezone=settings.site.timezone,
        machine_offset=here.utcoffset() or timedelta(),
        site_offset=here.astimezone(zone).utcoffset() or timedelta(),
        service=service,
        raw=paths.raw,
        raw_fault=raw_fault,
        unreadable=tuple(unreadable),
        misplaced=tuple(misplaced_names),
        notified_count=len(settings.notify.urls),
        notice_fault=_notice_fault(paths.notices),
        free_memory_bytes=_free_memory(),
        read_memory_bytes=settings.ingest.read_memory_mb * 2**20,
    )


def _codebook_faults(paths: SitePaths) -> Iterator[str]:
    try:
        scheme = load_scheme(paths.codebook)
    except SettingsError as error:  # all other files refer to it
        yield str(error)
        return
    by_scheme: tuple[Callable[..., object], ...] = (load_cues, load_deadlines, load_themes, load_prompt)
    alone: tuple[Callable[..., object], ...] = (
        load_units, load_sources, load_masking_rules, load_name_rules, load_calendar, load_life_cycle, load_judge,
        load_look_back, load_coarse_places,
    )  # fmt: skip
    for load in (*by_scheme, *alone):
        try:
            load(*([scheme] if load in by_scheme else []), paths.codebook)
        except SettingsError as error:
            yield str(error)


def _font_fault() -> str:
    try:
        missing = missing_characters(_DRAWN)
    except (OSError, RuntimeError):
        return "图表用的中文字体打不开"
    return f"图表用的字体缺“{missing}”等字" if missing else ""


def _holder(lock: Path, zone: ZoneInfo) -> Holder | None:
    """Return who holds the lock, as the kernel tells it: trying the lock could make a run of this moment fail."""
    if not lock.is_file() or not _LOCKS.is_file():
        return None
    inode = lock.stat().st_ino
    for line in _LOCKS.read_text(encoding="ascii").splitlines():
        found = _LOCK_LINE.search(line)
        if found and int(found["inode"]) == inode:
            return Holder(int(found["pid"]), _modified(lock, zone))
    return None


@dataclass(frozen=True)
class _Ledger:
    """What the ledger, or else the snapshot, tells; see `Facts`."""

    last_run: LastRun | None = None
    has_complaints: bool = False
    fault: str = ""
    event_count: int | None = None


def _ledger(paths: SitePaths) -> _Ledger:
    head_path = paths.ledger.with_suffix(".head")
    if head_path.exists() and not paths.ledger.exists():
        return _Ledger(fault=f"链首文件 {head_path} 还在，台账 {paths.ledger} 却不见了")
    try:
        with Reader.open(paths.ledger) as reader:
            told = _told_by(reader)
            try:
                kept, head = reader.kept_head(head_path), reader.head()
            except IntegrityError as error:
                return replace(told, fault=str(error))
            is_later = kept.sequence > head.sequence or (kept.sequence == head.sequence and kept.hash != head.hash)
            fault = f"链首文件 {head_path} 与台账 {paths.ledger} 不相符" if is_later else ""
            return replace(told, fault=fault, event_count=head.sequence)
    except IntegrityError as error:
        return _Ledger(fault=str(error))
    except OSError:
        return _Ledger(fault=f"台账 {paths.ledger} 读不出来")
    except (BusyError, UsageError):
        return _published(paths.snapshot)


def _published(snapshot: Path) -> _Ledger:
    try:
        with Reader.open(snapshot) as reader:
            return _told_by(reader)
    except (HotlineError, OSError):  # the check of the snapshot tells of it
        return _Ledger()


def _told_by(reader: Reader) -> _Ledger:
    has_complaints = bool(reader.query("has_complaints")["has_complaints"].iloc[0])
    return _Ledger(_last_run(reader), has_complaints)


def _last_run(reader: Reader) -> LastRun | None:
    for run in reader.query("last_run").to_dict("records"):
        ended = None if pd.isna(run["finished_at"]) else run["finished_at"].to_pydatetime()
        return LastRun(str(run["run_id"]), run["started_at"].to_pydatetime(), ended, str(run["status"]))
    return None


def _exposed(paths: SitePaths) -> Iterator[Path]:
    private = [
        paths.ledger, paths.ledger.with_name(paths.ledger.name + ".wal"), paths.ledger.with_suffix(".head"),
        paths.processed / "线索移送清单.xlsx", *paths.key.parent.glob(f"{paths.key.name}*"),
        *_tree(paths.labels), *_tree(paths.models / "labels"),
    ]  # fmt: skip
    yield from (path for path in private if path.exists() and path.stat().st_mode & _NOBODY_ELSE)
    office = [paths.snapshot, *paths.processed.glob("*.xlsx")]
    yield from (p for p in office if p not in private and p.is_file() and p.stat().st_mode & _NO_STRANGER)


def _tree(folder: Path) -> list[Path]:
    return [folder, *folder.rglob("*")] if folder.is_dir() else []


def _is_open(raw: Path) -> bool:
    return raw.is_dir() and bool(raw.stat().st_mode & _NO_STRANGER)


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _key_fault(paths: SitePaths, *, has_complaints: bool) -> str:
    if not paths.key.exists() and KEY_ITSELF_VARIABLE not in os.environ and not has_complaints:
        return ""
    try:
        load_or_create_key(paths.key, may_create=False)
    except SettingsError as error:
        return str(error)
    return ""


def _years(paths: SitePaths, year: int) -> Iterator[Year]:
    try:
        calendar = load_calendar(paths.codebook)
    except SettingsError:  # told among the settings
        calendar = WorkingCalendar({})
    for one in (year, year + 1):
        yield Year(one, calendar.is_published(one), sum(day.year == one for day in calendar.overrides))


def _model(paths: SitePaths) -> Model:
    try:
        return Model(*model_misfit(paths.models, paths.codebook))
    except HotlineError as error:
        return Model(fault=str(error))


def _raw(raw: Path) -> tuple[str, list[Path], list[str]]:
    folders = [raw / kind for kind in FILE_KINDS if (raw / kind).is_dir()]
    if not folders:
        return f"原始目录 {raw} 里没有 tickets 或 posts 子目录", [], []
    closed = [p for folder in folders for p in _unreadable(folder)]
    return "", sorted(closed), misplaced(raw)


def _unreadable(folder: Path) -> Iterator[Path]:
    if not _may(folder, os.R_OK | os.X_OK):
        yield folder
        return
    for path in folder.iterdir():
        if is_skipped(path.name):
            continue
        if path.is_dir():
            yield from _unreadable(path)
        elif not _may(path, os.R_OK):
            yield path


def _notice_fault(path: Path) -> str:
    try:
        missed = Notices.read(path).undelivered
    except IntegrityError as error:
        return str(error)
    return str(missed) if missed else ""


def _may(path: Path, access: int) -> bool:
    return os.access(path, access, effective_ids=True)


def _existing(path: Path) -> Path:
    """Return the path, or the nearest folder above it that exists."""
    return next(p for p in (path, *path.absolute().parents) if os.path.exists(p))  # noqa: PTH110 - never raises


def _modified(path: Path, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, zone).replace(tzinfo=None)


def _free_memory() -> int | None:
    found = _AVAILABLE.search(_MEMORY.read_text(encoding="ascii")) if _MEMORY.is_file() else None
    return int(found[1]) * 1024 if found else None
