"""How a problem stands to its deadline: what the ledger computes and the workbooks show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Standing(StrEnum):
    """How a problem stands to its deadline."""

    NONE = "none"
    """No deadline runs: the problem is finished, or was given none yet."""
    RUNNING = "running"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class TimeLeft:
    """The time that a problem has left.

    Attributes:
        standing: whether the deadline runs, is near, or has passed.
        natural_days: days until the due date, negative when it has passed; None where no deadline runs.
        working_days: working days after today up to and including the due date; 0 from then on.
        elapsed_share: 序时进度, the share of the time allowed that has passed, counted in working days; 1 and more
            from the due date on.
        is_provisional: a year on the way to the due date is not published yet.
    """

    standing: Standing
    natural_days: int | None = None
    working_days: int | None = None
    elapsed_share: float | None = None
    is_provisional: bool = False


TimeLeftOf = Callable[[Mapping[str, Any], str, date], TimeLeft]
"""Tells of a problem (its columns of PROBLEMS, dates plain) in a category, on a day, how much time it has left."""
