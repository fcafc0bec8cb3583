"""What the supervisor decides about problems, as steps in their lives; what cannot be is told with its place."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from analysis.codebook.units import UnitRegister
from analysis.contracts import EVENT_KINDS, FINISHED_STATUSES, LIFE_CYCLE_KINDS, PROBLEM_STATUSES
from analysis.ledger.deadlines import RELAPSED
from analysis.ledger.life_cycle import Role
from analysis.ledger.placing import merge_circle
from analysis.ledger.problems import Rules
from analysis.ledger.steps import (
    CORRECTED,
    Moment,
    Request,
    Taken,
    correct_steps,
    last_steps,
    plain_problem,
    take_steps,
)
from analysis.merged import final_homes

_BY_REGISTRATION = ("problem_created", "deadline_set")
"""Steps that nobody decided, so that there is nothing to take back."""
_TOLD_STEPS = 5
_ABOUT = {"extension_refused": "extension_due_on", "text_withdrawn": "released_text"}
"""By step, the column without which there is nothing to decide."""
_VOID = {
    "extension_refused": "这个问题没有待批复的延期申请。",
    "text_withdrawn": "这个问题没有放行过文字，或者已经撤回。",
}

ReleaseCheck = Callable[[str, str], Iterable[str]]
"""Tells, of a problem and a text, why the problem's unit may not see the text (Chinese sentences)."""


@dataclass(frozen=True)
class Decision:
    """One decision.

    Attributes:
        place: where it was said, for whoever asks: a row of a sheet.
        source: the same in words: file, sheet and cell.
        problem_id: about which problem.
        version: how many steps the problem had taken when the supervisor was shown it.
        kind: the step, or CORRECTED for leaving out the last one.
        facts: what was said of it, by column of PROBLEMS.
        key: identifies what was said, so that it is known when it comes again.
    """

    place: Any
    source: str
    problem_id: str
    version: int
    kind: str
    facts: Mapping[str, Any]
    key: str


@dataclass(frozen=True)
class Flaw:
    """Why a decision cannot be: which column of PROBLEMS is wrong, "" for the decision as such, and why (Chinese)."""

    decision: Decision
    column: str
    reason: str


@dataclass(frozen=True)
class Decided:
    """What decisions come to: the steps, those that were known, and what is wrong with any."""

    taken: Taken
    known: tuple[Decision, ...]
    flaws: tuple[Flaw, ...]


def open_decisions(problem: Mapping[str, Any], last_kind: str, rules: Rules) -> tuple[str, ...]:
    """Return what the supervisor can decide about a problem as it stands, corrections of the last step as well.

    Args:
        problem: columns of PROBLEMS.
        last_kind: its last step that was not corrected.
        rules: the state machine.
    """
    is_lead = rules.is_restricted(str(problem["sub_problem_code"]))
    kinds = rules.life_cycle.open_to(str(problem["status"]), Role.SUPERVISOR, is_restricted=is_lead)
    kinds = tuple(kind for kind in kinds if not _is_void(kind, plain_problem(problem)))
    return kinds if last_kind in _BY_REGISTRATION else (*kinds, CORRECTED)


def _is_void(kind: str, problem: Mapping[str, Any]) -> bool:
    """Say whether a step has nothing that it could be about."""
    column = _ABOUT.get(kind)
    return column is not None and problem[column] is None


