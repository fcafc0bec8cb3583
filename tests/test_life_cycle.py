"""Problems live as declared: illegal steps are refused with the reason, and history rebuilds the present."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.codebook.scheme import load_scheme
from analysis.contracts import LIFE_CYCLE_KINDS, PROBLEM_STATUSES, PROBLEMS, ColumnType, conform, empty_frame
from analysis.errors import IntegrityError, SettingsError
from analysis.ledger.chain import Head, extend
from analysis.ledger.life_cycle import LifeCycle, Role, load_life_cycle
from analysis.ledger.steps import (
    CORRECTED,
    Moment,
    Request,
    Taken,
    correct_steps,
    last_steps,
    replay,
    take_steps,
)
from analysis.life_cycle_page import life_cycle_page

LIFE_CYCLE, SCHEME = load_life_cycle(), load_scheme()
ID = "FR-2026-0001"
DAY = date(2026, 3, 2)
WHAT = {
    "source": "complaint",
    "unit_kind": "交警",
    "sub_problem_code": "irregular.procedure",
    "theme_code": "notice",
    "statement": "反映执法不告知的问题",
}
UNIT = {"unit_id": "furong.traffic_police", "unit_kind": "交警", "unit_reason": "本辖区负责的交警类单位"}
CLOSING = {"handler": "张某", "measure": "培训", "completed_on": DAY, "evidence": "培训记录", "evidence_on": DAY}
VERIFIED = {"verification": "属实整改", "verified_by": "李某", "verified_on": DAY + timedelta(days=3)}


def is_restricted(code: str) -> bool:
    return SCHEME.category_of(code).is_restricted


def take(problems: pd.DataFrame, *requests: Request, day: date = DAY) -> Taken:
    moment = Moment("R1", datetime(day.year, day.month, day.day, 2, 30), day)
    return take_steps(requests, problems, LIFE_CYCLE, is_restricted, moment)


def ask(kind: str, role: Role = Role.SYSTEM, **facts: Any) -> Request:
    return Request(ID, kind, role, "某人", facts)


def registered(**more: str) -> Taken:
    created = ask("problem_created", **(WHAT | more))
    return take(empty_frame(PROBLEMS), created, ask("unit_assigned", **UNIT))


def only(taken: Taken) -> Mapping[str, Any]:
    assert not taken.refusals, taken.refusals[0].reason
    return dict(taken.problems.iloc[0])


def test_a_problem_lives_from_registration_to_a_look_back_that_holds() -> None:
    problem = registered()
    assert only(problem)["status"] == "awaiting_handover"
    asked = take(problem.problems, ask("closure_requested", Role.UNIT, **CLOSING))
    assert only(asked)["status"] == "closure_requested"
    assert asked.events["kind"].tolist() == ["handed_over", "closure_requested"]
    closed = take(asked.problems, ask("closed", Role.SUPERVISOR, **VERIFIED), day=DAY + timedelta(days=4))
    assert closed.events["kind"].tolist() == ["verification_started", "closed"]
    assert (only(closed)["closed_on"], only(closed)["verified_on"]) == (
        DAY + timedelta(days=4),
        VERIFIED["verified_on"],
    )
    sound = {"look_back_methods": "问卷、访谈", "look_back_people": "王某", "looked_back_on": DAY}
    held = only(take(closed.problems, ask("looked_back", Role.SUPERVISOR, **sound)))
    assert (held["status"], held["look_back"], held["relapse_count"]) == ("consolidated", "consolidated", 0)
    conform(closed.problems, PROBLEMS)


def test_a_problem_that_comes_back_begins_again_without_what_was_claimed_before() -> None:
    asked = take(registered().problems, ask("closure_requested", Role.UNIT, **CLOSING))
    closed = take(asked.problems, ask("closed", Role.SUPERVISOR, **VERIFIED))
    again = take(closed.problems, ask("recurred", status_reason="销号后又有 3 件"))
    assert (only(again)["status"], only(again)["relapse_count"]) == ("relapsed", 1)
    filed = only(take(again.problems, ask("rectification_filed", Role.UNIT, measure="再培训")))
    assert (filed["status"], filed["measure"], filed["evidence"], filed["closed_on"]) == (
        "rectifying",
        "再培训",
        None,
        None,
    )


def test_an_application_for_an_extension_ends_with_what_it_was_for() -> None:
    longer = {"extension_due_on": DAY + timedelta(days=90), "extension_reason": "雨季无法施工"}
    handed = take(registered().problems, ask("handed_over", Role.SUPERVISOR))
    asked = take(handed.problems, ask("extension_requested", Role.UNIT, **longer))
    assert only(asked)["extension_reason"] == "雨季无法施工"
    done = take(asked.problems, ask("closure_requested", Role.UNIT, **CLOSING))
    closed = take(done.problems, ask("closed", Role.SUPERVISOR, **VERIFIED))
    unfounded = take(asked.problems, ask("unfounded", Role.SUPERVISOR, status_reason="查无此事", verified_by="王某"))
    for settled in (closed, unfounded):
        assert (only(settled)["extension_due_on"], only(settled)["extension_reason"]) == (None, None)


def test_what_one_unit_filed_is_not_told_to_the_unit_that_comes_after_it() -> None:
    filed = take(registered().problems, ask("rectification_filed", Role.UNIT, handler="张某", measure="培训"))
    now = only(take(filed.problems, ask("unit_assigned", Role.SUPERVISOR, **(UNIT | {"unit_id": "furong.transport"}))))
    assert (now["status"], now["unit_id"], now["handler"], now["measure"]) == (
        "awaiting_handover", "furong.transport", None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (ask("closed", Role.UNIT, **VERIFIED), "“销号”只能由监督单位来做，不能由责任单位来做"),
        (
            ask("closed", Role.SUPERVISOR, **VERIFIED),
            "问题现在是“待交办”，不能“销号”；要在“核查中”时才可以",
        ),
        (ask("closure_requested", Role.UNIT, **(CLOSING | {"evidence": " "})), "“申请销号”必须写明佐证材料"),
        (ask("objection_raised", Role.UNIT, status_reason="不是我们的", leader="王某"), "“提出异议”不能带责任领导"),
        (Request("FR-2026-0099", "transferred", Role.SUPERVISOR, "某人", {}), "没有问题 FR-2026-0099"),
    ],
)
def test_illegal_steps_are_refused_with_the_reason_and_change_nothing(request_: Request, reason: str) -> None:
    taken = take(registered().problems, request_)
    assert [refusal.reason for refusal in taken.refusals] == [reason]
    assert taken.events.empty
    assert taken.problems.empty


def test_a_lead_never_reaches_the_unit_complained_about() -> None:
    lead = registered(sub_problem_code="rent_seeking.bribery")
    for kind, facts in (
        ("handed_over", {}),
        ("rectification_filed", {"measure": "培训"}),
        ("closure_requested", CLOSING),
    ):
        refused = take(lead.problems, ask(kind, Role.UNIT, **facts))
        assert "线索类问题不能" in refused.refusals[0].reason
    handed = take(lead.problems, ask("transferred", Role.SUPERVISOR, receiver="纪检监察机关", status_reason="依规移送"))
    assert only(handed)["status"] == "transferred"


def test_every_state_can_be_reached_and_none_is_a_trap() -> None:
    reached = {"registered"}
    for _ in PROBLEM_STATUSES:
        reached |= {step.to for step in LIFE_CYCLE.step if step.to and reached & set(step.starts)}
    assert reached == set(PROBLEM_STATUSES)
    assert {state for step in LIFE_CYCLE.step for state in step.starts} == set(PROBLEM_STATUSES)


def test_a_life_cycle_with_an_unknown_state_is_refused(tmp_path: Any) -> None:
    shipped = LIFE_CYCLE.model_dump(by_alias=True)
    shipped["step"][5]["to"] = "nowhere"
    with pytest.raises(ValueError, match="没有 nowhere 这个状态"):
        LifeCycle.model_validate(shipped)
    (tmp_path / "life_cycle.toml").write_text("[review]", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"life_cycle\.toml"):
        load_life_cycle(tmp_path)


def _value(column: str) -> st.SearchStrategy[Any]:
    declared = PROBLEMS[column]
    if column == "sub_problem_code":
        return st.sampled_from(sorted(SCHEME.sub_problems))
    if declared.values:
        return st.sampled_from(sorted(declared.values))
    if declared.type is ColumnType.DATE:
        return st.dates(DAY, DAY + timedelta(days=99))
    if declared.type is ColumnType.BOOLEAN:
        return st.booleans()
    return st.sampled_from(["甲", "乙", ""])


@st.composite
def _requests(draw: st.DrawFn) -> list[Request]:
    requests = []
    for _ in range(draw(st.integers(1, 25))):
        kind = draw(st.sampled_from(sorted(LIFE_CYCLE_KINDS)))
        step = LIFE_CYCLE[kind]
        facts = {c: draw(_value(c)) for c in step.must_carry}
        facts |= {c: draw(_value(c)) for c in step.may_carry if draw(st.booleans())}
        role = draw(st.sampled_from([*step.by, *Role]))
        requests.append(Request(f"FR-2026-000{draw(st.integers(1, 2))}", kind, role, "某人", facts))
    return requests


def with_corrections(taken: Taken, undone: list[int]) -> Taken:
    """Leave out those of the steps with these sequences that can be left out."""
    for sequence in undone:
        events, _ = extend(Head(), taken.events)
        of_problem = events.loc[events["sequence"] == sequence, "problem_id"]
        problem_id = of_problem.iloc[0] if len(of_problem) else ID
        request = Request(
            problem_id, CORRECTED, Role.SUPERVISOR, "某人", {"sequence": sequence, "status_reason": "点错了"}
        )
        found = correct_steps([request], events, LIFE_CYCLE, is_restricted, Moment("", datetime(2026, 3, 9), DAY))
        others = taken.problems[~taken.problems["problem_id"].isin(found.problems["problem_id"])]
        taken = Taken(pd.concat([taken.events, found.events]), pd.concat([others, found.problems]), ())
    return taken


@settings(deadline=None)
@given(_requests(), st.lists(st.integers(1, 30), max_size=5))
def test_whatever_is_asked_the_history_rebuilds_the_problems(requests: list[Request], undone: list[int]) -> None:
    first = [Request(f"FR-2026-000{n}", "problem_created", Role.SYSTEM, "系统", WHAT) for n in (1, 2)]
    taken = take(empty_frame(PROBLEMS), *first, *requests)
    taken = with_corrections(taken, undone)
    events, _ = extend(Head(), taken.events)
    assert events["event_id"].is_unique
    rebuilt = replay(events, LIFE_CYCLE, is_restricted)
    assert not rebuilt.faults
    order = ["problem_id"]
    pd.testing.assert_frame_equal(
        conform(rebuilt.problems.sort_values(order), PROBLEMS), conform(taken.problems.sort_values(order), PROBLEMS)
    )
    for problem in taken.problems.to_dict("records"):
        assert problem["version"] == (taken.events["problem_id"] == problem["problem_id"]).sum()
        assert (problem["status"] in ("closed", "consolidated")) <= (problem["closed_on"] is not None)


def test_a_planted_step_that_was_never_legal_is_told() -> None:
    taken = registered()
    planted = taken.events.iloc[[0]].assign(
        kind="closed", payload='{"day": "2026-03-02", "facts": {}, "role": "unit"}', event_id="planted"
    )
    events, _ = extend(Head(), pd.concat([taken.events, planted]))
    assert replay(events, LIFE_CYCLE, is_restricted).faults == (
        f"问题 {ID} 的第 3 项事件不合规定：“销号”只能由监督单位来做，不能由责任单位来做",
    )


@pytest.mark.parametrize("payload", ["{}", "{", "[]", '{"day": "2026-03-02", "role": "system"}'])
def test_an_event_without_its_facts_is_a_fault_of_the_ledger_that_names_the_event(payload: str) -> None:
    events, _ = extend(Head(), registered().events)
    events.loc[1, "payload"] = payload
    with pytest.raises(IntegrityError, match=f"问题 {ID} 的第 2 项事件的内容读不出来"):
        replay(events, LIFE_CYCLE, is_restricted)


def chain(*taken: Taken) -> pd.DataFrame:
    return extend(Head(), pd.concat([t.events for t in taken]))[0]


def correction(sequence: int, role: Role = Role.SUPERVISOR, reason: str = "点错了") -> Request:
    return Request(ID, CORRECTED, role, "某人", {"sequence": sequence, "status_reason": reason})


def correct(events: pd.DataFrame, request: Request) -> Taken:
    return correct_steps([request], events, LIFE_CYCLE, is_restricted, Moment("", datetime(2026, 3, 9), DAY))


def test_a_corrected_step_is_left_out_and_the_history_goes_on_from_there() -> None:
    first = registered()
    asked = take(first.problems, ask("closure_requested", Role.UNIT, **CLOSING))
    closed = take(asked.problems, ask("closed", Role.SUPERVISOR, **VERIFIED))
    events = chain(first, asked, closed)
    undone = correct(events, correction(6))
    assert (only(undone)["status"], only(undone)["closed_on"], only(undone)["version"]) == ("verifying", None, 7)
    failed = take(undone.problems, ask("verification_failed", Role.SUPERVISOR, **VERIFIED))
    again = take(failed.problems, ask("closure_requested", Role.UNIT, **CLOSING))
    events = chain(first, asked, closed, undone, failed, again)
    assert events["event_id"].is_unique
    rebuilt = replay(events, LIFE_CYCLE, is_restricted)
    assert not rebuilt.faults
    pd.testing.assert_frame_equal(conform(rebuilt.problems, PROBLEMS), conform(again.problems, PROBLEMS))
    assert last_steps(events).loc[ID, "kind"] == "closure_requested"


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (correction(3), "更正后余下的经过不合规定：问题 FR-2026-0001 的第 4 项事件不合规定：问题现在是“待交办”"),
        (correction(1), "登记不能更正掉"),
        (correction(9), "没有第 9 项事件"),
        (correction(4, Role.UNIT), "只能由监督单位来做"),
        (correction(4, reason=" "), "必须写明状态说明"),
        (correction(5), "“并入诉求”不是办理步骤"),
    ],
)
def test_what_cannot_be_corrected_is_refused_with_the_reason(request_: Request, reason: str) -> None:
    first = registered()
    handed = take(first.problems, ask("handed_over", Role.SUPERVISOR))
    extended = take(
        handed.problems, ask("extension_requested", Role.UNIT, extension_due_on=DAY, extension_reason="雨季")
    )
    link = extended.events.assign(kind="complaint_added", event_id="link")
    refused = correct(chain(first, handed, extended, replace(extended, events=link)), request_)
    assert reason in refused.refusals[0].reason
    assert refused.events.empty
    assert refused.problems.empty


def test_no_correction_takes_the_deadline_away() -> None:
    first = registered()
    limit = {"due_on": DAY, "deadline_rule": "30 个工作日", "is_due_provisional": False}
    due = take(first.problems, ask("deadline_set", **limit))
    assert "没有整改时限" in correct(chain(first, due), correction(3)).refusals[0].reason


def test_a_step_is_corrected_once() -> None:
    first = registered()
    undone = correct(chain(first), correction(2))
    assert only(undone)["status"] == "registered"
    assert "已经更正过" in correct(chain(first, undone), correction(2)).refusals[0].reason


def test_the_page_in_the_docs_is_drawn_from_the_data() -> None:
    page = Path(__file__).parent.parent / "docs" / "问题生命周期.md"
    assert page.read_text(encoding="utf-8") == life_cycle_page(LIFE_CYCLE)
