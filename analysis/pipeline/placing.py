"""Where people put complaints and problems: move, split, merge, same matter, different matters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.config import load_settings
from analysis.contracts import FINISHED_STATUSES, MATTER_RULINGS, MATTERS, PLACEMENTS, PROBLEMS, conform
from analysis.errors import UsageError
from analysis.ledger.deadlines import Deadline
from analysis.ledger.decisions import merge_trouble
from analysis.ledger.life_cycle import Role
from analysis.ledger.placing import placement_events
from analysis.ledger.problems import Registrar, Rules, next_serial, problem_number, registration
from analysis.ledger.rulings import Ruling, rule_different, rule_same
from analysis.ledger.steps import Moment, Request, Taken, plain_problem, take_steps
from analysis.ledger.store import Store
from analysis.merged import final_homes
from analysis.pipeline.rules import load_rules
from analysis.pipeline.steps_by_people import (
    apply_moves,
    existing_ledger,
    masked,
    masked_reason,
    moment_now,
    named_person,
    record_steps,
)
from analysis.site import SitePaths


@dataclass(frozen=True)
class Said:
    """Who decided, and why."""

    person: str
    reason: str


@dataclass(frozen=True)
class Placed:
    """What came of a decision.

    Attributes:
        problem_id: where the complaints are now; of a merge, the problem that stands for both.
        complaint_count: how many complaints were moved.
        emptied: problems without any complaint now.
    """

    problem_id: str
    complaint_count: int
    emptied: tuple[str, ...]


def move_complaints(
    paths: SitePaths, complaint_ids: Sequence[str], to_id: str, said: Said, from_id: str | None = None
) -> Placed:
    """Put complaints into another problem, where they stay whatever later judgements say, while they are in scope.

    Args:
        paths: the site.
        complaint_ids: the complaints; one that is in no problem yet goes into the problem all the same.
        to_id: the problem.
        said: who decided, and why.
        from_id: out of which problem; it must be given for complaints that are in several.

    Raises:
        UsageError: a complaint or problem is not there, is not in scope, or cannot go there; nothing was recorded.
        BusyError, SettingsError, IntegrityError: see `open_ledger`.
    """
    settings = load_settings(paths.settings)
    person, reason = named_person(said.person), masked_reason(said.reason, paths, settings)
    rules, moment = load_rules(paths, settings), moment_now(settings)
    with existing_ledger(paths) as store:
        problems = store.table(PROBLEMS).set_index("problem_id", drop=False)
        target = _problem(problems, to_id)
        if target["status"] == "merged":
            raise UsageError(f"问题 {to_id} 已经并入 {target['merged_into_id']}。请移到后者。")
        moves = _moves(store, complaint_ids, from_id, target)
        if moves.empty:
            return Placed(to_id, 0, ())
        _require_same_secrecy(problems.loc[sorted(set(moves["problem_id"].dropna()))], target, rules)
        with store.transaction():
            _place(store, moves, person, reason, moment)
        store.keep_head()
        return _placed(store, moves)


def split_problem(
    paths: SitePaths, problem_id: str, complaint_ids: Sequence[str], said: Said, statement: str | None = None
) -> Placed:
    """Put complaints of a problem into a new one, with the same unit and sub-problem; complaints to come stay apart.

    The deadline is that of the problem, or counts from today where that is finished.

    Args:
        paths: the site.
        problem_id: the problem that they leave.
        complaint_ids: the complaints.
        said: who decided, and why.
        statement: what the new problem is, in neutral words; the old one's if not given.

    Raises:
        UsageError: the problem or a complaint in it is not there; nothing was recorded.
        BusyError, SettingsError, IntegrityError: see `open_ledger`.
    """
    settings = load_settings(paths.settings)
    person, reason = named_person(said.person), masked_reason(said.reason, paths, settings)
    rules, moment = load_rules(paths, settings), moment_now(settings)
    with existing_ledger(paths) as store:
        problems = store.table(PROBLEMS).set_index("problem_id", drop=False)
        old = _problem(problems, problem_id)
        new_id = problem_number(
            settings.site, moment.as_of.year, next_serial(problems["problem_id"], moment.as_of.year)
        )
        words = masked(statement, paths) if statement else old["statement"]
        moves = _moves(store, complaint_ids, problem_id, old | {"problem_id": new_id})
        requests = _splitting(new_id, old, words, rules, moment, person)
        taken = _granted(requests, problems.iloc[:0], rules, moment)
        with store.transaction():
            store.put_problems(taken.problems)
            store.append_events(taken.events)
            _place(store, moves, person, reason, moment)
        store.keep_head()
        return _placed(store, moves)


def merge_two_problems(paths: SitePaths, problem_id: str, into_id: str, said: Said) -> Placed:
    """Merge a problem into another: its complaints, and those to come, belong to the other one.

    Raises:
        UsageError: the problems are not there, or cannot be merged; nothing was recorded.
        BusyError, SettingsError, IntegrityError: see `open_ledger`.
    """
    settings = load_settings(paths.settings)
    person, reason = named_person(said.person), masked_reason(said.reason, paths, settings)
    rules, moment = load_rules(paths, settings), moment_now(settings)
    with existing_ledger(paths) as store:
        problems = store.table(PROBLEMS).set_index("problem_id", drop=False)
        own, into = _problem(problems, problem_id), _problem(problems, into_id)
        if trouble := merge_trouble(own, into, rules):
            raise UsageError(f"{trouble}。")
        facts = {"merged_into_id": into_id, "status_reason": reason}
        request = Request(problem_id, "merged", Role.SUPERVISOR, person, facts)
        count = record_steps(store, _granted([request], problems, rules, moment), person, moment.at)
        return Placed(into_id, count, ())


def same_matter(paths: SitePaths, complaint_ids: Sequence[str], said: Said) -> int:
    """Say that complaints are one and the same matter, for ever; return how many are in another matter now.

    Raises:
        UsageError: a complaint is not there, or two that would come together were said to be different matters.
        BusyError, SettingsError, IntegrityError: see `open_ledger`.
    """
    settings = load_settings(paths.settings)
    person, reason = named_person(said.person), masked_reason(said.reason, paths, settings)
    at = moment_now(settings).at
    ids = tuple(dict.fromkeys(complaint_ids))
    if len(ids) < 2:
        raise UsageError("请至少写两件诉求的编号。")
    with existing_ledger(paths) as store:
        members = _members(store, ids)
        ruling = rule_same(ids, members, store.query("parted_complaints"), person, reason, at)
        return _record_ruling(store, ruling, members, Moment("", at, at.date()))


def different_matters(paths: SitePaths, one: str, other: str, said: Said) -> int:
    """Say that two complaints are different matters, for ever; return how many are in another matter now.

    Raises:
        UsageError: a complaint is not there, or both are the same one.
        BusyError, SettingsError, IntegrityError: see `open_ledger`.
    """
    settings = load_settings(paths.settings)
    person, reason = named_person(said.person), masked_reason(said.reason, paths, settings)
    if one == other:
        raise UsageError("请写两件不同诉求的编号。")
    moment = moment_now(settings)
    with existing_ledger(paths) as store:
        members = _members(store, (one, other))
        return _record_ruling(store, rule_different(one, other, members, person, reason, moment.at), members, moment)


def _problem(problems: pd.DataFrame, problem_id: str) -> dict[str, Any]:
    if problem_id not in problems.index:
        raise UsageError(f"没有问题 {problem_id}。问题编号见《问题清单》。")
    return plain_problem(problems.loc[problem_id].to_dict())


def _is_lead(problem: dict[str, Any], rules: Rules) -> bool:
    return rules.is_restricted(str(problem["sub_problem_code"]))


def _require_same_secrecy(sources: pd.DataFrame, target: dict[str, Any], rules: Rules) -> None:
    for source in sources.to_dict("records"):
        if rules.is_restricted(str(source["sub_problem_code"])) != _is_lead(target, rules):
            raise UsageError(
                f"问题 {source['problem_id']} 和 {target['problem_id']} 一个是线索类、一个不是，诉求不能在其间移动。"
                "判错了小类的，请用 hotline review 复核改正。"
            )


def _moves(store: Store, complaint_ids: Sequence[str], from_id: str | None, target: dict[str, Any]) -> pd.DataFrame:
    """Return the links of the complaints that go to another problem, columns of MOVES."""
    ids = tuple(dict.fromkeys(complaint_ids))
    wanted = pd.DataFrame({"complaint_id": ids}, dtype=object)
    scope = store.apply("scope_of_complaints", {"wanted": wanted}).set_index("complaint_id")
    links = store.apply("links_of_complaints", {"wanted": wanted})
    rows = [_moving(complaint_id, scope, links, from_id, target) for complaint_id in ids]
    moves = pd.concat(rows).assign(to_id=target["problem_id"])
    return moves[moves["problem_id"] != moves["to_id"]].reset_index(drop=True)


def _moving(
    complaint_id: str, scope: pd.DataFrame, links: pd.DataFrame, from_id: str | None, target: dict[str, Any]
) -> pd.DataFrame:
    if complaint_id not in scope.index:
        raise UsageError(f"没有诉求 {complaint_id}。诉求编号见《问题清单》“诉求明细”。")
    if scope.loc[complaint_id, "decision"] != "in_scope":
        raise UsageError(f"诉求 {complaint_id} 没有纳入，不能归入问题。请先用 hotline review 复核。")
    own = links[links["complaint_id"] == complaint_id]
    if from_id:
        own = own[own["problem_id"] == from_id]
        if own.empty:
            raise UsageError(f"诉求 {complaint_id} 不在问题 {from_id} 里。用 hotline trace {complaint_id} 查看。")
    elif len(held := sorted(set(own["problem_id"]))) > 1:
        raise UsageError(f"诉求 {complaint_id} 在几个问题里：{'、'.join(held)}。请用 --from 写明从哪个问题移出。")
    if own.empty:
        new = {
            "problem_id": None,
            "complaint_id": complaint_id,
            "sub_problem_code": target["sub_problem_code"],
            "run_id": scope.loc[complaint_id, "judged_run_id"],
        }
        return pd.DataFrame([new], dtype=object)
    return own


def _place(store: Store, moves: pd.DataFrame, person: str, reason: str, moment: Moment) -> None:
    """Record the decision, and every earlier one that it replaces; and move the links."""
    earlier = store.query("placements_in_force").rename(columns={"problem_id": "placed_id"})
    left = moves[["complaint_id", "problem_id", "to_id"]].drop_duplicates()
    replaced = earlier.merge(left, on="complaint_id")
    final_home = final_homes(store.table(PROBLEMS))
    replaced = replaced[replaced["placed_id"].map(lambda p: final_home.get(p, p)) == replaced["problem_id"]]
    columns = ["complaint_id", "sub_problem_code", "to_id"]
    decided = pd.concat([moves[columns], replaced[columns]]).drop_duplicates(columns[:2])
    decided = decided.rename(columns={"to_id": "problem_id"}).assign(person=person, reason=reason, decided_at=moment.at)
    store.append(PLACEMENTS, decided)
    store.append_events(placement_events(decided))
    apply_moves(store, moves, person, reason, moment.at)


def _placed(store: Store, moves: pd.DataFrame) -> Placed:
    left = sorted(set(moves["problem_id"].dropna()))
    held = store.apply("links_of_problems", {"wanted": pd.DataFrame({"problem_id": left}, dtype=object)})
    emptied = tuple(problem_id for problem_id in left if problem_id not in set(held["problem_id"]))
    return Placed(str(moves["to_id"].iloc[0]), moves["complaint_id"].nunique(), emptied)


def _splitting(
    new_id: str, old: dict[str, Any], statement: object, rules: Rules, moment: Moment, person: str
) -> list[Request]:
    what = {name: old[name] for name in ("source", "unit_kind", "sub_problem_code", "theme_code")}
    what |= {"statement": statement} | ({"batch": old["batch"]} if old["batch"] else {})
    unit = {name: old[name] for name in ("unit_id", "unit_kind", "unit_reason")}
    is_finished = old["status"] in FINISHED_STATUSES
    started = old["time_starts_on"] or old["registered_on"]
    kept = Deadline(old["due_on"], old["deadline_rule"], bool(old["is_due_provisional"]), started)
    due = rules.deadline(old["sub_problem_code"], moment.as_of, old["source"]) if is_finished else kept
    return list(registration(new_id, what, unit, due, Registrar(Role.SUPERVISOR, person)))


def _granted(requests: Sequence[Request], problems: pd.DataFrame, rules: Rules, moment: Moment) -> Taken:
    taken = take_steps(requests, problems, rules.life_cycle, rules.is_restricted, moment)
    for refusal in taken.refusals:
        raise UsageError(f"{refusal.reason}。")
    return taken


def _members(store: Store, complaint_ids: Sequence[str]) -> pd.DataFrame:
    wanted = pd.DataFrame({"complaint_id": complaint_ids}, dtype=object)
    members = store.apply("matter_members", {"wanted": wanted})
    for complaint_id in complaint_ids:
        if complaint_id not in set(members["complaint_id"]):
            raise UsageError(f"没有诉求 {complaint_id}，或者它还没有归入事项。诉求编号见《问题清单》“诉求明细”。")
    return members


def _record_ruling(store: Store, ruling: Ruling, members: pd.DataFrame, moment: Moment) -> int:
    before = members.set_index("complaint_id")["matter_id"]
    founders = ruling.founders.assign(canonical_complaint_id=ruling.founders["complaint_id"])
    changed = ruling.members[ruling.members["matter_id"] != ruling.members["complaint_id"].map(before)]
    with store.transaction():
        store.append(MATTER_RULINGS, ruling.rulings)
        store.apply("put_matters", {"given": conform(founders, MATTERS)})
        if len(changed):
            store.apply("put_complaint_matters", {"given": changed})
        store.append_events(ruling.events(moment.at))
    store.keep_head()
    return len(changed)
