"""The units' ledgers' way back: each file checked cell by cell and merged into the ledger, or refused whole."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.codebook.scheme import Scheme, load_scheme
from analysis.codebook.units import load_units
from analysis.config import Settings, load_settings
from analysis.contracts import EXPORTS, IMPORTS, PROBLEMS
from analysis.errors import UsageError
from analysis.exchange.cells import clean_text
from analysis.exchange.conflict_list import ListedConflict, told_value, write_conflicts
from analysis.exchange.files import safe_file_name
from analysis.exchange.returned_sheet import CellFault
from analysis.exchange.unit_columns import UNIT_FORM
from analysis.exchange.unit_return import (
    NAME_FIELDS,
    ReturnedEntry,
    ReturnedLedger,
    UnitReading,
    UnitWorkbookError,
    read_unit_workbook,
    tidy_text,
)
from analysis.ingest.masking import load_masker
from analysis.ingest.sources import load_sources
from analysis.ledger.filings import APPLICATION, Base, Filing, Merged, MergeRules, merge_filings, past_steps
from analysis.ledger.life_cycle import load_life_cycle
from analysis.ledger.steps import Moment, plain_problem
from analysis.ledger.store import Reader, Store
from analysis.pipeline.exporting import load_seal, restriction
from analysis.pipeline.night import now
from analysis.pipeline.returned_files import ReturnedFile, read_back, read_returned_file
from analysis.pipeline.steps_by_people import existing_ledger
from analysis.site import SitePaths

CONFLICT_FOLDER = "导入冲突"
_LONGEST_PERSON = 40


@dataclass(frozen=True)
class ImportedLedger:
    """What became of one returned file.

    Attributes:
        file_name: without its folders.
        unit_name: whose ledger it is.
        is_known: the very file was imported before, so that nothing was looked at.
        row_count: problems in it.
        missing_count: problems of its version that are not in it; that never means that they are closed.
        repeated_count: rows that said the same twice.
        problem_count: problems about which something new was recorded.
        changed_count: cells that were recorded.
        applications: what was applied for, by step.
        known_applications: applications that had been recorded before.
        kept_count: cells left as they were sent out, which the ledger knows better by now.
        conflict_count: what was not recorded and the supervisor decides.
        conflict_list: where these are listed; None where there are none, or on a dry run.
        masked: addresses of cells from which personal data was removed.
        unread: what was not read (Chinese).
    """

    file_name: str
    unit_name: str = ""
    is_known: bool = False
    row_count: int = 0
    missing_count: int = 0
    repeated_count: int = 0
    problem_count: int = 0
    changed_count: int = 0
    applications: Mapping[str, int] | None = None
    known_applications: int = 0
    kept_count: int = 0
    conflict_count: int = 0
    conflict_list: Path | None = None
    masked: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class RefusedLedger:
    """A file of which nothing was recorded, and why."""

    file_name: str
    error: UsageError


def import_ledgers(
    paths: SitePaths, workbooks: Sequence[Path], person: str | None = None, *, is_dry_run: bool = False
) -> Iterator[ImportedLedger | RefusedLedger]:
    """Read returned 整改台账 one after the other, each recorded as a whole or not at all.

    Args:
        paths: the site.
        workbooks: the files.
        person: who handed them in; each row's 责任人, else the unit, if not given.
        is_dry_run: only say what would become of each file, those before it taken in; nothing is written.

    Raises:
        UsageError: there is no ledger yet, or `person` is no name.
        BusyError: a run is going on.
        SettingsError, IntegrityError: see `load_settings`, `load_seal` and `Store.open`.
    """
    if person is not None and not 0 < len(person.strip()) <= _LONGEST_PERSON:
        raise UsageError(f"交来人没有写，或超过 {_LONGEST_PERSON} 字不像姓名。请改正。")
    importer = _Importer(paths, person.strip() if person else None, is_dry_run)
    with existing_ledger(paths, is_rehearsal=is_dry_run) as store:
        for workbook in workbooks:
            try:
                yield importer.record(importer.plan(workbook, store), store)
            except UsageError as error:
                yield RefusedLedger(workbook.name, error)


@dataclass(frozen=True)
class _Importer:
    """Takes in files of one site; what is loaded once stands here."""

    paths: SitePaths
    person: str | None
    is_dry_run: bool

    @cached_property
    def _settings(self) -> Settings:
        return load_settings(self.paths.settings)

    @cached_property
    def _scheme(self) -> Scheme:
        return load_scheme(self.paths.codebook)

    @cached_property
    def _unit_names(self) -> Mapping[str, str]:
        return {unit.unit_id: unit.short_name for unit in load_units(self.paths.codebook).unit}

    @cached_property
    def _masker(self) -> Any:
        return load_masker(self.paths.codebook)

    @cached_property
    def _blanks(self) -> frozenset[str]:
        return load_sources(self.paths.codebook).blanks

    @cached_property
    def _seal(self) -> Any:
        return load_seal(self.paths)

    @cached_property
    def _life_cycle(self) -> Any:
        return load_life_cycle(self.paths.codebook)

    def plan(self, workbook: Path, reader: Reader) -> "_Plan":
        """Return what becomes of one file, without writing anything.

        Raises:
            UsageError: the file cannot be read, is no 整改台账 of this site, or has cells that cannot stand.
        """
        at = now(self._settings)
        moment = Moment("", at, at.date())
        file = read_returned_file(self.paths, workbook, UNIT_FORM)
        known = reader.table(IMPORTS).set_index("import_id")
        if file.file_id in known.index:
            unit_name = self._unit_name(str(known.loc[file.file_id, "unit_id"]))
            return _Plan(ImportedLedger(file.name, unit_name, is_known=True), file, moment)
        returned = read_unit_workbook(file.sheets, self._reading(file, at.date()))
        bases = _bases(reader, returned)
        faults = [*returned.faults, *_unknown(returned, bases)]
        faulty = {fault.row for fault in faults}
        sound = [entry for entry in returned.entries if entry.row not in faulty]
        problems = _problems(reader, sound)
        filings, masked = self._masked(sound, returned, bases, problems)
        merged = merge_filings(filings, bases, problems, self._rules(file, returned, moment))
        about = {entry.row: entry.problem_id for entry in sound}
        faults += [returned.table.fault(flaw.row, flaw.name, about[flaw.row], flaw.reason) for flaw in merged.flaws]
        if faults:
            raise UnitWorkbookError(faults)
        done = self._told(file, returned, merged, masked, reader)
        return _Plan(done, file, moment, returned, merged, problems)

    def _reading(self, file: ReturnedFile, today: date) -> UnitReading:
        exchange = self._settings.exchange
        return UnitReading(
            self._settings.site.code,
            self._seal,
            file.day_reader(today),
            file.coming_day_reader(today),
            exchange.longest_filed_text,
            exchange.longest_filed_name,
        )

    def _rules(self, file: ReturnedFile, returned: ReturnedLedger, moment: Moment) -> MergeRules:
        def told(row: int, names: Sequence[str]) -> str:
            cells = "、".join(returned.table.address(row, name) for name in names if name in UNIT_FORM.by_field)
            return f"{file.name} {returned.table.sheet_name} {cells or f'第 {row} 行'}"

        return MergeRules(
            returned.entries[0].unit_id, self._life_cycle, restriction(self._scheme), moment, self._as_read, told
        )

    def _as_read(self, value: Any) -> Any:
        return tidy_text(read_back(clean_text(value), self._blanks)) or None if isinstance(value, str) else value

    def _masked(
        self,
        entries: Sequence[ReturnedEntry],
        returned: ReturnedLedger,
        bases: Mapping[tuple[str, str], Base],
        problems: pd.DataFrame,
    ) -> tuple[list[Filing], tuple[str, ...]]:
        """Return the rows with personal data removed from what is new in them, and the cells from which it was."""
        present = problems.set_index("problem_id").to_dict("index")
        filings, masked = [], []
        for entry in entries:
            base, now_row = bases[entry.export_id, entry.problem_id].values, present[entry.problem_id]
            filed = {
                name: value if value in map(self._as_read, (base[name], now_row[name])) else self._mask(name, value)
                for name, value in entry.filed.items()
            }
            carried = {name: self._mask(name, value) for name, value in entry.carried.items()}
            told = {name for name in filed if filed[name] != entry.filed[name]}
            told |= {"application_reason" for name in carried if carried[name] != entry.carried[name]}
            masked += [returned.table.address(entry.row, name) for name in sorted(told)]
            actor = self.person or filed["handler"] or self._unit_name(entry.unit_id)
            filings.append(
                Filing(entry.row, entry.problem_id, entry.export_id, filed, entry.application, carried, actor)
            )
        return filings, tuple(masked)

    def _mask(self, name: str, value: Any) -> Any:
        if not isinstance(value, str) or name == "progress":
            return value
        # The names of a unit's own people stay; phone numbers and the like go wherever they stand.
        return self._masker.mask_beside_names(value) if name in NAME_FIELDS else self._masker.mask(value)

    def _unit_name(self, unit_id: str) -> str:
        return self._unit_names.get(unit_id, unit_id)

    def _told(
        self,
        file: ReturnedFile,
        returned: ReturnedLedger,
        merged: Merged,
        masked: tuple[str, ...],
        reader: Reader,
    ) -> ImportedLedger:
        exports = reader.table(EXPORTS).set_index("export_id")
        used = exports.loc[sorted({entry.export_id for entry in returned.entries})].sort_values("sequence")
        return ImportedLedger(
            file_name=file.name,
            unit_name=self._unit_name(returned.entries[0].unit_id),
            row_count=len(returned.entries),
            missing_count=max(0, int(used["problem_count"].iloc[-1]) - len(returned.entries)),
            repeated_count=returned.repeated_count,
            problem_count=len(merged.taken.problems),
            changed_count=len(merged.changed),
            applications=Counter(kind for _, kind in merged.applications),
            known_applications=merged.repeated_count,
            kept_count=merged.kept_count,
            conflict_count=len(merged.conflicts),
            masked=masked,
            unread=tuple(returned.unread),
        )

    def record(self, plan: "_Plan", store: Store) -> ImportedLedger:
        """Write what becomes of one file, in one transaction, and return what to tell of it."""
        done, file, returned, merged = plan.done, plan.file, plan.returned, plan.merged
        if returned is None or merged is None:
            return done
        if merged.conflicts and not self.is_dry_run:
            done = replace(done, conflict_list=self._list_conflicts(plan, returned, merged))
        record = {
            "import_id": file.file_id,
            "file_name": file.name,
            "unit_id": returned.entries[0].unit_id,
            "export_id": ";".join(sorted({entry.export_id for entry in returned.entries})),
            "imported_at": plan.moment.at,
            "person": self.person,
            "row_count": done.row_count,
            "missing_count": done.missing_count,
            "changed_count": done.changed_count,
            "request_count": len(merged.applications),
            "conflict_count": done.conflict_count,
        }
        with store.transaction():
            store.put_problems(merged.taken.problems)
            store.append_events(merged.taken.events)
            store.append(IMPORTS, pd.DataFrame([record]))
        store.keep_head()
        return done

    def _list_conflicts(self, plan: "_Plan", returned: ReturnedLedger, merged: Merged) -> Path:
        assert plan.problems is not None
        statements = plan.problems.set_index("problem_id")["statement"]
        lines = [
            ListedConflict(
                c.problem_id,
                str(statements[c.problem_id]),
                returned.table.address(c.row, c.name),
                UNIT_FORM.by_field[c.name].heading,
                "" if c.name == APPLICATION else told_value(c.name, c.exported),
                told_value(c.name, c.filed),
                "" if c.name == APPLICATION else told_value(c.name, c.present),
                c.reason,
            )
            for c in sorted(merged.conflicts, key=lambda conflict: conflict.row)
        ]
        unit_name, file, day = plan.done.unit_name, plan.file, plan.moment.as_of
        name = f"{safe_file_name(unit_name)}_{day:%Y%m%d}_{file.file_id[:8]}.xlsx"
        path = self.paths.processed / CONFLICT_FOLDER / name
        return write_conflicts(path, lines, unit_name, file.name, self._settings.site.office, day)


@dataclass(frozen=True)
class _Plan:
    """What becomes of one file; of one that is known, nothing more is told."""

    done: ImportedLedger
    file: ReturnedFile
    moment: Moment
    returned: ReturnedLedger | None = None
    merged: Merged | None = None
    problems: pd.DataFrame | None = None


def _unknown(returned: ReturnedLedger, bases: Mapping[tuple[str, str], Base]) -> Iterator[CellFault]:
    faulty = {fault.row for fault in returned.faults}
    for entry in returned.entries:
        if entry.row not in faulty and (entry.export_id, entry.problem_id) not in bases:
            reason = "台账里没有这次导出的记录，可能从备份恢复过。请在最新导出的台账里重填。"
            yield returned.table.fault(entry.row, "problem_id", entry.problem_id, reason)


def _bases(reader: Reader, returned: ReturnedLedger) -> dict[tuple[str, str], Base]:
    """Return what was sent out of each problem in each version of the ledger, with the steps taken since."""
    entries: Sequence[ReturnedEntry] = returned.entries
    problem_ids = sorted({entry.problem_id for entry in entries})
    found = reader.query(
        "export_bases", export_ids=sorted({entry.export_id for entry in entries}), problem_ids=problem_ids
    )
    if found.empty:
        return {}
    first = int(found["event_sequence"].min())
    steps = past_steps(reader.query("steps_since", sequence=first, problem_ids=problem_ids))
    bases = {}
    for row in found.to_dict("records"):
        values = plain_problem(row)
        since = [s for s in steps.get(row["problem_id"], ()) if s.sequence > row["event_sequence"]]
        bases[str(row["export_id"]), str(row["problem_id"])] = Base(values, since)
    return bases


def _problems(reader: Reader, entries: Sequence[ReturnedEntry]) -> pd.DataFrame:
    problems = reader.table(PROBLEMS)
    return problems[problems["problem_id"].isin([entry.problem_id for entry in entries])]
