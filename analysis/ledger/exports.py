"""What was sent to the units: each version of a unit's ledger kept, so that what comes back is compared with it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from analysis.contracts import EXPORT_ROWS, EXPORTS, FILED_COLUMNS, UNIT_STATUSES
from analysis.ledger.life_cycle import LifeCycle
from analysis.ledger.steps import IsRestricted, plain_problem

_ID_LENGTH = 12
_CONTENT = ("problem_id", "version", "status", *FILED_COLUMNS)


@dataclass(frozen=True)
class Export:
    """One version of a unit's ledger: its id, and each problem's version, status and filed columns."""

    export_id: str
    unit_id: str
    rows: tuple[Mapping[str, Any], ...]


def present_exports(problems: pd.DataFrame, life_cycle: LifeCycle, is_restricted: IsRestricted) -> dict[str, Export]:
    """Return by unit what its ledger says now; a unit without a problem to work on has none.

    The id follows from unit and content alone: unchanged content is the same export however often it is written, and
    a ledger restored from a backup never gives an old id to new content.

    Args:
        problems: columns of PROBLEMS.
        life_cycle: says what handing a problem over clears.
        is_restricted: which sub-problems are leads, which never reach a unit.
    """
    is_shown = problems["unit_id"].notna() & problems["status"].isin(UNIT_STATUSES)
    is_shown &= ~problems["sub_problem_code"].map(is_restricted).astype(bool)
    shown = problems[is_shown].sort_values("problem_id")
    found = {}
    for unit_id, own in shown.groupby("unit_id"):
        rows = tuple(_content(life_cycle.as_handed_over(plain_problem(row))) for row in own.to_dict("records"))
        digest = hashlib.sha256(json.dumps([unit_id, *map(_plain, rows)], ensure_ascii=False).encode())
        found[str(unit_id)] = Export(f"E{digest.hexdigest()[:_ID_LENGTH]}", str(unit_id), rows)
    return found


def new_exports(
    present: Mapping[str, Export],
    known: pd.DataFrame,
    last_rows: pd.DataFrame,
    at: datetime,
    run_id: str,
    event_sequence: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows to add to exports and export_rows: exports that are not known, and of them what is new.

    Args:
        present: from `present_exports`.
        known: columns of EXPORTS.
        last_rows: what was exported last of each unit's problems, columns of EXPORT_ROWS and unit_id.
        at: when they are written.
        run_id: the run that writes them; empty outside of runs.
        event_sequence: the last event so far.
    """
    known_ids = set(known["export_id"])
    last_by_id = {
        (r["unit_id"], r["problem_id"]): _plain(_content(plain_problem(r))) for r in last_rows.to_dict("records")
    }
    first = int(known["sequence"].max()) + 1 if len(known) else 1
    exports: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for export in present.values():
        if export.export_id in known_ids:
            continue
        fresh = [row for row in export.rows if last_by_id.get((export.unit_id, row["problem_id"])) != _plain(row)]
        rows += [{"export_id": export.export_id, **row} for row in fresh]
        exports.append(
            {
                "export_id": export.export_id,
                "sequence": first + len(exports),
                "unit_id": export.unit_id,
                "problem_count": len(export.rows),
                "event_sequence": event_sequence,
                "exported_at": at,
                "run_id": run_id,
            }
        )
    return (
        pd.DataFrame(exports, columns=EXPORTS.column_names),
        pd.DataFrame(rows, columns=EXPORT_ROWS.column_names, dtype=object),
    )


def _content(problem: Mapping[str, Any]) -> dict[str, Any]:
    return {name: problem[name] for name in _CONTENT} | {"version": int(problem["version"])}


def _plain(row: Mapping[str, Any]) -> list[Any]:
    return [value.isoformat() if isinstance(value, date) else value for value in row.values()]
