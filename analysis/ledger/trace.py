"""Follows a cell of the ledger back: problem to complaints to file, row, evidence and versions."""

from dataclasses import dataclass

import pandas as pd

from analysis.errors import UsageError
from analysis.ledger.store import Reader


@dataclass(frozen=True)
class ComplaintTrace:
    """One complaint: `complaint` is its row of `sql/traced_complaint.sql`, `assessments` one row per sub-problem."""

    complaint: pd.Series
    assessments: pd.DataFrame

    def evidence(self) -> list[str]:
        """Return the masked words that each assessment rests on, in the order of `assessments`."""
        statement = f"{self.complaint['title'] or ''}\n{self.complaint['text']}"
        spans = zip(self.assessments["evidence_start"], self.assessments["evidence_end"], strict=True)
        return [statement[int(start) : int(end)] for start, end in spans]


@dataclass(frozen=True)
class ProblemTrace:
    """One problem: its row, one row per complaint with place, judgement and time (None if unknown), and its events."""

    problem: pd.Series
    links: pd.DataFrame
    events: pd.DataFrame


def trace(reader: Reader, identifier: str) -> ComplaintTrace | ProblemTrace:
    """Return where the problem or complaint with an id comes from.

    Raises:
        UsageError: neither a problem nor a complaint has this id.
    """
    problem = reader.query("traced_problem", problem_id=identifier)
    if len(problem):
        return ProblemTrace(
            problem=_first(problem),
            links=_with_plain_times(reader.query("traced_links", problem_id=identifier)),
            events=reader.query("traced_events", problem_id=identifier),
        )
    complaint = reader.query("traced_complaint", complaint_id=identifier)
    if complaint.empty:
        raise UsageError(f"没有编号为 {identifier} 的问题或诉求。问题编号见台账首列，诉求编号见诉求明细。")
    return ComplaintTrace(_first(complaint), reader.query("traced_assessments", complaint_id=identifier))


def _first(frame: pd.DataFrame) -> pd.Series:
    return frame.astype(object).where(frame.notna(), None).iloc[0]


def _with_plain_times(links: pd.DataFrame) -> pd.DataFrame:
    received = links["received_at"]
    return links.assign(received_at=received.astype(object).where(received.notna(), None))
