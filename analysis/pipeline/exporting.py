"""Sends the units' ledgers out so that they are known again: versions kept, rows sealed with the site's key."""

from datetime import datetime

import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.config import Settings
from analysis.contracts import EXPORT_ROWS, EXPORTS, PROBLEMS
from analysis.exchange.seal import Seal
from analysis.exchange.unit_workbook import UnitIssue
from analysis.ingest.identity import load_or_create_key, purpose_key
from analysis.ledger.exports import Export, new_exports, present_exports
from analysis.ledger.life_cycle import load_life_cycle
from analysis.ledger.steps import IsRestricted
from analysis.ledger.store import Store
from analysis.site import SitePaths

_PURPOSE = "unit workbook"


def record_exports(store: Store, paths: SitePaths, scheme: Scheme, at: datetime, run_id: str) -> None:
    """Keep what each unit's ledger says now, where it is not kept already."""
    present = _present(paths, scheme, store.table(PROBLEMS))
    exports, rows = new_exports(
        present, store.table(EXPORTS), store.query("last_export_rows"), at, run_id, store.head().sequence
    )
    with store.transaction():
        store.append(EXPORTS, exports)
        store.append(EXPORT_ROWS, rows)


def unit_issue(paths: SitePaths, settings: Settings, scheme: Scheme, problems: pd.DataFrame) -> UnitIssue:
    """Return by what the workbooks made of these problems are known again."""
    present = _present(paths, scheme, problems)
    export_ids = {unit_id: export.export_id for unit_id, export in present.items()}
    filed = {row["problem_id"]: row for export in present.values() for row in export.rows}
    return UnitIssue(settings.site.code, export_ids, filed, load_seal(paths))


def _present(paths: SitePaths, scheme: Scheme, problems: pd.DataFrame) -> dict[str, Export]:
    return present_exports(problems, load_life_cycle(paths.codebook), restriction(scheme))


def load_seal(paths: SitePaths) -> Seal:
    """Return what seals the rows of the units' workbooks, made from the site's key.

    Raises:
        SettingsError: see `load_or_create_key`.
    """
    return Seal(purpose_key(load_or_create_key(paths.key, may_create=False), _PURPOSE))


def restriction(scheme: Scheme) -> IsRestricted:
    """Return what says of a sub-problem whether it is a lead that may not reach the unit complained about."""
    return lambda code: scheme.category_of(code).is_restricted
