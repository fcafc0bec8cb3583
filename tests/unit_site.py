"""A site whose units have problems in every state that their ledgers show, without a night of complaints."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.codebook.scheme import load_scheme
from analysis.config import load_settings
from analysis.contracts import EVENTS, IMPORTS, PROBLEMS
from analysis.ingest.grid import FileInfo, Sheet
from analysis.ingest.identity import load_or_create_key
from analysis.ingest.reader import Task, read
from analysis.ingest.sandbox import Reading
from analysis.ledger.life_cycle import Role, load_life_cycle
from analysis.ledger.steps import Moment, Request, plain_problem, take_steps
from analysis.ledger.store import Reader, Store
from analysis.pipeline.night import open_ledger, open_night, today
from analysis.pipeline.publishing import publish_results
from analysis.site import SitePaths, site_paths

TODAY = today(load_settings())
REGISTERED = TODAY - timedelta(days=60)
DUE = TODAY + timedelta(days=10)
UNIT, OTHER = "furong.urban_management", "furong.traffic_police"
UNIT_BOOK, OTHER_BOOK = "区城管执法局整改台账.xlsx", "芙蓉交警大队整改台账.xlsx"
_LIFE_CYCLE, _SCHEME = load_life_cycle(), load_scheme()
_CODES = [s.sub_problem_code for s in _SCHEME.sub_problem if not _SCHEME.category_of(s.sub_problem_code).is_restricted]

CLOSING = {
    "handler": "王某",
    "measure": "1. 增设标识\n2. 首违提醒",
    "completed_on": TODAY - timedelta(days=9),
    "evidence": "整改方案〔2026〕12号、现场照片",
    "evidence_on": TODAY - timedelta(days=8),
}
"""What a request to close has to carry."""
FILED = CLOSING | {"supporting_unit": "区交通运输局", "leader": "李某", "goal": "不再发生", "progress": "达到序时进度"}
VERIFIED = {"verification": "属实整改", "verified_by": "赵某", "verified_on": TODAY - timedelta(days=2)}

PLAIN = [f"FR-2026-{n:04d}" for n in range(1, 13)]
"""Problems of the unit that wait to be handed over, nothing filed yet."""
RECTIFYING, OBJECTED, ASKED, VERIFYING, CLOSED, RELAPSED, MOVED, LEAD = (f"FR-2026-{n:04d}" for n in range(13, 21))
OTHERS = [f"FR-2026-{n:04d}" for n in range(21, 25)]
"""Problems of another unit."""
SHOWN = [*PLAIN, RECTIFYING, OBJECTED, ASKED, VERIFYING, RELAPSED]
"""What stands in the unit's ledger to be worked on."""


def ask(problem_id: str, kind: str, role: Role = Role.SYSTEM, **facts: Any) -> Request:
    return Request(problem_id, kind, role, "某人", facts)


def take(store: Store, requests: Iterable[Request], day: date = TODAY) -> None:
    """Take steps as the commands do it."""
    moment = Moment("", datetime(day.year, day.month, day.day, 9), day)
    taken = take_steps(
        requests, store.table(PROBLEMS), _LIFE_CYCLE, lambda c: _SCHEME.category_of(c).is_restricted, moment
    )
    assert not taken.refusals, taken.refusals[0].reason
    with store.transaction():
        store.put_problems(taken.problems)
        store.append_events(taken.events)
    store.keep_head()


def take_in(site: SitePaths, *requests: Request) -> None:
    with open_ledger(site) as store:
        take(store, requests)


def _registrations() -> Iterator[Request]:
    for n in range(1, 25):
        problem_id = f"FR-2026-{n:04d}"
        code = "rent_seeking.bribery" if problem_id == LEAD else _CODES[n % len(_CODES)]
        unit_id, kind = (OTHER, "交警") if problem_id in OTHERS else (UNIT, "城管")
        statement = f"第{n}类执法问题，“反映较多”，涉及若干路段"
        yield ask(
            problem_id,
            "problem_created",
            source="complaint",
            unit_kind=kind,
            sub_problem_code=code,
            theme_code="other",
            statement=statement,
        )
        yield ask(problem_id, "unit_assigned", unit_id=unit_id, unit_kind=kind, unit_reason="诉求指明该单位")
        yield ask(problem_id, "deadline_set", due_on=DUE, deadline_rule="2026.1：30 个工作日", is_due_provisional=False)


def _lives() -> Iterator[Request]:
    unit, supervisor = Role.UNIT, Role.SUPERVISOR
    yield ask(RECTIFYING, "rectification_filed", unit, **FILED)
    yield ask(OBJECTED, "objection_raised", unit, status_reason="不是本单位职责")
    for problem_id in (ASKED, VERIFYING, CLOSED, RELAPSED):
        yield ask(problem_id, "closure_requested", unit, **CLOSING)
    yield ask(VERIFYING, "verification_started", supervisor)
    for problem_id in (CLOSED, RELAPSED):
        yield ask(problem_id, "closed", supervisor, **VERIFIED)
    yield ask(RELAPSED, "recurred", status_reason="销号后又有 3 件")
    yield ask(MOVED, "transferred", supervisor, receiver="市局", status_reason="市级职责")


def build_unit_site(folder: Path) -> Path:
    """Make a site with problems in all states and its workbooks written; return its folder."""
    for kind in ("tickets", "posts"):
        (folder / "raw" / kind).mkdir(parents=True)
    paths = site_paths(folder / "raw", folder / "processed")
    load_or_create_key(paths.key, may_create=True)
    with open_night(paths, TODAY) as night:
        take(night.store, _registrations(), REGISTERED)
        take(night.store, _lives(), TODAY - timedelta(days=5))
        publish_results(night)
    return folder


def copy_unit_site(built: Path, folder: Path) -> SitePaths:
    """Return a copy of a built site in an empty folder."""
    shutil.copytree(built, folder, dirs_exist_ok=True)
    return site_paths(folder / "raw", folder / "processed")


@contextmanager
def quick_imports() -> Iterator[None]:
    """Read workbooks without a process of their own: many small files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.pipeline.returned_files.open_reading", read_here)
        yield


@contextmanager
def read_here(path: Path, limits: Any) -> Iterator[Reading]:
    from hashlib import sha256

    task = Task(path.suffix.lower(), limits.read_memory_mb, 60, limits.max_unpacked_mb, limits.max_rows_per_file)
    data = path.read_bytes()
    found: tuple[FileInfo, Iterator[Sheet]] = read(data, task)
    yield Reading(found[0], sha256(data).hexdigest(), found[1])


def problems(site: SitePaths) -> dict[str, dict[str, Any]]:
    with Reader.open(site.ledger) as reader:
        return {row["problem_id"]: plain_problem(row) for row in reader.table(PROBLEMS).to_dict("records")}


def events(site: SitePaths) -> list[dict[str, Any]]:
    with Reader.open(site.ledger) as reader:
        return reader.table(EVENTS).to_dict("records")


def imports(site: SitePaths) -> list[dict[str, Any]]:
    with Reader.open(site.ledger) as reader:
        return reader.table(IMPORTS).to_dict("records")
