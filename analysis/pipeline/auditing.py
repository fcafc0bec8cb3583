"""Tells who did what, from the ledger, or from the snapshot while a run goes on."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from analysis.config import load_settings
from analysis.errors import BusyError, UsageError
from analysis.exchange.audit_list import write_audit
from analysis.ledger.audit import Act, audit
from analysis.ledger.store import Reader
from analysis.pipeline.night import today
from analysis.site import SitePaths


def audit_site(
    paths: SitePaths, since: date | None = None, person: str | None = None, problem_id: str | None = None
) -> list[Act]:
    """Return what was done; see `audit`.

    Raises:
        UsageError: nothing was run yet.
    """
    try:
        reader = Reader.open(paths.ledger)
    except (BusyError, UsageError, PermissionError):
        reader = Reader.open(paths.snapshot)
    with reader:
        return audit(reader, since, person, problem_id)


def write_audit_workbook(
    path: Path,
    paths: SitePaths,
    acts: Sequence[Act],
    since: date | None = None,
    person: str | None = None,
    problem_id: str | None = None,
) -> Path:
    """Write acts as a workbook that says which they are, and return its path.

    Raises:
        UsageError: there is no such folder, or the file is no workbook.
    """
    if path.suffix.lower() != ".xlsx":
        raise UsageError(f"{path} 不是工作簿的名称。请写成 .xlsx。")
    if not path.parent.is_dir():
        raise UsageError(f"没有目录 {path.parent}。请先建立该目录。")
    settings = load_settings(paths.settings)
    asked = (since and f"{since:%Y-%m-%d} 起", person, problem_id)
    chosen = f"{'，'.join(part for part in asked if part) or '全部'}，共 {len(acts)} 项"
    return write_audit(path, map(vars, acts), chosen, settings.site.office, today(settings))
