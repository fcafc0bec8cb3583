"""What stands in the ledger now: the last run, counts, quarantine, overdue problems."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from analysis.contracts import FINISHED_STATUSES
from analysis.ledger.store import Reader


@dataclass(frozen=True)
class Status:
    """The state of the ledger on a day.

    last_run: columns of `sql/last_run.sql`, no row before the first run.
    counts: name to number, see `sql/status_counts.sql`.
    quarantine: one row per reason with open entries: reason, entry_count.
    overdue: one row per problem past its due date: problem_id, statement, due_on, overdue_days …
    """

    last_run: pd.DataFrame
    counts: dict[str, int]
    quarantine: pd.DataFrame
    overdue: pd.DataFrame


def read_status(reader: Reader, today: date) -> Status:
    """Read the state of the ledger as it is on `today`."""
    finished = list(FINISHED_STATUSES)
    counts = reader.query("status_counts", today=today, finished=finished).iloc[0]
    return Status(
        last_run=reader.query("last_run"),
        counts={str(name): int(value) for name, value in counts.items()},
        quarantine=reader.query("quarantine_reasons"),
        overdue=reader.query("overdue_problems", today=today, finished=finished),
    )
