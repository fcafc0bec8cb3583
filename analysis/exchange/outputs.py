"""All files that a run leaves for people: 整改台账, 问题清单, 线索移送清单, 移送上级清单 and 夜报."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.codebook.units import UnitRegister
from analysis.config import Settings
from analysis.exchange.complaint_details import mark_leads
from analysis.exchange.digest import build_digest
from analysis.exchange.edition import Edition, RunInfo
from analysis.exchange.files import SHARED_MODE, safe_file_name, write_atomically
from analysis.exchange.leads import has_leads, write_leads
from analysis.exchange.ledger_view import LedgerRules, build_ledger
from analysis.exchange.oversight import Oversight
from analysis.exchange.places import CoarsePlaces, load_coarse_places
from analysis.exchange.problem_list import write_problem_list
from analysis.exchange.replies import supervisor_replies
from analysis.exchange.shown import Shown
from analysis.exchange.superior_list import superior_problems, write_superior_list
from analysis.exchange.unit_workbook import UnitIssue, unit_problems, write_unit_workbook
from analysis.progress import Progress, no_progress
from analysis.time_left import TimeLeftOf

__all__ = ["RunInfo", "write_outputs"]

UNIT_FOLDER = "整改台账"
RETIRED_FOLDER = "已停用"
PROBLEM_LIST = "问题清单.xlsx"
LEADS = "线索移送清单.xlsx"
SUPERIOR_LIST = "移送上级清单.xlsx"
DIGEST = "夜报.md"
_LISTS = 4
"""Files beside the units' workbooks."""


def write_outputs(
    directory: Path,
    shown: Shown,
    settings: Settings,
    scheme: Scheme,
    units: UnitRegister,
    run: RunInfo,
    issue: UnitIssue,
    *,
    time_left: TimeLeftOf,
    source_names: Mapping[str, str] | None = None,
    places: CoarsePlaces | None = None,
    oversight: Oversight | None = None,
    progress: Progress = no_progress,
) -> list[Path]:
    """Write all workbooks and the digest of a run and return their paths.

    A workbook that this function wrote earlier and that has nothing to show any more (a unit without problems, no
    leads) is moved into the folder `已停用` beside it: nobody sends out an outdated list, and nothing that somebody
    wrote into it is lost. A retired file of the same name there is replaced.

    Args:
        directory: where the outputs go; it is made if need be.
        shown: what the ledger holds for them.
        settings: office, thresholds.
        scheme: categories and sub-problems.
        units: the register of units.
        run: the run to name on every output.
        issue: by what the units' workbooks are known again when they come back.
        time_left: tells how a problem stands to its deadline.
        source_names: Chinese names of the source codes.
        places: finds roads and subdistricts; the shipped data if not given.
        oversight: what is known of reviews, the elusion test and drift; nothing if not given.
        progress: told how many files are written.

    Raises:
        HotlineError: the tables contradict each other or the codebook.
    """
    edition = Edition(settings, scheme, units, run, source_names or {})
    rules = LedgerRules(time_left, places or load_coarse_places())
    oversight = oversight or Oversight()
    ledger = build_ledger(shown.problems, shown.links, scheme, units, run.as_of, rules)
    details = mark_leads(shown.details, scheme)
    directory.mkdir(mode=0o750, parents=True, exist_ok=True)
    replies = supervisor_replies(shown.steps)
    written = _write_unit_workbooks(directory / UNIT_FOLDER, ledger, edition, issue, replies, progress)
    progress("写清单", 0, _LISTS)
    written.append(write_problem_list(directory / PROBLEM_LIST, ledger, details, shown, edition, oversight))
    progress("写清单", 1, _LISTS)
    if has_leads(ledger, details):
        written.append(write_leads(directory / LEADS, ledger, details, shown.explanations, edition))
    else:
        _retire(directory / LEADS)
    for_superiors = superior_problems(ledger, edition)
    if len(for_superiors):
        written.append(write_superior_list(directory / SUPERIOR_LIST, for_superiors, edition))
    else:
        _retire(directory / SUPERIOR_LIST)
    progress("写清单", _LISTS - 1, _LISTS)
    digest = build_digest(ledger, shown, edition, oversight).encode()
    written.append(write_atomically(directory / DIGEST, digest, SHARED_MODE))
    progress("写清单", _LISTS, _LISTS)
    return written


def _write_unit_workbooks(
    folder: Path,
    ledger: pd.DataFrame,
    edition: Edition,
    issue: UnitIssue,
    replies: Mapping[str, str],
    progress: Progress,
) -> list[Path]:
    folder.mkdir(mode=0o750, exist_ok=True)
    written = []
    names = _workbook_names(edition.units)
    for position, (unit_id, name) in enumerate(names.items()):
        progress("写台账", position, len(names))
        path = folder / name
        if unit_problems(ledger, unit_id).empty:
            _retire(path)
        else:
            written.append(write_unit_workbook(path, ledger, edition.units[unit_id], edition, issue, replies))
    progress("写台账", len(names), len(names))
    return written


def _workbook_names(units: UnitRegister) -> dict[str, str]:
    """Return the file name of each unit's workbook; units of the same short name are told apart by their ids."""
    short_names = [safe_file_name(u.short_name) for u in units.unit]
    return {
        unit.unit_id: f"{name}（{safe_file_name(unit.unit_id)}）整改台账.xlsx"
        if short_names.count(name) > 1
        else f"{name}整改台账.xlsx"
        for unit, name in zip(units.unit, short_names, strict=True)
    }


def forget_retired_texts(directory: Path) -> None:
    """Delete the retired workbook that shows texts of complaints; units' workbooks show none."""
    (directory / RETIRED_FOLDER / LEADS).unlink(missing_ok=True)


def _retire(path: Path) -> None:
    if path.is_file():
        folder = path.parent / RETIRED_FOLDER
        folder.mkdir(mode=0o750, exist_ok=True)
        path.replace(folder / path.name)
