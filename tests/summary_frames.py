"""Small hand-made tables for the tests of summaries: what is not said is a plain default."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd

from analysis.contracts import TABLES, Table, conform, empty_frame

AS_OF = date(2026, 11, 20)
_TABLES: Mapping[str, Table] = {t.name: t for t in TABLES}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "complaints": {"source_code": "hotline_12345", "text": "", "tokens": "", "file_id": "f", "row_number": 1},
    "gate_decisions": {
        "scope_score": 0.5,
        "reason": "",
        "model_id": "m",
        "codebook_version": "1",
        "decided_by": "model",
    },
    "problems": {
        "source": "complaint",
        "unit_id": "furong.traffic_police",
        "unit_kind": "交警",
        "sub_problem_code": "irregular.procedure",
        "theme_code": "other",
        "statement": "",
        "status": "awaiting_handover",
        "status_on": AS_OF,
        "registered_on": AS_OF,
        "relapse_count": 0,
        "version": 1,
    },
    "problem_complaints": {"sub_problem_code": "irregular.procedure"},
    "events": {"event_id": "e", "actor": "系统", "previous_hash": "", "hash": "", "occurred_at": datetime(2026, 1, 1)},
    "runs": {
        "run_id": "R1",
        "sequence": 1,
        "started_at": datetime(2026, 11, 20, 2),
        "as_of_date": AS_OF,
        "status": "finished",
        "software_version": "1",
        "codebook_version": "1",
    },
}


def frame(name: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return a table of the contract with the given rows."""
    table = _TABLES[name]
    nothing = dict.fromkeys(table.column_names) | {"run_id": "R1"} | _DEFAULTS.get(name, {})
    full = [nothing | dict(row) for row in rows]
    return conform(pd.DataFrame(full, columns=table.column_names), table) if full else empty_frame(table)


def tables(**rows: Iterable[Mapping[str, Any]]) -> dict[str, pd.DataFrame]:
    """Return all published tables: the given rows, one run, and nothing else."""
    return {n: frame(n, rows.get(n, [{}] if n == "runs" else [])) for n, t in _TABLES.items() if t.is_published}


def complaint(number: int, day: str | None = "2026-01-05", person: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a complaint c<number> of a day by a person (nobody in particular if not given)."""
    received = None if day is None else pd.Timestamp(day)
    return {"complaint_id": f"c{number}", "received_at": received, "complainant_key": person} | more


def event(sequence: int, problem_id: str, kind: str, day: str, **facts: Any) -> dict[str, Any]:
    """Return an event of a day with facts."""
    payload = json.dumps({"day": day, "facts": facts})
    return {"sequence": sequence, "problem_id": problem_id, "kind": kind, "payload": payload}


def link(problem_id: str, *numbers: int) -> list[dict[str, Any]]:
    """Return links of complaints to a problem."""
    return [{"problem_id": problem_id, "complaint_id": f"c{n}"} for n in numbers]


def same_matter(matter_id: str, *numbers: int) -> list[dict[str, Any]]:
    """Return that complaints are of one matter."""
    return [{"complaint_id": f"c{n}", "matter_id": matter_id} for n in numbers]
