"""Steps taken in the lives of problems: from what somebody asks for to events, and from events back to the problems."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pandas as pd

from analysis.contracts import EVENT_KINDS, EVENTS, LIFE_CYCLE_KINDS, PROBLEMS, empty_frame
from analysis.errors import IntegrityError
from analysis.ledger.chain import event_record
from analysis.ledger.life_cycle import CREATED, DATE_COLUMNS, LifeCycle, Role

CORRECTED = "event_corrected"
"""The event by which an earlier step is left out of a problem's history; nothing is ever deleted."""

IsRestricted = Callable[[str], bool]
"""Says of a sub-problem whether it is a lead that may not reach the unit complained about."""


@dataclass(frozen=True)
class Moment:
    """When something happens: in which run (empty outside of runs), at what time, and on what working day."""

    run_id: str
    at: datetime
    as_of: date


@dataclass(frozen=True)
class Request:
    """Somebody wants to take a step.

    Attributes:
        problem_id: the problem.
        kind: a key of LIFE_CYCLE_KINDS.
        role: in which capacity.
        actor: who, as people know them.
        facts: what the step carries, by column of PROBLEMS.
        source: where it was said: file and cell, or nothing.
        key: identifies what was said, so that it is known when it is said again; or nothing.
        export_id: the version of the unit's ledger in which it was said, or nothing.
    """

    problem_id: str
    kind: str
    role: Role
    actor: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    key: str = ""
    export_id: str = ""


@dataclass(frozen=True)
class Refusal:
    """A request that cannot be granted, and why (Chinese)."""

    request: Request
    reason: str


@dataclass(frozen=True)
class Taken:
    """What requests come to: events still without their place in the chain, the changed problems, the refusals."""

    events: pd.DataFrame
    problems: pd.DataFrame
    refusals: tuple[Refusal, ...]


def take_steps(
    requests: Iterable[Request],
    problems: pd.DataFrame,
    life_cycle: LifeCycle,
    is_restricted: IsRestricted,
    moment: Moment,
) -> Taken:
    """Take the requested steps one after the other, with the steps that they imply; refused ones change nothing.

    Args:
        requests: in their order; those about one problem see what the ones before made of it.
        problems: at least the problems concerned, columns of the contract.
        life_cycle: the state machine.
        is_restricted: which sub-problems are leads.
        moment: when; its day is that of the steps which say no other.
    """
    now = {str(row["problem_id"]): plain_problem(row) for row in problems.to_dict("records")}
    changed: dict[str, dict[str, Any]] = {}
    events: list[dict[str, object]] = []
    refusals: list[Refusal] = []
    for request in requests:
        problem = now.get(request.problem_id, {})
        granted = _granted(request, problem, life_cycle, is_restricted, moment)
        if isinstance(granted, Refusal):
            refusals.append(granted)
            continue
        problem, own_events = granted
        now[request.problem_id] = changed[request.problem_id] = problem
        events += own_events
    return Taken(
        pd.DataFrame(events) if events else empty_frame(EVENTS), problem_frame(changed.values()), tuple(refusals)
    )


def _granted(
    request: Request, problem: dict[str, Any], life_cycle: LifeCycle, is_restricted: IsRestricted, moment: Moment
) -> tuple[dict[str, Any], list[dict[str, object]]] | Refusal:
    """Return the problem after the request and the events that lead there, or why not."""
    if not problem and request.kind != CREATED:
        return Refusal(request, f"没有问题 {request.problem_id}")
    if not problem:
        problem = _unborn(request.problem_id, moment)
    code = problem["sub_problem_code"] or request.facts.get("sub_problem_code", "")
    events: list[dict[str, object]] = []
    kinds = (*life_cycle.implied(problem["status"], request.kind), request.kind)
    for kind in kinds:
        facts = request.facts if kind == request.kind else {}
        reason = life_cycle.refusal(
            problem["status"], kind, request.role, facts, is_restricted=is_restricted(str(code))
        )
        if reason:
            return Refusal(request, reason)
        problem = life_cycle.after(problem, kind, facts, moment.as_of)
        events.append(_event(request, kind, facts, problem["version"], moment))
    return problem, events


def _unborn(problem_id: str, moment: Moment) -> dict[str, Any]:
    nothing = dict.fromkeys(PROBLEMS.column_names)
    return nothing | {"problem_id": problem_id, "status": "", "relapse_count": 0, "version": 0, "run_id": moment.run_id}


