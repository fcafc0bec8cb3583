"""Problems from other sources than complaints: an empty 问题登记表 out, a filled-in one into the ledger."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.config import Settings, load_settings
from analysis.contracts import PROBLEMS
from analysis.errors import UsageError
from analysis.exchange.found_problems import found_problem_form, write_found_problem_form
from analysis.exchange.found_problems_return import FormRules, FoundProblems, FoundProblemsError, read_found_problems
from analysis.exchange.returned_sheet import CellFault
from analysis.ledger.deadlines import Deadline
from analysis.ledger.life_cycle import Role
from analysis.ledger.problems import Registrar, Rules, next_serial, problem_number, registration
from analysis.ledger.steps import Request, take_steps
from analysis.pipeline.night import today
from analysis.pipeline.returned_files import SUFFIX, read_returned_file
from analysis.pipeline.rules import load_rules
from analysis.pipeline.steps_by_people import existing_ledger, masked, moment_now, named_person
from analysis.site import SitePaths

OFFICE = "监督单位"
"""Who registers problems where no person is named."""
_CORE = ("source", "batch", "unit_id", "unit_kind", "sub_problem_code", "statement", "registered_on")
"""What makes a problem the same one, whatever its deadline and its note are said to be."""
_REST = ("due_on", "note")


def write_template(paths: SitePaths, output: Path) -> None:
    """Write an empty 问题登记表.

    Raises:
        UsageError: the name does not end in .xlsx, its folder does not exist, or the file does.
    """
    if output.suffix.lower() != SUFFIX:
        raise UsageError(f"{output} 不是 {SUFFIX} 文件名。请把文件名写成 问题登记表{SUFFIX} 的样子。")
    if not output.parent.is_dir():
        raise UsageError(f"没有目录 {output.parent}。请先建立该目录。")
    if output.exists():
        raise UsageError(f"{output} 已经存在，里面可能有填好的内容。请换一个文件名。")
    settings = load_settings(paths.settings)
    scheme, units = load_scheme(paths.codebook), load_units(paths.codebook)
    write_found_problem_form(output, scheme, units, settings.site.office, today(settings))


@dataclass(frozen=True)
class ImportedProblems:
    """What became of a form: the new problems' numbers, how many were known, how many texts lost personal data."""

    problem_ids: tuple[str, ...]
    unchanged: int
    masked: int
    unread: tuple[str, ...]


def import_problems(
    paths: SitePaths, workbook: Path, person: str | None = None, *, is_dry_run: bool = False
) -> ImportedProblems:
    """Read a 问题登记表, check every cell, and register all of its problems, or none; known ones are left as they are.

    Args:
        paths: the site.
        workbook: the file.
        person: who registers them; the office if not given.
        is_dry_run: only say what would happen.

    Raises:
        FoundProblemsError: some cells cannot stand; `faults` lists them, nothing was registered.
        UsageError: the file is not there, unreadable, or no 问题登记表; there is no ledger yet.
        BusyError, SettingsError, IntegrityError: see `open_ledger`.
    """
    settings = load_settings(paths.settings)
    actor = named_person(person) if person is not None else OFFICE
    moment, rules = moment_now(settings), load_rules(paths, settings)
    found = _read(paths, workbook, settings, moment.as_of)
    rows = [dict(row) | {name: _masked(row[name], paths) for name in ("statement", "note")} for row in found.rows]
    with existing_ledger(paths, is_rehearsal=is_dry_run) as store:
        problems = store.table(PROBLEMS)
        known = dict(
            zip(problems["import_key"].dropna(), problems.dropna(subset="import_key")["problem_id"], strict=True)
        )
        fresh = [row for row in rows if import_key(row) not in known]
        if faults := [*found.faults, *_near_misses(fresh, known, found)]:
            raise FoundProblemsError(faults)
        serial = next_serial(problems["problem_id"], moment.as_of.year)
        requests: list[Request] = []
        for offset, row in enumerate(fresh):
            problem_id = problem_number(settings.site, moment.as_of.year, serial + offset)
            place = f"{workbook.name} {found.address(int(row['source_row']), 'statement')}"
            requests += _registration(problem_id, row, rules, Registrar(Role.SUPERVISOR, actor, place))
        taken = take_steps(requests, problems.iloc[:0], rules.life_cycle, rules.is_restricted, moment)
        for refusal in taken.refusals:
            raise UsageError(f"{refusal.request.source}：{refusal.reason}。")
        if fresh:
            with store.transaction():
                store.put_problems(taken.problems)
                store.append_events(taken.events)
            store.keep_head()
    masked_count = sum(new["statement"] != old["statement"] for new, old in zip(rows, found.rows, strict=True))
    return ImportedProblems(
        tuple(taken.problems["problem_id"]), len(rows) - len(fresh), masked_count, tuple(found.unread)
    )


