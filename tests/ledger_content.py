"""What a ledger holds, without what differs between two runs that did the same."""

from pathlib import Path

import pandas as pd

from analysis.contracts import RUNS, TABLES
from analysis.ledger.store import Reader

_VOLATILE = {"run_id", "superseded_run_id", "occurred_at", "exported_at", "hash", "previous_hash"}
"""Ids and clocks of the runs, and all that is hashed over them."""


def content(path: Path) -> dict[str, pd.DataFrame]:
    """Return all tables of a ledger or snapshot but the list of runs."""
    with Reader.open(path) as reader:
        there = set(reader.query("columns")["table_name"])
        tables = {t.name: reader.table(t) for t in TABLES if t is not RUNS and t.name in there}
    return {name: table.drop(columns=[c for c in table if c in _VOLATILE]) for name, table in tables.items()}


def differing_tables(one: Path, other: Path) -> list[str]:
    """Return the names of the tables in which two ledgers, or two snapshots, differ."""
    left, right = content(one), content(other)
    return [name for name in left.keys() | right.keys() if name not in right or not left[name].equals(right[name])]