def _event(request: Request, kind: str, facts: Mapping[str, Any], version: int, moment: Moment) -> dict[str, object]:
    told: dict[str, Any] = {n: value.isoformat() if isinstance(value, date) else value for n, value in facts.items()}
    payload = told if kind == CORRECTED else {"facts": told}
    payload |= {"day": moment.as_of.isoformat(), "role": str(request.role)}
    said = {"source": request.source, "export_id": request.export_id, "key": request.key}
    return event_record(
        problem_id=request.problem_id,
        kind=kind,
        subject=str(version),
        payload=payload | {name: value for name, value in said.items() if value},
        actor=request.actor,
        at=moment.at,
        run_id=moment.run_id,
    )


def correct_steps(
    requests: Iterable[Request],
    events: pd.DataFrame,
    life_cycle: LifeCycle,
    is_restricted: IsRestricted,
    moment: Moment,
) -> Taken:
    """Leave earlier steps out of the history of their problems, and put these as the rest of their history makes them.

    Args:
        requests: of the kind CORRECTED, each about another problem; facts are `sequence` (of the event that is to be
            left out) and `status_reason`.
        events: the whole history of the problems concerned, columns of EVENTS.
        life_cycle: the state machine.
        is_restricted: which sub-problems are leads.
        moment: when.
    """
    corrections: list[dict[str, object]] = []
    problems: list[pd.DataFrame] = []
    refusals: list[Refusal] = []
    for request in requests:
        history = events[events["problem_id"] == request.problem_id]
        reason = _correction_refusal(request, history)
        if not reason:
            version = _step_count(history) + 1
            correction = _event(request, CORRECTED, request.facts, version, moment)
            last = int(history["sequence"].max()) + 1
            found = replay(
                pd.concat([history, pd.DataFrame([correction | {"sequence": last}])]), life_cycle, is_restricted
            )
            reason = f"更正后余下的经过不合规定：{found.faults[0]}" if found.faults else ""
            if found.problems["due_on"].isna().any() and _had_deadline(history):
                reason = reason or "更正后问题没有整改时限"
        if reason:
            refusals.append(Refusal(request, reason))
            continue
        corrections.append(correction)
        problems.append(found.problems)
    return Taken(
        pd.DataFrame(corrections) if corrections else empty_frame(EVENTS),
        pd.concat(problems) if problems else problem_frame(()),
        tuple(refusals),
    )


def _correction_refusal(request: Request, history: pd.DataFrame) -> str:
    """Return why a step cannot be left out, before what comes after it is looked at."""
    sequence, reason = request.facts.get("sequence"), str(request.facts.get("status_reason") or "")
    if request.role is not Role.SUPERVISOR:
        return "“更正”只能由监督单位来做"
    if not reason.strip():
        return f"“更正”必须写明{PROBLEMS['status_reason'].heading}"
    found = history.loc[history["sequence"] == sequence, "kind"]
    if found.empty:
        return f"问题 {request.problem_id} 没有第 {sequence} 项事件"
    kind = str(found.iloc[0])
    if kind == CREATED:
        return "登记不能更正掉：问题编号终身保留；登记错了的请认定不属实或并入另一问题"
    if kind not in LIFE_CYCLE_KINDS:
        return f"第 {sequence} 项事件“{EVENT_KINDS[kind]}”不是办理步骤，不能这样更正"
    if sequence in corrected_sequences(history):
        return f"第 {sequence} 项事件已经更正过"
    return ""


def _had_deadline(history: pd.DataFrame) -> bool:
    return bool(history["kind"].eq("deadline_set").any())


def corrected_sequences(events: pd.DataFrame) -> set[int]:
    """Return the sequences of the events that later ones leave out.

    Raises:
        IntegrityError: a correction does not say which.
    """
    return {corrected_sequence(event) for event in events[events["kind"] == CORRECTED].to_dict("records")}


def corrected_sequence(event: Mapping[Any, Any]) -> int:
    """Return the sequence of the event that a correction (columns of EVENTS) leaves out.

    Raises:
        IntegrityError: it does not say which.
    """
    try:
        return int(json.loads(event["payload"])["sequence"])
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(event) from error


@dataclass(frozen=True)
class Step:
    """What the content of a step's event says: facts by column of PROBLEMS, the day, in which capacity."""

    facts: Mapping[str, Any]
    day: date
    role: Role


