"""The 监督台账's way out and back: what waits for the supervisor as a workbook, and decisions into the ledger."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.codebook.units import load_units
from analysis.config import Settings, load_settings
from analysis.contracts import LIFE_CYCLE_KINDS, PROBLEMS
from analysis.errors import BusyError, UsageError
from analysis.exchange.decision_columns import DECISION_FORM, DECISION_WORDS
from analysis.exchange.decision_return import (
    DecisionReading,
    DecisionWorkbookError,
    ReturnedDecision,
    read_decision_workbook,
)
from analysis.exchange.decision_workbook import DecisionIssue, waiting_for, write_decision_workbook
from analysis.exchange.seal import Seal
from analysis.ingest.identity import load_or_create_key, purpose_key
from analysis.ledger.decisions import Decided, Decision, decide, open_decisions
from analysis.ledger.life_cycle import LifeCycle, Role
from analysis.ledger.problems import Rules
from analysis.ledger.steps import CORRECTED, Moment, Request, correct_steps, last_steps, plain_problem
from analysis.ledger.store import Reader
from analysis.pipeline.night import today
from analysis.pipeline.releasing import release_check
from analysis.pipeline.returned_files import SUFFIX, ReturnedFile, read_returned_file
from analysis.pipeline.rules import load_rules
from analysis.pipeline.showing import read_ledger
from analysis.pipeline.steps_by_people import (
    existing_ledger,
    masked,
    masked_reason,
    moment_now,
    named_person,
    record_steps,
)
from analysis.site import SitePaths

_PURPOSE = "decision workbook"
_MASKED = ("status_reason", "unit_reason", "verification", "release_reason")
"""What the supervisor types as sentences; a text to be released is refused instead where anything were to be masked."""


@dataclass(frozen=True)
class ExportedDecisions:
    """How many problems were written, how many of them wait for a decision, and how many leads were left out."""

    written: int
    waiting: int
    leads_left_out: int


def export_decisions(paths: SitePaths, output: Path, *, with_leads: bool = False) -> ExportedDecisions:
    """Write the 监督台账, readable by its owner alone.

    Args:
        paths: the site.
        output: where to write it; an existing file is left alone, as decisions may stand in it.
        with_leads: also the leads; few may see them.

    Raises:
        UsageError: nothing was run yet, the name does not end in .xlsx, its folder does not exist, or the file does.
        SettingsError: a setting or codebook file is wrong, or the site's key is not there.
    """
    if output.suffix.lower() != SUFFIX:
        raise UsageError(f"{output} 不是 {SUFFIX} 文件名。请把文件名写成 监督台账{SUFFIX} 的样子。")
    if not output.parent.is_dir():
        raise UsageError(f"没有目录 {output.parent}。请先建立该目录。")
    if output.exists():
        raise UsageError(f"{output} 已经存在，里面可能有填好的决定。请换一个文件名。")
    settings = load_settings(paths.settings)
    rules, units = load_rules(paths, settings), load_units(paths.codebook)
    day = today(settings)
    with _reader(paths) as reader:
        ledger = read_ledger(reader, paths, rules.scheme, units, day)
        last = last_steps(reader.query("step_events", kinds=[*LIFE_CYCLE_KINDS, CORRECTED]))
    shown = ledger if with_leads else ledger[~ledger["is_restricted"]]
    offers = {
        problem["problem_id"]: open_decisions(problem, str(last.loc[problem["problem_id"], "kind"]), rules)
        for problem in map(plain_problem, shown[PROBLEMS.column_names].to_dict("records"))
    }
    words = {
        str(problem_id): f"{LIFE_CYCLE_KINDS[step['kind']]}（{step['actor']}，{step['occurred_at']:%Y-%m-%d}）"
        for problem_id, step in last.to_dict("index").items()
    }
    issue = DecisionIssue(settings.site.office, settings.site.code, day, _seal(paths), units, with_leads)
    write_decision_workbook(output, shown, offers, words, issue)
    waiting = sum(bool(waiting_for(problem)) for problem in shown.to_dict("records"))
    return ExportedDecisions(len(shown), waiting, len(ledger) - len(shown))


def _reader(paths: SitePaths) -> Reader:
    """Open the ledger, which knows what was decided since the last run; while a run holds it, the snapshot."""
    try:
        return Reader.open(paths.ledger)
    except (BusyError, OSError):
        return Reader.open(paths.snapshot)


def _seal(paths: SitePaths) -> Seal:
    return Seal(purpose_key(load_or_create_key(paths.key, may_create=False), _PURPOSE))


@dataclass(frozen=True)
class ImportedDecisions:
    """What became of a workbook's rows.

    Attributes:
        recorded: decisions by word, with how many there are of each.
        unchanged: decisions that had been recorded before.
        skipped: rows without a decision.
        masked: how many reasons and opinions personal data was removed from.
        moved: complaints that moved with their problems.
        unread: what was not looked at (Chinese).
    """

    recorded: Mapping[str, int]
    unchanged: int
    skipped: int
    masked: int
    moved: int
    unread: tuple[str, ...]


def import_decisions(paths: SitePaths, workbook: Path, person: str, *, is_dry_run: bool = False) -> ImportedDecisions:
    """Read a filled-in 监督台账, check every cell, and record all of its decisions, or none.

    Args:
        paths: the site.
        workbook: the file.
        person: who decided.
        is_dry_run: only say what would happen.

    Raises:
        DecisionWorkbookError: some cells cannot stand; `faults` lists them, nothing was recorded.
        UsageError: the file is not there, unreadable, or no 监督台账; there is no ledger yet; `person` is no name.
        BusyError: a run is going on.
        SettingsError, IntegrityError: see `load_settings` and `Store.open`.
    """
    settings, actor = load_settings(paths.settings), named_person(person)
    rules, moment = load_rules(paths, settings), moment_now(settings)
    file = read_returned_file(paths, workbook, DECISION_FORM)
    returned = read_decision_workbook(file.sheets, _reading(paths, settings, rules.life_cycle, file, moment.as_of))
    rows = [_decision(row, file, paths) for row in returned.decisions]
    masked_count = sum(dict(said.facts) != dict(row.facts) for said, row in zip(rows, returned.decisions, strict=True))
    with existing_ledger(paths, is_rehearsal=is_dry_run) as store:
        decided = _decided(store, rows, rules, paths, settings, moment, actor)
        flaws = [flaw.decision.place.fault(flaw.column, flaw.reason) for flaw in decided.flaws]
        if faults := [*returned.faults, *flaws]:
            raise DecisionWorkbookError(faults)
        moved = record_steps(store, decided.taken, actor, moment.at) if len(decided.taken.events) else 0
    known = {decision.problem_id for decision in decided.known}
    words = pd.Series([DECISION_WORDS[d.kind] for d in rows if d.problem_id not in known], dtype=object)
    counts = {str(word): int(count) for word, count in words.value_counts(sort=False).items()}
    return ImportedDecisions(counts, len(known), returned.skipped_count, masked_count, moved, tuple(returned.unread))


def _reading(
    paths: SitePaths, settings: Settings, life_cycle: LifeCycle, file: ReturnedFile, day: date
) -> DecisionReading:
    return DecisionReading(
        site_code=settings.site.code,
        seal=_seal(paths),
        past_day=file.day_reader(day),
        coming_day=file.coming_day_reader(day),
        units=load_units(paths.codebook),
        carried=lambda kind: (frozenset(life_cycle[kind].must_carry), life_cycle[kind].carries),
        longest_text=settings.review.longest_reason,
        longest_name=settings.exchange.longest_filed_name,
    )


def _decision(row: ReturnedDecision, file: ReturnedFile, paths: SitePaths) -> Decision:
    facts = {name: masked(value, paths) if name in _MASKED else value for name, value in row.facts.items()}
    said = [row.problem_id, row.version, row.kind, {name: str(value) for name, value in sorted(facts.items())}]
    key = hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:24]
    return Decision(row, row.source(file.name), row.problem_id, row.version, row.kind, facts, key)


def _decided(
    reader: Reader,
    decisions: list[Decision],
    rules: Rules,
    paths: SitePaths,
    settings: Settings,
    moment: Moment,
    person: str,
) -> Decided:
    wanted = sorted({decision.problem_id for decision in decisions})
    events = reader.query("events_of_problems", problem_ids=wanted)
    units, check = load_units(paths.codebook), release_check(reader, paths, settings)
    return decide(decisions, reader.table(PROBLEMS), events, rules, units, moment, person, check)


def correct_step(paths: SitePaths, problem_id: str, sequence: int, person: str, reason: str) -> dict[str, Any]:
    """Leave any earlier step out of a problem's history, where the rest of it stays legal; return the problem then.

    Args:
        paths: the site.
        problem_id: the problem.
        sequence: of the event; `hotline trace` tells it.
        person: who decided.
        reason: why.

    Raises:
        UsageError: there is no such step, or it cannot be left out; nothing was recorded.
        BusyError, SettingsError, IntegrityError: see `open_ledger`.
    """
    settings, actor = load_settings(paths.settings), named_person(person)
    words = masked_reason(reason, paths, settings)
    rules, moment = load_rules(paths, settings), moment_now(settings)
    with existing_ledger(paths) as store:
        events = store.query("events_of_problems", problem_ids=[problem_id])
        if events.empty:
            raise UsageError(f"没有问题 {problem_id}。问题编号见《问题清单》。")
        facts = {"sequence": sequence, "status_reason": words}
        request = Request(problem_id, CORRECTED, Role.SUPERVISOR, actor, facts)
        taken = correct_steps([request], events, rules.life_cycle, rules.is_restricted, moment)
        for refusal in taken.refusals:
            raise UsageError(f"{refusal.reason}。")
        record_steps(store, taken, actor, moment.at)
    return dict(taken.problems.iloc[0])
