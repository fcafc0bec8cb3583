"""What the outputs of a run are made of: the problems whole, of the complaints' long history what is still of use."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Shown:
    """What a run's workbooks and digest show.

    Attributes:
        problems: columns of PROBLEMS.
        links: all complaints in problems, columns of `sql/links.sql`.
        details: judged complaints with their texts, columns of `sql/shown_details.sql`: not all where there are many.
        explanations: complaint_id and text, of complaints of `details`.
        opinions: columns of ASSISTANT_OPINIONS, about complaints of `details`.
        judged: how many complaints were judged how, columns of `sql/judged_counts.sql`.
        changed: what was judged otherwise than before, columns of `sql/changed_judgements.sql`.
        undated_count: how many complaints have no time of receipt.
        steps: the events that are steps in the lives of problems, and corrections, columns of EVENTS.
        raw_files: columns of RAW_FILES.
        quarantine: columns of QUARANTINE.
        runs: columns of RUNS.
    """

    problems: pd.DataFrame
    links: pd.DataFrame
    details: pd.DataFrame
    explanations: pd.DataFrame
    opinions: pd.DataFrame
    judged: pd.DataFrame
    changed: pd.DataFrame
    undated_count: int
    steps: pd.DataFrame
    raw_files: pd.DataFrame
    quarantine: pd.DataFrame
    runs: pd.DataFrame

    def judged_count(self, decision: str) -> int:
        """Return how many complaints were judged so, by whomever."""
        return int(self.judged.loc[self.judged["decision"] == decision, "judged_count"].sum())
