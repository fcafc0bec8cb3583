"""The text about a problem that its unit may see."""

from collections.abc import Mapping
from typing import Any

from analysis.exchange.ledger_view import as_text


def released_text(problem: Mapping[Any, Any]) -> str:
    """Return the text that the supervisor released to the unit that is responsible now, "" where there is none.

    A text released to another unit is for that one alone, even where a correction gave the problem back to this one.

    Args:
        problem: columns of PROBLEMS.
    """
    is_for_it = as_text(problem["unit_id"]) == as_text(problem["released_unit_id"])
    return as_text(problem["released_text"]) if is_for_it else ""
