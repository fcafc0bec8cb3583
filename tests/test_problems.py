"""Complaints merge into problems by unit, sub-problem and theme; problems keep their ids for life."""

from datetime import date, datetime

import pandas as pd
import pytest

from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.config import load_settings
from analysis.contracts import PROBLEMS, conform, empty_frame
from analysis.ledger.attribution import Attributor
from analysis.ledger.problems import Merge, Moment, Rules, merge
from analysis.ledger.themes import load_themes
from analysis.ledger.working_days import load_calendar

SETTINGS = load_settings()
RULES = Rules(
    load_scheme(),
    load_themes(),
    Attributor(load_units(), SETTINGS.site),
    load_calendar(),
    SETTINGS.ledger,
    SETTINGS.site,
)


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
        "sub_problem_code": code,
        "evidence_start": 1,
        "evidence_end": 1 + len(text),
        **other,
    }


def frame(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(rows)


def first_night(*rows: dict[str, object]) -> Merge:
    return merge(frame(*rows), empty_frame(PROBLEMS), RULES, moment())


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


def test_nothing_new_adds_nothing() -> None:
    merged = merge(empty_frame(PROBLEMS), empty_frame(PROBLEMS), RULES, moment())
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