def decide(
    decisions: Sequence[Decision],
    problems: pd.DataFrame,
    events: pd.DataFrame,
    rules: Rules,
    units: UnitRegister,
    moment: Moment,
    person: str,
    release_check: ReleaseCheck,
) -> Decided:
    """Turn decisions into steps; each problem is decided about once.

    Args:
        decisions: in the order of their places.
        problems: all problems, columns of PROBLEMS.
        events: the whole history of the problems decided about, columns of EVENTS.
        rules: state machine, deadlines.
        units: the register; a unit must exist today to be made responsible.
        moment: when.
        person: who decides.
        release_check: what keeps a text from being released.
    """
    by_id = problems.set_index("problem_id", drop=False)
    decider = _Decider(by_id, events, rules, units, moment, person, release_check)
    known: list[Decision] = []
    flaws: list[Flaw] = []
    requests: list[Request] = []
    corrections: list[Request] = []
    by_request: dict[int, Decision] = {}
    for decision in decisions:
        if decider.is_known(decision):
            known.append(decision)
        elif found := tuple(decider.flaws(decision)):
            flaws += found
        else:
            own = decider.requests(decision)
            by_request |= {id(request): decision for request in own}
            (corrections if decision.kind == CORRECTED else requests).extend(own)
    steps = take_steps(requests, problems, rules.life_cycle, rules.is_restricted, moment)
    undone = correct_steps(corrections, events, rules.life_cycle, rules.is_restricted, moment)
    flaws += [
        Flaw(by_request[id(refusal.request)], "", f"{refusal.reason}。")
        for refusal in (*steps.refusals, *undone.refusals)
    ]
    taken = Taken(
        pd.concat([steps.events, undone.events]) if len(undone.events) else steps.events,
        pd.concat([steps.problems, undone.problems]),
        (),
    )
    flaws += _wrong_mergers(decisions, problems, taken)
    return Decided(taken, tuple(known), tuple(flaws))


def merge_trouble(own: Mapping[str, Any], into: Mapping[str, Any], rules: Rules) -> str:
    """Return why a problem cannot be merged into another (Chinese), or "" where it can.

    Args:
        own: the problem, columns of PROBLEMS.
        into: the other one.
        rules: which problems are leads.
    """
    if own["problem_id"] == into["problem_id"]:
        return f"问题 {own['problem_id']} 不能并入自己"
    if into["status"] == "merged":
        return f"问题 {into['problem_id']} 已经并入 {into['merged_into_id']}，请并入后者"
    if into["status"] in FINISHED_STATUSES:
        return f"问题 {into['problem_id']} 已经办结，不能再并入别的问题；并入了就没有人整改"
    if rules.is_restricted(str(own["sub_problem_code"])) != rules.is_restricted(str(into["sub_problem_code"])):
        return "线索类问题和一般问题不能互相并入：线索不得交给被反映单位"
    return ""


def _wrong_mergers(decisions: Sequence[Decision], problems: pd.DataFrame, taken: Taken) -> Iterator[Flaw]:
    """Yield mergers that only other decisions of the same file make wrong."""
    mergers = {d.problem_id: d for d in decisions if d.kind == "merged"}
    after = pd.concat([problems[~problems["problem_id"].isin(taken.problems["problem_id"])], taken.problems])
    if problem_id := merge_circle(after):
        decision = mergers.get(problem_id) or next(iter(mergers.values()), decisions[0])
        yield Flaw(decision, "merged_into_id", f"问题 {problem_id} 会转一圈并入自己。请改并入另一个问题。")
        return
    homes, statuses = final_homes(after), after.set_index("problem_id")["status"]
    for problem_id, decision in mergers.items():
        home = homes.get(problem_id)
        if home and problem_id in set(taken.problems["problem_id"]) and statuses[home] in FINISHED_STATUSES:
            words = f"问题 {home} 同时被决定为“{PROBLEM_STATUSES[statuses[home]]}”，不能再并入。请只留一个决定。"
            yield Flaw(decision, "merged_into_id", words)


