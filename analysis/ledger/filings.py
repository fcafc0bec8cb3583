"""What a unit filed, merged with what happened since its ledger was sent out: three ways, cell by cell.

The three are the cell as it was sent out, as it came back, and the ledger now. A cell that came back as it was sent
says nothing. One that was changed on one side only is taken from there. Changed on both sides to different things, it
is a conflict that the supervisor decides, unless the ledger's side is what this very copy of the ledger said before.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from analysis.contracts import FILED_COLUMNS, LIFE_CYCLE_KINDS, PROBLEMS
from analysis.ledger.life_cycle import DATE_COLUMNS, LifeCycle, Role
from analysis.ledger.steps import IsRestricted, Moment, Request, Taken, plain_problem, problem_frame, take_steps

FILED = "rectification_filed"
CLOSURE = "closure_requested"
APPLICATIONS = (CLOSURE, "extension_requested", "objection_raised", "closure_withdrawn")
"""Steps that a unit asks for beside what it files."""
APPLICATION = "application"
"""Where in a row a conflict or a flaw stands that concerns what the unit applies for."""
_DAYS = ("completed_on", "evidence_on")


@dataclass(frozen=True)
class Filing:
    """What a unit says about one problem in one row of its ledger.

    Attributes:
        row: of the sheet, to tell it again.
        problem_id: the problem.
        export_id: the version of the ledger that was filled in.
        filed: by each of FILED_COLUMNS a text (masked), a day, or None.
        application: the step that the unit asks for; "" for none.
        carried: what the application says itself.
        actor: who says so.
    """

    row: int
    problem_id: str
    export_id: str
    filed: Mapping[str, Any]
    application: str
    carried: dict[str, Any]
    actor: str


@dataclass(frozen=True)
class PastStep:
    """A step taken since an export: what it carried, and in which version of the ledger it was asked for, if any."""

    sequence: int
    kind: str
    facts: Mapping[str, Any]
    export_id: str


@dataclass(frozen=True)
class Base:
    """One problem as it was sent out: its columns of EXPORT_ROWS, and the steps taken since."""

    values: Mapping[str, Any]
    since: Sequence[PastStep] = ()


@dataclass(frozen=True)
class Flaw:
    """Something that the unit has to mend: in which row, which field, and what (Chinese, a whole sentence)."""

    row: int
    name: str
    reason: str


@dataclass(frozen=True)
class Conflict:
    """Something that the supervisor has to decide, with what the cell was, what the unit says, and what stands now."""

    row: int
    problem_id: str
    name: str
    exported: Any
    filed: Any
    present: Any
    reason: str


@dataclass(frozen=True)
class Merged:
    """What the filings of one file come to.

    Attributes:
        taken: the steps that are taken.
        changed: the cells that say something new (row, field).
        applications: what is applied for (row, step).
        conflicts: what the supervisor decides.
        flaws: what the unit has to mend; where there are any, nothing may be recorded.
        kept_count: cells left as they were sent out, which the ledger knows better by now.
        repeated_count: applications that were recorded before.
    """

    taken: Taken
    changed: Sequence[tuple[int, str]]
    applications: Sequence[tuple[int, str]]
    conflicts: Sequence[Conflict]
    flaws: Sequence[Flaw]
    kept_count: int
    repeated_count: int


@dataclass(frozen=True)
class MergeRules:
    """By what filings are merged.

    Attributes:
        unit_id: whose ledger it is.
        life_cycle: the state machine.
        is_restricted: which sub-problems are leads.
        moment: when.
        as_read: what a cell holding a value of the ledger says when it is read back.
        told: names the cells of a row (row, fields), for the events.
    """

    unit_id: str
    life_cycle: LifeCycle
    is_restricted: IsRestricted
    moment: Moment
    as_read: Callable[[Any], Any]
    told: Callable[[int, Sequence[str]], str]


def merge_filings(
    filings: Sequence[Filing], bases: Mapping[tuple[str, str], Base], problems: pd.DataFrame, rules: MergeRules
) -> Merged:
    """Merge what a unit filed into the ledger; nothing is written here.

    Args:
        filings: one a problem.
        bases: by export and problem, what was sent out.
        problems: the problems concerned as they are now, columns of PROBLEMS.
        rules: whose filings, when, and by which rules.
    """
    found = map(plain_problem, problems.to_dict("records"))
    now = {str(problem["problem_id"]): rules.life_cycle.as_handed_over(problem) for problem in found}
    rows = [_merge_row(f, bases[f.export_id, f.problem_id], now[f.problem_id], rules) for f in filings]
    flaws = [flaw for row in rows for flaw in row.flaws]
    requests = [(row, request) for row in rows for request in row.requests]
    conflicts = [conflict for row in rows for conflict in row.conflicts]
    while True:
        wanted = [request for _, request in requests]
        taken = take_steps(wanted, problems, rules.life_cycle, rules.is_restricted, rules.moment)
        if not taken.refusals:
            break
        reasons = {id(refusal.request): refusal.reason for refusal in taken.refusals}
        refused = [(row, request) for row, request in requests if id(request) in reasons]
        for row, request in refused:
            told = _refused(row, request, reasons[id(request)], rules)
            flaws += [item for item in told if isinstance(item, Flaw)]
            conflicts += [item for item in told if isinstance(item, Conflict)]
        requests = [(row, request) for row, request in requests if id(request) not in reasons]
    return Merged(
        taken,
        [(row.filing.row, name) for row, request in requests if request.kind == FILED for name in request.facts],
        [(row.filing.row, request.kind) for row, request in requests if request.kind != FILED],
        conflicts,
        flaws,
        sum(row.kept_count for row in rows),
        sum(row.repeated_count for row in rows),
    )


@dataclass
class _Row:
    """One filing as it is merged."""

    filing: Filing
    base: Base
    now: Mapping[str, Any]
    requests: list[Request] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    kept_count: int = 0
    repeated_count: int = 0

    def conflict(self, name: str, reason: str) -> None:
        self.conflicts.append(self.as_conflict(name, reason))

    def as_conflict(self, name: str, reason: str) -> Conflict:
        filing = self.filing
        if name == APPLICATION:
            word = LIFE_CYCLE_KINDS[filing.application]
            said = "；".join([word, *(_words(value) for value in filing.carried.values() if value is not None)])
            return Conflict(filing.row, filing.problem_id, name, None, said, None, reason)
        exported, present = self.base.values[name], self.now[name]
        return Conflict(filing.row, filing.problem_id, name, exported, filing.filed[name], present, reason)

    def flaw(self, name: str, reason: str) -> None:
        self.flaws.append(Flaw(self.filing.row, name, reason))


def _words(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _merge_row(filing: Filing, base: Base, now: Mapping[str, Any], rules: MergeRules) -> _Row:
    row = _Row(filing, base, now)
    changed: dict[str, Any] = {}
    for name in FILED_COLUMNS:
        if _is_news(row, name, rules):
            changed[name] = filing.filed[name]
    application = filing.application if _is_new_application(row, rules) else ""
    if now["unit_id"] != rules.unit_id:
        for name in (*changed, *([APPLICATION] if application else [])):
            row.conflict(name, "这个问题现在不由这个单位负责")
        return row
    for name in _DAYS:
        if changed.get(name) is not None and changed[name] < now["registered_on"]:
            heading, day = PROBLEMS[name].heading, now["registered_on"]
            row.flaw(name, f"{heading}早于问题的登记日期 {day:%Y-%m-%d}。请核对后改正。")
    if changed:
        row.requests.append(_request(row, FILED, changed, tuple(changed), rules))
    if application:
        _apply_for(row, application, changed, rules)
    return row


def _is_news(row: _Row, name: str, rules: MergeRules) -> bool:
    """Say whether a cell changes the ledger; note where both sides changed it."""
    said = row.filing.filed[name]
    exported, present = rules.as_read(row.base.values[name]), rules.as_read(row.now[name])
    own = [
        rules.as_read(step.facts[name])
        for step in row.base.since
        if step.export_id == row.filing.export_id and name in step.facts
    ]
    last_said = own[-1] if own else exported
    if said in (exported, last_said):
        # As it was sent out, or as this copy said already: nothing new, whatever the ledger says by now.
        row.kept_count += said != present
        return False
    if said == present:
        return False
    if said in own:
        row.conflict(name, "这份台账先前报过这个内容，后来又改报了，看不出以哪次为准")
    elif present != last_said:
        row.conflict(name, "导出以后，台账里这一格已另有改动")
    else:
        return True
    return False


def _is_new_application(row: _Row, rules: MergeRules) -> bool:
    """Say whether a unit asks for something else than in its last application since the export."""
    kind = row.filing.application
    if not kind:
        return False
    asked = [step for step in row.base.since if step.kind in APPLICATIONS]
    wanted = row.filing.carried | (_closing(row, {}, rules) if kind == CLOSURE else {})
    is_repeated = bool(asked) and asked[-1].kind == kind and _contains(asked[-1].facts, wanted)
    row.repeated_count += is_repeated
    return not is_repeated


def _contains(facts: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(facts.get(name) == value for name, value in wanted.items())


def _closing(row: _Row, changed: Mapping[str, Any], rules: MergeRules) -> dict[str, Any]:
    """Return what a request to close carries: what stands in the row, unless the ledger knows better."""
    carried = {}
    for name in rules.life_cycle[CLOSURE].must_carry:
        said, exported = row.filing.filed[name], rules.as_read(row.base.values[name])
        is_own = name in changed or said != exported or row.now[name] is None
        carried[name] = said if is_own else row.now[name]
    return carried


def _apply_for(row: _Row, kind: str, changed: Mapping[str, Any], rules: MergeRules) -> None:
    facts = dict(row.filing.carried)
    if row.conflicts:
        row.conflict(APPLICATION, "同一行另有冲突，先定了再提")
        return
    if kind == CLOSURE:
        facts |= _closing(row, changed, rules)
        missing = [name for name in rules.life_cycle[CLOSURE].must_carry if facts[name] is None]
        for name in missing:
            row.flaw(name, f"“{LIFE_CYCLE_KINDS[kind]}”必须写明{PROBLEMS[name].heading}。请填写，或先不申请。")
        if missing:
            return
    until = facts.get("extension_due_on")
    due = row.now["due_on"]
    if until is not None and until <= max(rules.moment.as_of, due or date.min):
        row.flaw("extension_due_on", f"申请延期至的日期要在今天和整改时限（{due or '未定'}）以后。请核对后改正。")
        return
    row.requests.append(_request(row, kind, facts, (APPLICATION, *row.filing.carried), rules))


def _request(row: _Row, kind: str, facts: Mapping[str, Any], cells: Sequence[str], rules: MergeRules) -> Request:
    filing = row.filing
    source = rules.told(filing.row, cells)
    return Request(filing.problem_id, kind, Role.UNIT, filing.actor, facts, source=source, export_id=filing.export_id)


def _refused(row: _Row, request: Request, reason: str, rules: MergeRules) -> list[Flaw | Conflict]:
    """Return what a refused step is: a conflict where it was legal when the ledger was sent out, else a flaw."""
    names = tuple(request.facts) if request.kind == FILED else (APPLICATION,)
    then = problem_frame([dict(row.now) | {"status": row.base.values["status"]}])
    at_export = take_steps([request], then, rules.life_cycle, rules.is_restricted, rules.moment)
    if at_export.refusals:
        advice = "请恢复原来的内容。" if request.kind == FILED else "请清空申请各栏。"
        return [Flaw(row.filing.row, name, f"{reason}。{advice}") for name in names]
    return [row.as_conflict(name, reason) for name in names]


def past_steps(events: pd.DataFrame) -> dict[str, list[PastStep]]:
    """Return by problem the steps that events tell of, in their order; those that were corrected are left out.

    Args:
        events: columns sequence, problem_id, kind, payload.
    """
    corrected = {json.loads(p)["sequence"] for p in events.loc[events["kind"] == "event_corrected", "payload"]}
    found: dict[str, list[PastStep]] = {}
    for event in events.sort_values("sequence").to_dict("records"):
        if event["kind"] not in LIFE_CYCLE_KINDS or event["sequence"] in corrected:
            continue
        content = json.loads(event["payload"])
        facts = {name: _typed(name, value) for name, value in content["facts"].items()}
        step = PastStep(int(event["sequence"]), str(event["kind"]), facts, content.get("export_id", ""))
        found.setdefault(str(event["problem_id"]), []).append(step)
    return found


def _typed(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if name in DATE_COLUMNS and value is not None else value