def read_step(event: Mapping[Any, Any]) -> Step:
    """Return what an event of LIFE_CYCLE_KINDS (columns of EVENTS) says.

    Raises:
        IntegrityError: its content lacks something, or cannot be read.
    """
    try:
        content = json.loads(event["payload"])
        facts = {name: _typed(name, value) for name, value in content["facts"].items()}
        return Step(facts, date.fromisoformat(content["day"]), Role(content["role"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(event) from error


def event_day(event: Mapping[Any, Any]) -> date:
    """Return the day of any event (columns of EVENTS): that of a step, or that on which something else was written.

    Raises:
        IntegrityError: its content cannot be read.
    """
    if event["kind"] in LIFE_CYCLE_KINDS:
        return read_step(event).day
    try:
        told = json.loads(event["payload"]).get("day")
        return date.fromisoformat(str(told)[:10]) if told else event["occurred_at"].date()
    except (ValueError, AttributeError) as error:
        raise _unreadable(event) from error


def _unreadable(event: Mapping[Any, Any]) -> IntegrityError:
    return IntegrityError(
        f"问题 {event['problem_id']} 的第 {event['sequence']} 项事件的内容读不出来。"
        "请用 hotline verify 核对台账，必要时从备份恢复。"
    )


def last_steps(events: pd.DataFrame) -> pd.DataFrame:
    """Return the last step of each problem that was not corrected: rows of EVENTS by problem_id."""
    steps = events[events["kind"].isin(LIFE_CYCLE_KINDS) & ~events["sequence"].isin(corrected_sequences(events))]
    return steps.sort_values("sequence").drop_duplicates("problem_id", keep="last").set_index("problem_id")


def _step_count(history: pd.DataFrame) -> int:
    return int(history["kind"].isin([*LIFE_CYCLE_KINDS, CORRECTED]).sum())


@dataclass(frozen=True)
class Replay:
    """The problems as the events tell them, and what in the events is no legal history (Chinese, one line each)."""

    problems: pd.DataFrame
    faults: tuple[str, ...]


def replay(events: pd.DataFrame, life_cycle: LifeCycle, is_restricted: IsRestricted) -> Replay:
    """Rebuild all problems from the whole history; what the rebuilt table should be is the table in the ledger.

    A correction counts in a problem's version like the step that it leaves out: no version ever comes again.

    Args:
        events: columns of EVENTS; those that are no steps, and those that were corrected later, are passed over.
        life_cycle: the state machine.
        is_restricted: which sub-problems are leads.

    Raises:
        IntegrityError: the content of an event cannot be read.
    """
    ordered = events.sort_values("sequence")
    corrected = corrected_sequences(ordered)
    now: dict[str, dict[str, Any]] = {}
    faults: list[str] = []
    for event in ordered[ordered["kind"].isin([*LIFE_CYCLE_KINDS, CORRECTED])].to_dict("records"):
        problem_id = str(event["problem_id"])
        if event["kind"] == CORRECTED or event["sequence"] in corrected:
            if problem_id in now:
                now[problem_id]["version"] += 1
            continue
        step = read_step(event)
        moment = Moment(str(event["run_id"]), event["occurred_at"], step.day)
        problem = now.get(problem_id) or _unborn(problem_id, moment)
        code = str(problem["sub_problem_code"] or step.facts.get("sub_problem_code", ""))
        reason = life_cycle.refusal(
            problem["status"], event["kind"], step.role, step.facts, is_restricted=is_restricted(code)
        )
        if reason:
            faults.append(f"问题 {problem_id} 的第 {event['sequence']} 项事件不合规定：{reason}")
            continue
        now[problem_id] = life_cycle.after(problem, event["kind"], step.facts, step.day)
    return Replay(problem_frame(now.values()), tuple(faults))


def plain_problem(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row of PROBLEMS with plain dates, and None for what is missing."""
    plain = {
        str(name): None if value is None or value is pd.NA or value != value else value for name, value in row.items()
    }
    for name in DATE_COLUMNS & set(plain):
        day = plain[name]
        if isinstance(day, datetime):  # pandas' own time stamps as well
            plain[name] = day.date()
    return plain


def problem_frame(problems: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return problems as a table with the columns of the contract."""
    return pd.DataFrame(list(problems), columns=PROBLEMS.column_names, dtype=object)


def _typed(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if name in DATE_COLUMNS and value is not None else value