def _read(paths: SitePaths, workbook: Path, settings: Settings, as_of: date) -> FoundProblems:
    scheme, units = load_scheme(paths.codebook), load_units(paths.codebook)
    file = read_returned_file(paths, workbook, found_problem_form(scheme, units))
    rules = FormRules(
        scheme=scheme,
        units=units,
        read_day=file.day_reader(as_of),
        read_deadline=file.coming_day_reader(as_of),
        longest_words=settings.review.longest_reason,
        longest_years=settings.ledger.longest_deadline_years,
    )
    return read_found_problems(file.sheets, rules)


def _masked(words: str | None, paths: SitePaths) -> str | None:
    return masked(words, paths) if words else None


def import_key(row: Mapping[str, Any]) -> str:
    """Return the digest of what a row says: what makes the problem, then the rest.

    Args:
        row: a record of `FoundProblems.rows`, masked.
    """
    return f"{_digest(row, _CORE)}-{_digest(row, _REST)}"


def _digest(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    content = json.dumps([str(row[name]) for name in names], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:24]


def _near_misses(fresh: list[dict[str, Any]], known: Mapping[str, str], found: FoundProblems) -> Iterator[CellFault]:
    """Yield the rows that differ from a registered problem in deadline or note alone: a change, or a second problem?"""
    cores = {key.split("-")[0]: problem_id for key, problem_id in known.items()}
    for row in fresh:
        problem_id = cores.get(_digest(row, _CORE))
        if problem_id:
            words = (
                f"除整改时限、备注外与已登记的问题 {problem_id} 全部相同。登记以后的改动请用 hotline decide；"
                "确是另一个问题的，请把具体问题写得有所区别。"
            )
            yield found.fault(int(row["source_row"]), "statement", words)


def _registration(problem_id: str, row: Mapping[str, Any], rules: Rules, by: Registrar) -> Iterator[Request]:
    code, statement = str(row["sub_problem_code"]), str(row["statement"])
    what = {
        "source": row["source"],
        "unit_kind": row["unit_kind"],
        "sub_problem_code": code,
        "theme_code": rules.themes.theme_of(code, statement, statement).theme_code,
        "statement": statement,
        "import_key": import_key(row),
        "registered_on": row["registered_on"],
    }
    what |= {name: value for name, value in (("batch", row["batch"]), ("source_note", row["note"])) if value}
    is_open = row["unit_id"] is None
    reason = "待定：登记时没有写明责任单位" if is_open else "登记时写明该单位"
    unit = {"unit_id": row["unit_id"], "unit_kind": row["unit_kind"], "unit_reason": reason}
    due = rules.deadline(code, row["registered_on"], str(row["source"]))
    if row["due_on"]:
        words = f"{rules.deadlines.review.version}：来文规定的时限"
        due = Deadline(row["due_on"], words, is_provisional=False, counted_from=row["registered_on"])
    yield from registration(problem_id, what, unit, due, by)
