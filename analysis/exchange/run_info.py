"""What every output says about the run that made it."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class RunInfo:
    """Identity of a run: its id, the day that deadlines are counted to, and what it judged with."""

    run_id: str
    as_of: date
    started_at: datetime
    model_id: str | None
    codebook_version: str
