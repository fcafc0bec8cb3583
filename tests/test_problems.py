"""Complaints merge into problems by unit, sub-problem and theme; problems keep their ids for life."""

from datetime import date, datetime

import pandas as pd
import pytest

from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.config import load_settings
from analysis.contracts import PROBLEM_COMPLAINTS, PROBLEMS, conform, empty_frame
from analysis.ledger.attribution import Attributor
from analysis.ledger.deadlines import load_deadlines
from analysis.ledger.life_cycle import load_life_cycle
from analysis.ledger.problems import Merge, Rules, merge
from analysis.ledger.steps import Moment
from analysis.ledger.themes import load_themes
from analysis.ledger.working_days import load_calendar

SETTINGS = load_settings()
RULES = Rules(
    load_scheme(),
    load_life_cycle(),
    load_themes(load_scheme()),
    Attributor(load_units(), SETTINGS.site),
    load_calendar(),
    load_deadlines(load_scheme()),
    SETTINGS.ledger,
    SETTINGS.site,
)
NO_LINKS = empty_frame(PROBLEM_COMPLAINTS)


def moment(day: int = 5) -> Moment:
    return Moment(f"R{day}", datetime(2026, 1, day, 2, 30), date(2026, 1, day))


def complaint(complaint_id: str, text: str, code: str, kind: str = "交警", **other: object) -> dict[str, object]:
    return {
        "complaint_id": complaint_id,
        "title": None,
        "text": text,
        "place": None,
        "district": None,
        "handling_unit": None,
        "received_at": pd.Timestamp("2025-12-01"),
        "unit_kind": kind,
        "judged_run_id": "R5",
        "sub_problem_code": code,
        "evidence_start": 1,
        "evidence_end": 1 + len(text),
        **other,
    }


def frame(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(rows)


def first_night(*rows: dict[str, object]) -> Merge:
    return merge(frame(*rows), empty_frame(PROBLEMS), NO_LINKS, set(), RULES, moment())


def test_same_unit_sub_problem_and_theme_make_one_problem() -> None:
    merged = first_night(
        complaint("1", "贴了单从来不发短信告知", "irregular.procedure"),
        complaint("2", "年底一查才知道有九张单，没有通知", "irregular.procedure"),
        complaint("3", "查车的没有出示执法证件", "irregular.procedure"),
        complaint("4", "查车的没有出示执法证件", "irregular.procedure", kind="交通运输"),
    )
    assert merged.problems["theme_code"].tolist() == ["notice", "identity", "identity"]
    assert merged.problems["problem_id"].tolist() == ["FR-2026-0001", "FR-2026-0002", "FR-2026-0003"]
    assert merged.links.set_index("complaint_id")["problem_id"].to_dict() == {
        "1": "FR-2026-0001",
        "2": "FR-2026-0001",
        "3": "FR-2026-0002",
        "4": "FR-2026-0003",
    }
    assert merged.events["kind"].value_counts().to_dict() == {
        "complaint_added": 4,
        "problem_created": 3,
        "unit_assigned": 3,
        "deadline_set": 3,
    }
    conform(merged.problems, PROBLEMS)


def test_later_nights_join_existing_problems_and_never_reuse_a_number() -> None:
    first = first_night(complaint("1", "没有告知", "irregular.procedure"), complaint("2", "骂人", "rough.attitude"))
    kept = first.problems[first.problems["sub_problem_code"] == "rough.attitude"]
    second = merge(
        frame(complaint("3", "态度恶劣", "rough.attitude"), complaint("4", "误拍", "irregular.fact_error")),
        kept,
        NO_LINKS,
        set(),
        RULES,
        moment(6),
    )
    assert second.links["problem_id"].tolist() == ["FR-2026-0002", "FR-2026-0003"]
    assert second.problems["problem_id"].tolist() == ["FR-2026-0003"]


def test_one_complaint_can_support_several_problems() -> None:
    merged = first_night(
        complaint("1", "没有告知还骂人", "irregular.procedure"), complaint("1", "没有告知还骂人", "rough.attitude")
    )
    assert merged.links["problem_id"].nunique() == 2


def test_a_complaint_judged_anew_leaves_its_old_problem_and_can_come_back() -> None:
    """Added, withdrawn, added again: three events, although the pair is the same."""
    said = complaint("1", "没有告知", "irregular.procedure")
    first = first_night(said)
    known = set(first.events["event_id"])
    outdated = first.links.assign(run_id="R6")
    out = merge(empty_frame(PROBLEMS), first.problems, outdated, known, RULES, moment(6))
    assert out.events["kind"].tolist() == ["complaint_withdrawn"]
    assert out.links.empty
    known |= set(out.events["event_id"])
    back = merge(frame(said | {"judged_run_id": "R7"}), first.problems, NO_LINKS, known, RULES, moment(7))
    assert back.events["kind"].tolist() == ["complaint_added"]
    assert not set(back.events["event_id"]) & known
    assert back.links["problem_id"].tolist() == first.links["problem_id"].tolist()


def test_a_complaint_judged_anew_moves_to_the_problem_of_its_new_unit_or_stays_without_a_word() -> None:
    first = first_night(complaint("1", "没有告知", "irregular.procedure"))
    known, outdated = set(first.events["event_id"]), first.links.assign(run_id="R6")
    for kind, events in (("交警", []), ("交通运输", ["complaint_withdrawn", "complaint_added"])):
        said = complaint("1", "没有告知", "irregular.procedure", kind=kind, judged_run_id="R6")
        merged = merge(frame(said), first.problems, outdated, known, RULES, moment(6))
        of_links = merged.events[merged.events["kind"].str.startswith("complaint_")]
        assert of_links["kind"].tolist() == events
        assert merged.links["run_id"].tolist() == ["R6"]


def test_nothing_new_adds_nothing() -> None:
    merged = merge(empty_frame(PROBLEMS), empty_frame(PROBLEMS), NO_LINKS, set(), RULES, moment())
    assert merged.problems.empty
    assert merged.links.empty
    assert merged.events.empty


@pytest.mark.parametrize(
    ("text", "kind", "handling_unit", "unit_id", "reason"),
    [
        ("贴单不告知", "交警", "", "furong.traffic_police", "本辖区负责的交警类单位"),
        ("贴单不告知", "交警", "区交警大队", "furong.traffic_police", "诉求或承办信息指明该单位"),
        ("岳麓区贴单不告知", "交警", "", None, "待定：诉求所述地点不在本辖区"),
        ("芙蓉区和岳麓区交界处贴单", "交警", "", "furong.traffic_police", "本辖区负责的交警类单位"),
        ("A7县交警贴单", "交警", "", None, "待定：诉求所述地点不在本辖区"),
        ("检测站乱收费", "其他", "", None, "待定：名录中没有其他类单位"),
    ],
)
def test_units_are_attributed_or_left_open_with_the_reason(
    text: str, kind: str, handling_unit: str, unit_id: str | None, reason: str
) -> None:
    attribution = RULES.attributor.attribute(kind, text, handling_unit, date(2026, 1, 5))
    assert (attribution.unit.unit_id if attribution.unit else None) == unit_id
    assert attribution.reason == reason


def test_every_sub_problem_has_exactly_one_general_theme_and_a_neutral_statement() -> None:
    for code in RULES.scheme.sub_problems:
        own = [t for t in RULES.themes.theme if t.sub_problem_code == code]
        assert [t.theme_code for t in own if not t.pattern] == ["general"], code
        assert all(t.statement.startswith("反映") for t in own)
    assert {t.sub_problem_code for t in RULES.themes.theme} == set(RULES.scheme.sub_problems)
