"""The ledger view: reach, places, time left and judgement of each problem."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.contracts import FINISHED_STATUSES
from analysis.errors import IntegrityError, SettingsError
from analysis.exchange.ledger_view import LedgerRules, build_ledger, name_places
from analysis.exchange.places import load_coarse_places
from analysis.exchange.style import Tone
from tests.ledger_frames import AS_OF, build_tables, stored, time_left

RULES = LedgerRules(time_left, load_coarse_places())


def _ledger(tables: dict[str, pd.DataFrame], rules: LedgerRules = RULES, as_of: date = AS_OF) -> pd.DataFrame:
    with stored(tables) as store:
        links = store.query("links")
    return build_ledger(tables["problems"], links, load_scheme(), load_units(), as_of, rules)


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return build_tables()


@pytest.fixture(scope="module")
def ledger(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return _ledger(tables).set_index("problem_id")


def test_every_problem_has_one_row(tables: dict[str, pd.DataFrame], ledger: pd.DataFrame) -> None:
    assert sorted(ledger.index) == sorted(tables["problems"]["problem_id"])
    assert ledger["complaint_count"].sum() == len(tables["problem_complaints"])


def test_a_persistent_caller_is_one_person(ledger: pd.DataFrame) -> None:
    row = ledger.loc["FR-2026-0001"]
    assert (row["complaint_count"], row["complainant_count"], row["matter_count"]) == (48, 41, 24)


def test_complaints_without_key_count_as_one_person_each(tables: dict[str, pd.DataFrame]) -> None:
    complaints = tables["complaints"].assign(complainant_key=None)
    ledger = _ledger(tables | {"complaints": complaints})
    assert (ledger["complainant_count"] == ledger["complaint_count"]).all()


def test_times_are_those_of_the_first_and_last_complaint(ledger: pd.DataFrame) -> None:
    assert ledger.loc["FR-2026-0001", "first_received_on"] == date(2026, 1, 6)
    assert ledger.loc["FR-2026-0001", "last_received_on"] == date(2026, 2, 22)


def test_places_are_counted_in_persons_and_hold_no_house(ledger: pd.DataFrame) -> None:
    places = dict(ledger.loc["FR-2026-0008", "places"])
    assert set(places) == {"蔡锷中路", "定王台街道"}
    assert max(places.values()) <= ledger.loc["FR-2026-0008", "complainant_count"]
    assert list(places.values()) == sorted(places.values(), reverse=True)


def test_places_named_by_too_few_are_left_out() -> None:
    places = (("五一大道", 9), ("韶山路", 5), ("八一路", 4))
    assert name_places(places, least=5) == ["五一大道", "韶山路"]
    assert name_places(places, longest=1) == ["五一大道"]


@pytest.mark.parametrize(
    ("days", "tone", "words"),
    [
        (-1, Tone.OVERDUE, "超期1天"),
        (0, Tone.DUE_SOON, "临期，今天到期"),
        (7, Tone.DUE_SOON, "临期，剩7天（5个工作日）"),
        (10, Tone.NONE, "剩10天（8个工作日）"),
    ],
)
def test_time_left_is_told_in_words(tables: dict[str, pd.DataFrame], days: int, tone: Tone, words: str) -> None:
    problems = tables["problems"].assign(due_on=AS_OF + timedelta(days=days), is_due_provisional=False)
    ledger = _ledger(tables | {"problems": problems})
    ledger = ledger[ledger["category_code"] == "irregular"]
    assert set(ledger["tone"]) == {tone}
    assert set(ledger["time_words"]) == {words}


def test_provisional_deadlines_say_so(tables: dict[str, pd.DataFrame]) -> None:
    problems = tables["problems"].assign(due_on=AS_OF + timedelta(days=10), is_due_provisional=True)
    assert set(_ledger(tables | {"problems": problems})["time_words"]) == {"剩10天（8个工作日，暂估）"}


@pytest.mark.parametrize("status", FINISHED_STATUSES)
def test_a_finished_problem_is_neither_overdue_nor_due_soon(tables: dict[str, pd.DataFrame], status: str) -> None:
    problems = tables["problems"].assign(due_on=AS_OF - timedelta(days=10), status=status)
    ledger = _ledger(tables | {"problems": problems})
    assert set(ledger["tone"]) == {Tone.NONE}
    assert set(ledger["time_words"]) == {"不计时限"}
    assert ledger[["natural_days_left", "elapsed_share"]].isna().all(axis=None)


def test_dates_as_a_database_gives_them_are_understood(tables: dict[str, pd.DataFrame], ledger: pd.DataFrame) -> None:
    problems = tables["problems"].assign(due_on=pd.to_datetime(tables["problems"]["due_on"]))
    again = _ledger(tables | {"problems": problems}).set_index("problem_id")
    assert list(again["due_on"]) == list(ledger["due_on"])
    assert not any(isinstance(day, datetime) for day in again["due_on"])


def test_a_pending_unit_is_named_with_its_kind(ledger: pd.DataFrame) -> None:
    assert ledger.loc["FR-2026-0017", "unit_name"] == "待定（其他）"
    assert ledger.loc["FR-2026-0017", "level_words"] == "先核定责任单位"


def test_the_most_complained_of_stands_first_then_the_order_of_the_scheme(ledger: pd.DataFrame) -> None:
    order = {code: position for position, code in enumerate(load_scheme().sub_problems)}
    keys = [(-r.complaint_count, order[r.sub_problem_code], str(r.Index)) for r in ledger.itertuples()]
    assert keys == sorted(keys)
    assert len({-count for count, _, _ in keys}) > 3
    assert ledger["is_restricted"].sum() == 2


def test_judges_are_counted(tables: dict[str, pd.DataFrame]) -> None:
    assessments = tables["assessments"].assign(assessor="model", score=0.9)
    row = _ledger(tables | {"assessments": assessments}).set_index("problem_id").loc["FR-2026-0007"]
    assert (row["judged_by"], row["score_range"]) == ("模型3", "0.90")


def test_complaints_without_a_time_leave_first_and_last_to_the_others(tables: dict[str, pd.DataFrame]) -> None:
    links, complaints = tables["problem_complaints"], tables["complaints"].copy()
    supporting = links.groupby("problem_id")["complaint_id"].apply(list)
    is_kept = complaints["complaint_id"].isin(supporting["FR-2026-0001"][:1])
    complaints["received_at"] = complaints["received_at"].where(is_kept)
    ledger = _ledger(tables | {"complaints": complaints}).set_index("problem_id")
    received = complaints.loc[is_kept, "received_at"].iloc[0].date()
    assert ledger.loc["FR-2026-0001", ["first_received_on", "last_received_on"]].tolist() == [received, received]
    assert ledger.loc["FR-2026-0002", ["first_received_on", "last_received_on"]].tolist() == [None, None]


def test_a_problem_without_complaints_still_has_its_row(tables: dict[str, pd.DataFrame]) -> None:
    links = tables["problem_complaints"]
    ledger = _ledger(tables | {"problem_complaints": links[links["problem_id"] != "FR-2026-0001"]})
    row = ledger.set_index("problem_id").loc["FR-2026-0001"]
    assert (row["complaint_count"], row["first_received_on"], row["places"]) == (0, None, ())


def test_an_empty_ledger_is_a_ledger(tables: dict[str, pd.DataFrame]) -> None:
    empty = {name: frame.iloc[:0] for name, frame in tables.items()}
    assert _ledger(empty).empty


def test_a_link_to_nowhere_is_refused(tables: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(IntegrityError, match="不在诉求表里"):
        _ledger(tables | {"complaints": tables["complaints"].iloc[1:]})


@pytest.mark.parametrize(("column", "value"), [("unit_id", "gone.unit"), ("sub_problem_code", "gone.code")])
def test_what_the_codebook_lost_is_named(tables: dict[str, pd.DataFrame], column: str, value: str) -> None:
    problems = tables["problems"].copy()
    problems.loc[0, column] = value
    with pytest.raises(SettingsError, match=f"FR-2026-0001.*{value}"):
        _ledger(tables | {"problems": problems})
