"""What stands in the ledger now: the last run, counts, quarantine, overdue problems."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from analysis.codebook.scheme import Scheme
from analysis.contracts import PROBLEMS
from analysis.ledger.steps import plain_problem
from analysis.ledger.store import Reader
from analysis.time_left import Standing, TimeLeft, TimeLeftOf


@dataclass(frozen=True)
class Status:
    """The state of the ledger on a day.

    last_run: columns of `sql/last_run.sql`, no row before the first run.
    counts: name to number, see `sql/status_counts.sql`.
        overdue, due_soon: problems past their due date, and near it.
    quarantine: one row per reason with open entries: reason, entry_count.
    overdue: the problems past their due date with the time that they have left, the longest overdue first.
    """

    last_run: pd.DataFrame
    counts: dict[str, int]
    quarantine: pd.DataFrame
    overdue: tuple[tuple[Mapping[str, Any], TimeLeft], ...]


def read_status(reader: Reader, scheme: Scheme, time_left: TimeLeftOf, today: date) -> Status:
    """Read the state of the ledger as it is on `today`.

    Raises:
        UsageError: it was written by an older version of the program.
    """
    counts = {str(name): int(value) for name, value in reader.query("status_counts").iloc[0].items()}
    times = [
        (problem, time_left(problem, scheme.category_of(problem["sub_problem_code"]).category_code, today))
        for problem in map(plain_problem, reader.table(PROBLEMS).to_dict("records"))
    ]
    overdue = [(problem, left) for problem, left in times if left.standing is Standing.OVERDUE]
    near = sum(left.standing is Standing.DUE_SOON for _, left in times)
    return Status(
        last_run=reader.query("last_run"),
        counts=counts | {"overdue": len(overdue), "due_soon": near},
        quarantine=reader.query("quarantine_reasons"),
        overdue=tuple(sorted(overdue, key=lambda found: (found[0]["due_on"], found[0]["problem_id"]))),
    )