@dataclass(frozen=True)
class _Decider:
    """Checks decisions one by one, and says what steps they are."""

    problems: pd.DataFrame
    events: pd.DataFrame
    rules: Rules
    units: UnitRegister
    moment: Moment
    person: str
    release_check: ReleaseCheck

    def _history(self, problem_id: str) -> pd.DataFrame:
        return self.events[self.events["problem_id"] == problem_id].sort_values("sequence")

    def _problem(self, problem_id: str) -> dict[str, Any]:
        return plain_problem(self.problems.loc[problem_id].to_dict())

    def is_known(self, decision: Decision) -> bool:
        """Say whether this very decision was recorded before."""
        payloads = self._history(decision.problem_id)["payload"]
        return any(json.loads(payload).get("key") == decision.key for payload in payloads)

    def flaws(self, decision: Decision) -> Iterator[Flaw]:
        """Yield why a decision cannot be."""
        if decision.problem_id not in self.problems.index:
            yield Flaw(decision, "problem_id", f"台账里没有问题 {decision.problem_id}。请重新导出监督台账再填。")
            return
        problem, history = self._problem(decision.problem_id), self._history(decision.problem_id)
        if decision.version != problem["version"]:
            yield Flaw(decision, "", _what_happened(history, decision.version, problem))
            return
        last = last_steps(history)
        last_kind = str(last.loc[decision.problem_id, "kind"])
        if decision.kind not in open_decisions(problem, last_kind, self.rules):
            yield Flaw(decision, "", self._closed_reason(decision, problem, last_kind))
            return
        check = self._checks.get(decision.kind)
        if check:
            yield from (Flaw(decision, column, reason) for column, reason in check(self, decision.facts, problem))

    def _closed_reason(self, decision: Decision, problem: Mapping[str, Any], last_kind: str) -> str:
        if decision.kind == CORRECTED:
            return f"上一步是“{LIFE_CYCLE_KINDS[last_kind]}”，由登记而来，没有可以更正的决定。"
        if _is_void(decision.kind, problem):
            return _VOID[decision.kind]
        is_lead = self.rules.is_restricted(str(problem["sub_problem_code"]))
        reason = self.rules.life_cycle.refusal(
            str(problem["status"]), decision.kind, Role.SUPERVISOR, decision.facts, is_restricted=is_lead
        )
        return f"{reason}。"

    def _check_unit(self, facts: Mapping[str, Any], problem: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        unit = self.units[facts["unit_id"]]
        if not unit.is_valid_on(self.moment.as_of):
            yield "unit_id", f"名录里的“{unit.short_name}”现在已不存在。请改选现在的责任单位。"
        elif facts["unit_id"] == problem["unit_id"] and problem["status"] == "objected":
            yield "unit_id", "责任单位没有变。认为异议不成立的，请改选“异议不成立”。"
        elif facts["unit_id"] == problem["unit_id"] and problem["status"] != "registered":
            yield "unit_id", "责任单位没有变。请改选别的单位，或清空这一行的决定。"

    def _check_extension(self, facts: Mapping[str, Any], problem: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        until = facts.get("due_on") or problem["extension_due_on"]
        latest = date(self.moment.as_of.year + self.rules.ledger.longest_deadline_years, 12, 31)
        if until is None:
            yield "due_on", "没有延期申请，请写明延期至哪一天。"
        elif until <= problem["due_on"]:
            yield "due_on", f"延期不能早于或等于原时限 {problem['due_on']:%Y-%m-%d}。请改正。"
        elif until < self.moment.as_of:
            yield "due_on", "延期至的日期已经过了。请改正。"
        elif until > latest:
            yield "due_on", f"延期至 {until:%Y-%m-%d} 太远，可能有误。请连年份一起核对。"

    def _check_merger(self, facts: Mapping[str, Any], problem: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        into_id = facts["merged_into_id"]
        if into_id not in self.problems.index:
            yield "merged_into_id", f"台账里没有问题 {into_id}。请核对编号。"
        elif trouble := merge_trouble(problem, self._problem(into_id), self.rules):
            yield "merged_into_id", f"{trouble}。"

    def _check_verification(self, facts: Mapping[str, Any], problem: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        day, first = facts.get("verified_on"), problem["completed_on"] or problem["registered_on"]
        if day and day < first:
            what = "完成日期" if problem["completed_on"] else "登记日期"
            yield "verified_on", f"核查日期早于{what} {first:%Y-%m-%d}。请改正。"

    def _check_release(self, facts: Mapping[str, Any], problem: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        text = facts["released_text"]
        if text == problem["released_text"]:
            yield "released_text", "与已放行的文字相同。请改写，或清空这一行的决定。"
        for trouble in self.release_check(str(problem["problem_id"]), text):
            yield "released_text", trouble

    _Check = Callable[["_Decider", Mapping[str, Any], Mapping[str, Any]], Iterator[tuple[str, str]]]

    @property
    def _checks(self) -> Mapping[str, _Check]:
        return {
            "unit_assigned": _Decider._check_unit,
            "extension_granted": _Decider._check_extension,
            "merged": _Decider._check_merger,
            "closed": _Decider._check_verification,
            "verification_failed": _Decider._check_verification,
            "unfounded": _Decider._check_verification,
            "text_released": _Decider._check_release,
        }

    def requests(self, decision: Decision) -> list[Request]:
        """Return the steps that a decision without flaws is."""
        problem, facts = self._problem(decision.problem_id), dict(decision.facts)
        steps: list[tuple[str, Mapping[str, Any]]] = [(decision.kind, facts)]
        if decision.kind == CORRECTED:
            last = last_steps(self._history(decision.problem_id)).to_dict("index")
            facts["sequence"] = int(last[decision.problem_id]["sequence"])
        elif decision.kind == "unit_assigned":
            facts["unit_kind"] = self.units[facts["unit_id"]].unit_kind
        elif decision.kind == "unit_undetermined":
            facts["unit_kind"] = problem["unit_kind"]
        elif decision.kind == "text_released":
            facts["released_unit_id"] = problem["unit_id"]
        elif decision.kind == "extension_granted":
            facts |= self._extension(facts.get("due_on") or problem["extension_due_on"])
        elif decision.kind == "restored" and problem["unit_id"] and self._is_there(problem["unit_id"]):
            unit = {
                "unit_id": problem["unit_id"],
                "unit_kind": problem["unit_kind"],
                "unit_reason": "恢复办理，单位不变",
            }
            steps.append(("unit_assigned", unit))
        if problem["status"] == "relapsed" and decision.kind in ("handed_over", "unit_assigned"):
            steps = [*self._new_deadline(problem), *steps]
        return [
            Request(
                decision.problem_id, kind, Role.SUPERVISOR, self.person, told, source=decision.source, key=decision.key
            )
            for kind, told in steps
        ]

    def _is_there(self, unit_id: str) -> bool:
        return any(u.unit_id == unit_id and u.is_valid_on(self.moment.as_of) for u in self.units.unit)

    def _extension(self, until: date) -> dict[str, Any]:
        version = self.rules.deadlines.review.version
        return {
            "due_on": until,
            "deadline_rule": f"{version}：批准延期至 {until:%Y-%m-%d}",
            "is_due_provisional": False,
        }

    def _new_deadline(self, problem: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the deadline of a problem that came back, where it still has the one from before."""
        if (problem["time_starts_on"] or problem["registered_on"]) >= problem["status_on"]:
            return
        code, source = str(problem["sub_problem_code"]), str(problem["source"])
        yield "deadline_set", self.rules.deadline(code, problem["status_on"], source, RELAPSED).facts


def _what_happened(history: pd.DataFrame, version: int, problem: Mapping[str, Any]) -> str:
    """Return what became of a problem since the supervisor was shown it (Chinese)."""
    steps = history[history["kind"].isin([*LIFE_CYCLE_KINDS, CORRECTED])].iloc[version:]
    told = [
        f"{EVENT_KINDS[kind]}（{actor}，{at:%Y-%m-%d}）"
        for kind, actor, at in zip(steps["kind"], steps["actor"], steps["occurred_at"], strict=True)
    ]
    more = [f"等 {len(told)} 步"] if len(told) > _TOLD_STEPS else []
    words = "、".join([*told[:_TOLD_STEPS], *more])
    status = PROBLEM_STATUSES[str(problem["status"])]
    return f"导出以后这个问题又有变化：{words}；现在是“{status}”。请重新导出监督台账，看过再决定；这一行的决定请清空。"
