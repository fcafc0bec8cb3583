"""The look-back's way out and back: a sample of closed problems as a workbook, findings into the ledger, the bound."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.codebook.look_back import LookBackBook, load_look_back
from analysis.codebook.units import load_units
from analysis.config import Settings, load_settings
from analysis.contracts import LIFE_CYCLE_KINDS, LOOK_BACK_SAMPLES, PROBLEMS
from analysis.errors import UsageError
from analysis.exchange.look_back_return import Finding, LookBackReading, LookBackWorkbookError, read_look_back_workbook
from analysis.exchange.look_back_workbook import Issue, look_back_form, write_look_back_workbook
from analysis.exchange.returned_sheet import CellFault
from analysis.exchange.seal import Seal
from analysis.ingest.identity import load_or_create_key, purpose_key
from analysis.ledger.chain import event_record
from analysis.ledger.life_cycle import Role
from analysis.ledger.look_back import draw, look_back_figures
from analysis.ledger.problems import Rules
from analysis.ledger.steps import Moment, Request, plain_problem, take_steps
from analysis.ledger.store import Reader
from analysis.pipeline.returned_files import SUFFIX, read_returned_file
from analysis.pipeline.rules import load_rules
from analysis.pipeline.showing import read_ledger
from analysis.pipeline.steps_by_people import existing_ledger, masked, moment_now, named_person, record_steps
from analysis.site import SitePaths

_PURPOSE = "look-back workbook"
_DRAWN = "look_back_drawn"
_OPEN = "closed"
"""The status of problems that can be drawn: closed, and not looked back at since."""


@dataclass(frozen=True)
class DrawnSample:
    """A sample that was drawn: its number, how many problems it has, and of how many."""

    sample_id: str
    sample_count: int
    population_count: int


def draw_sample(
    paths: SitePaths,
    output: Path,
    person: str,
    *,
    size: int | None = None,
    seed: str | None = None,
    since: date | None = None,
) -> DrawnSample:
    """Draw closed problems to look back at, write the 回头看核查表 and record the sample.

    Args:
        paths: the site.
        output: where to write the workbook; an existing file is left alone.
        person: who draws.
        size: how many; that of the settings if not given.
        seed: any text; the day of the draw if not given.
        since: only problems closed on this day or later.

    Raises:
        UsageError: there is no ledger, no closed problem, or the output cannot be written there.
        BusyError, SettingsError, IntegrityError: see `open_ledger`.
    """
    if output.suffix.lower() != SUFFIX or not output.parent.is_dir() or output.exists():
        raise UsageError(f"{output} 不能用：要写到已有目录里一个还没有的 {SUFFIX} 文件。请换一个文件名。")
    settings, actor = load_settings(paths.settings), named_person(person)
    rules, book, moment = load_rules(paths, settings), load_look_back(paths.codebook), moment_now(settings)
    seed = seed or moment.as_of.isoformat()
    with existing_ledger(paths) as store:
        ledger = _ledger(store, paths, rules, moment.as_of)
        closed = ledger[ledger["status"] == _OPEN]
        if since is not None:
            closed = closed[pd.to_datetime(closed["closed_on"]) >= pd.Timestamp(since)]
        if closed.empty:
            raise UsageError("没有可以回头看的已销号问题：要先有核查销号、还没有回头看的问题。")
        earlier = store.table(LOOK_BACK_SAMPLES)["sample_id"]
        day = f"HT{moment.as_of:%Y%m%d}"
        serial = earlier[earlier.str.startswith(f"{day}-")].nunique() + 1
        sample_id = f"{day}-{serial}"
        drawn = draw(closed, size or settings.look_back.sample_size, seed)
        chosen = drawn.merge(closed, on="problem_id", how="left")
        issue = Issue(
            settings.site.office, settings.site.code, moment.as_of, sample_id, seed, len(closed), _seal(paths)
        )
        write_look_back_workbook(output, chosen, book, issue)
        record = chosen.assign(
            sample_id=sample_id,
            population_count=len(closed),
            seed=seed,
            drawn_on=moment.as_of,
            drawn_by=actor,
        )
        with store.transaction():
            store.append(LOOK_BACK_SAMPLES, record)
            store.append_events(pd.DataFrame(_drawn_events(drawn, sample_id, seed, actor, moment)))
        store.keep_head()
    return DrawnSample(sample_id, len(drawn), len(closed))


def _drawn_events(
    drawn: pd.DataFrame, sample_id: str, seed: str, actor: str, moment: Moment
) -> Iterator[dict[str, object]]:
    for problem_id in drawn["problem_id"]:
        yield event_record(
            problem_id=str(problem_id),
            kind=_DRAWN,
            subject=sample_id,
            payload={"sample_id": sample_id, "seed": seed},
            actor=actor,
            at=moment.at,
            run_id=moment.run_id,
        )


def _ledger(reader: Reader, paths: SitePaths, rules: Rules, day: date) -> pd.DataFrame:
    return read_ledger(reader, paths, rules.scheme, load_units(paths.codebook), day)


def _seal(paths: SitePaths) -> Seal:
    return Seal(purpose_key(load_or_create_key(paths.key, may_create=False), _PURPOSE))


@dataclass(frozen=True)
class ImportedFindings:
    """What became of a workbook: findings by step in words, known ones, rows not looked at yet, what was unread."""

    recorded: Mapping[str, int]
    unchanged: int
    skipped: int
    unread: tuple[str, ...]


def import_findings(paths: SitePaths, workbook: Path, person: str, *, is_dry_run: bool = False) -> ImportedFindings:
    """Read a filled-in 回头看核查表, check every cell, and record all of its findings, or none.

    A problem that did not hold is 反弹, with a new deadline from today.

    Raises:
        LookBackWorkbookError: some cells cannot stand; `faults` lists them, nothing was recorded.
        UsageError: the file is not there, unreadable, or no 回头看核查表; there is no ledger yet; `person` is no name.
        BusyError, SettingsError, IntegrityError: see `open_ledger`.
    """
    settings, actor = load_settings(paths.settings), named_person(person)
    rules, book, moment = load_rules(paths, settings), load_look_back(paths.codebook), moment_now(settings)
    file = read_returned_file(paths, workbook, look_back_form(book))
    reading = _reading(book, paths, settings, file.day_reader(moment.as_of))
    returned = read_look_back_workbook(file.sheets, reading)
    with existing_ledger(paths, is_rehearsal=is_dry_run) as store:
        problems = store.table(PROBLEMS)
        now = {str(p["problem_id"]): plain_problem(p) for p in problems.to_dict("records")}
        findings = [_masked(finding, paths) for finding in returned.findings]
        samples = store.table(LOOK_BACK_SAMPLES)
        fresh = [f for f in findings if not _is_known(f, now.get(f.problem_id, {}))]
        faults = [*returned.faults, *_misplaced(fresh, samples, now)]
        if faults:
            raise LookBackWorkbookError(faults)
        requests = [r for f in fresh for r in _requests(f, now[f.problem_id], rules, actor, file.name, moment)]
        taken = take_steps(requests, problems, rules.life_cycle, rules.is_restricted, moment)
        refused = {refusal.request.problem_id: refusal.reason for refusal in taken.refusals}
        if refused:
            raise LookBackWorkbookError(
                [f.fault(f"{refused[f.problem_id]}。") for f in fresh if f.problem_id in refused]
            )
        if fresh:
            record_steps(store, taken, actor, moment.at)
    words = pd.Series([LIFE_CYCLE_KINDS[f.kind] for f in fresh], dtype=object).value_counts(sort=False)
    counts = {str(word): int(count) for word, count in words.items()}
    return ImportedFindings(counts, len(findings) - len(fresh), returned.skipped_count, tuple(returned.unread))


def _reading(book: LookBackBook, paths: SitePaths, settings: Settings, read_day: Any) -> LookBackReading:
    return LookBackReading(
        book=book,
        site_code=settings.site.code,
        seal=_seal(paths),
        read_day=read_day,
        longest_text=settings.review.longest_reason,
        longest_name=settings.exchange.longest_filed_name,
    )


def _masked(finding: Finding, paths: SitePaths) -> Finding:
    told = finding.facts.get("status_reason")
    facts = dict(finding.facts) | ({"status_reason": masked(told, paths)} if told else {})
    return replace(finding, facts=facts)


def _is_known(finding: Finding, problem: Mapping[str, Any]) -> bool:
    """Say whether a problem already says what was found at it: a workbook that is read in a second time."""
    return bool(problem) and all(problem[name] == value for name, value in finding.facts.items())


def _misplaced(
    findings: list[Finding], samples: pd.DataFrame, problems: Mapping[str, Mapping[str, Any]]
) -> Iterator[CellFault]:
    drawn = set(zip(samples["sample_id"], samples["problem_id"], strict=True))
    for finding in findings:
        problem = problems.get(finding.problem_id)
        if problem is None or (finding.sample_id, finding.problem_id) not in drawn:
            yield finding.fault("台账里没有这次抽样的这个问题。请用本站导出的核查表。")
        elif finding.facts["looked_back_on"] < problem["closed_on"] if problem["closed_on"] else False:
            yield finding.fault("回头看日期早于销号日期。请核对。")


def _requests(
    finding: Finding, problem: Mapping[str, Any], rules: Rules, actor: str, file_name: str, moment: Moment
) -> Iterator[Request]:
    source = finding.source(file_name)
    yield Request(finding.problem_id, finding.kind, Role.SUPERVISOR, actor, finding.facts, source)
    if finding.kind == "look_back_failed":
        due = rules.deadline(str(problem["sub_problem_code"]), moment.as_of)
        facts = {"due_on": due.due_on, "deadline_rule": due.rule, "is_due_provisional": due.is_provisional}
        yield Request(finding.problem_id, "deadline_set", Role.SUPERVISOR, actor, facts, source)


def look_back_report(paths: SitePaths) -> pd.DataFrame:
    """Return what each sample says so far; columns of `look_back_figures`.

    Raises:
        UsageError: nothing was run yet.
    """
    settings = load_settings(paths.settings)
    with Reader.open(paths.ledger) as reader:
        tables = {table.name: reader.table(table) for table in (LOOK_BACK_SAMPLES, PROBLEMS)}
    return look_back_figures(tables, settings.look_back.confidence)
