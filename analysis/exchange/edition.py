"""What all outputs of one run share: whose they are, which run made them, and the words they use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from analysis.codebook.scheme import Scheme
from analysis.codebook.units import UnitRegister
from analysis.config import Settings


@dataclass(frozen=True)
class RunInfo:
    """Identity of a run: its id, the day that deadlines are counted to, and what it judged with."""

    run_id: str
    as_of: date
    started_at: datetime
    model_id: str | None
    codebook_version: str


@dataclass(frozen=True)
class Edition:
    """One run's edition of workbooks and digest."""

    settings: Settings
    scheme: Scheme
    units: UnitRegister
    run: RunInfo
    source_names: Mapping[str, str] = field(default_factory=dict)
    """Chinese names of the source codes; a code without one is shown as it is."""

    @property
    def office(self) -> str:
        """Who issues it."""
        return self.settings.site.office

    def subtitle(self, *more: str) -> str:
        """Return the line under a title: office, day, run and what else identifies a sheet."""
        run = self.run
        return "　　".join(
            (*more, f"出具单位：{self.office}", f"业务日期：{run.as_of:%Y-%m-%d}", f"运行编号：{run.run_id}")
        )

    def source_name(self, source_code: str) -> str:
        """Return what users call a source."""
        return self.source_names.get(source_code, source_code)
