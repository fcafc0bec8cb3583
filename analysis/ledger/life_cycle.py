"""The declared life of a problem: which step leads from where to where, who may take it, what it must carry."""

from collections import deque
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from analysis.codebook import Review, read_codebook
from analysis.contracts import LIFE_CYCLE_KINDS, PROBLEM_STATUSES, PROBLEMS, ColumnType

CREATED = "problem_created"
HANDOVER = "handed_over"


class Role(StrEnum):
    """In which capacity somebody takes a step."""

    SYSTEM = "system"
    UNIT = "unit"
    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"


ROLE_NAMES = {Role.SYSTEM: "系统", Role.UNIT: "责任单位", Role.REVIEWER: "核查人员", Role.SUPERVISOR: "监督单位"}


class Step(BaseModel):
    """One kind of step; see the head of `life_cycle.toml` for what each key means."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    kind: str
    starts: tuple[str, ...] = Field(alias="from")
    to: str | None = None
    by: tuple[Role, ...]
    must_carry: tuple[str, ...] = ()
    may_carry: tuple[str, ...] = ()
    stamps: str | None = None
    sets: dict[str, str] = Field(default_factory=dict)
    clears: tuple[str, ...] = ()
    is_implied: bool = False
    not_restricted: bool = False

    @property
    def carries(self) -> frozenset[str]:
        """Columns of the problem that the step can carry."""
        return frozenset((*self.must_carry, *self.may_carry, *((self.stamps,) if self.stamps else ())))


class LifeCycle(BaseModel):
    """`life_cycle.toml`: the state machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: Review
    step: tuple[Step, ...]

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        kinds = [step.kind for step in self.step]
        if sorted(kinds) != sorted(LIFE_CYCLE_KINDS):
            odd = sorted(set(kinds) ^ set(LIFE_CYCLE_KINDS)) or [k for k in kinds if kinds.count(k) > 1]
            raise ValueError(f"步骤 {odd[0]} 多出、缺少或重复")
        for step in self.step:
            states = {*step.starts, *((step.to,) if step.to else ())}
            if unknown := states - set(PROBLEM_STATUSES):
                raise ValueError(f"步骤 {step.kind} 里没有 {min(unknown)} 这个状态")
            columns = {*step.carries, *step.sets, *step.clears}
            if unknown := columns - set(PROBLEMS.column_names):
                raise ValueError(f"步骤 {step.kind} 里没有 {min(unknown)} 这一列")
            if bool(step.starts) == (step.kind == CREATED):
                raise ValueError(f"步骤 {step.kind} 的 from 有误：只有登记不从任何状态出发")
        return self

    def __getitem__(self, kind: str) -> Step:
        return next(step for step in self.step if step.kind == kind)

    def refusal(self, status: str, kind: str, role: Role, facts: Mapping[str, Any], *, is_restricted: bool) -> str:
        """Return why a step cannot be taken (Chinese), or "" where it can.

        Args:
            status: where the problem stands; "" before it is registered.
            kind: the step.
            role: who wants to take it.
            facts: what it carries, by column of PROBLEMS.
            is_restricted: whether the problem is a lead that may not reach the unit complained about.
        """
        step, name = self[kind], LIFE_CYCLE_KINDS[kind]
        if reason := self._gate(status, step, role, is_restricted=is_restricted):
            return reason
        if missing := [column for column in step.must_carry if _is_missing(facts.get(column))]:
            return f"“{name}”必须写明{'、'.join(PROBLEMS[column].heading for column in missing)}"
        if alien := sorted(set(facts) - step.carries):
            return f"“{name}”不能带{'、'.join(PROBLEMS[column].heading for column in alien)}"
        return ""

    def _gate(self, status: str, step: Step, role: Role, *, is_restricted: bool) -> str:
        """Return why nobody in a role can take a step from where the problem stands, whatever it carries."""
        name = LIFE_CYCLE_KINDS[step.kind]
        if role not in step.by:
            return f"“{name}”只能由{'、'.join(ROLE_NAMES[r] for r in step.by)}来做，不能由{ROLE_NAMES[role]}来做"
        if step.not_restricted and is_restricted:
            return f"线索类问题不能“{name}”：不得交给被反映单位，应移送有权处理的机关"
        if status not in (step.starts or ("",)):
            where = PROBLEM_STATUSES.get(status, "还没有登记")
            starts = "、".join(PROBLEM_STATUSES[s] for s in step.starts) or "还没有登记"
            return f"问题现在是“{where}”，不能“{name}”；要在“{starts}”时才可以"
        return ""

    def open_to(self, status: str, role: Role, *, is_restricted: bool) -> tuple[str, ...]:
        """Return the steps that somebody in a role can take next, at once or by the steps that they imply.

        Args:
            status: where the problem stands.
            role: who would take it.
            is_restricted: whether the problem is a lead.
        """

        def is_open(step: Step) -> bool:
            path, here = self.implied(status, step.kind), status
            for kind in path:
                if self._gate(here, self[kind], role, is_restricted=is_restricted):
                    return False
                here = self[kind].to or here
            return not self._gate(here, step, role, is_restricted=is_restricted)

        return tuple(step.kind for step in self.step if is_open(step))

    def implied(self, status: str, kind: str) -> tuple[str, ...]:
        """Return the steps that `kind` shows to have been taken before it: the fewest, none where none are needed.

        A unit that sends its ledger back was handed the problem; who closes a problem has verified it. Where no such
        steps lead to `kind`, the answer is () as well, and `refusal` says what is wrong.
        """
        waiting: deque[tuple[str, tuple[str, ...]]] = deque([(status, ())])
        seen = {status}
        while waiting:
            here, path = waiting.popleft()
            if here in self[kind].starts:
                return path
            for step in self.step:
                if step.is_implied and step.to and here in step.starts and step.to not in seen:
                    seen.add(step.to)
                    waiting.append((step.to, (*path, step.kind)))
        return ()

    def as_handed_over(self, problem: Mapping[str, Any]) -> dict[str, Any]:
        """Return a problem as its unit finds it: where it is still to be handed over, without what that clears.

        What was claimed in an earlier life of the problem, or by another unit, is no answer to it now.
        """
        step = self[HANDOVER]
        return dict(problem) | (dict.fromkeys(step.clears) if problem["status"] in step.starts else {})

    def after(self, problem: Mapping[str, Any], kind: str, facts: Mapping[str, Any], day: date) -> dict[str, Any]:
        """Return the problem as it is after a step that was found legal.

        Args:
            problem: the columns of PROBLEMS; before it is registered, only those that the step does not carry.
            kind: the step.
            facts: what it carries; a column that is carried as None is emptied.
            day: the day of the step.
        """
        step = self[kind]
        changed = dict(problem) | dict.fromkeys(step.clears) | dict(facts) | step.sets
        if step.stamps and _is_missing(facts.get(step.stamps)):
            changed[step.stamps] = day
        if step.to and step.to != problem.get("status"):
            changed |= {"status": step.to, "status_on": day}
            changed["relapse_count"] = problem.get("relapse_count", 0) + (step.to == "relapsed")
        changed["version"] = problem.get("version", 0) + 1
        return changed


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


DATE_COLUMNS = frozenset(c.name for c in PROBLEMS.columns if c.type is ColumnType.DATE)


def load_life_cycle(directory: Path | None = None) -> LifeCycle:
    """Load the site's own `life_cycle.toml`, else the shipped one.

    Raises:
        SettingsError: the file does not declare each step once, or names an unknown state, role or column.
    """
    return read_codebook("life_cycle.toml", LifeCycle, directory)
