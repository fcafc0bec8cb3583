"""Words that set a category apart: log odds as published, persons counted once, function words left out."""

import math
from typing import Any

import pandas as pd
import pytest

from analysis.codebook.function_words import load_function_words
from analysis.figures import BY_ID
from analysis.summary.context import load_context
from tests.summary_frames import complaint, link, tables

CONTEXT = load_context()


def said(*rows: tuple[str, str, str], **more: Any) -> dict[str, pd.DataFrame]:
    """Complaints of (problem, person, tokens); problem R is of 执法粗暴, all others of 执法不规范."""
    complaints = [complaint(i, person=p, tokens=t, **more) for i, (_, p, t) in enumerate(rows)]
    names = {name for name, _, _ in rows}
    return tables(
        complaints=complaints,
        problems=[
            {"problem_id": n, "sub_problem_code": "rough.attitude" if n == "R" else "irregular.procedure"}
            for n in names
        ],
        problem_complaints=[x for i, (n, _, _) in enumerate(rows) for x in link(n, i)],
    )


ROWS = [("R", f"r{i}", "骂人 罚款 我们") for i in range(4)] + [("P", f"p{i}", "告知 罚款 我们 短信") for i in range(5)]


def test_log_odds_with_an_informative_prior_as_published() -> None:
    """Monroe, Colaresi and Quinn 2008, equations 16, 19 and 20, reckoned anew for one word."""
    found = BY_ID["distinctive_words"].numbers(said(*ROWS), CONTEXT).set_index(["category_name", "word"])
    weight = CONTEXT.settings.figures.keyword_prior
    counts = {"骂人": (4, 0), "罚款": (4, 5), "我们": (4, 5), "告知": (0, 5), "短信": (0, 5)}
    everything = sum(a + b for a, b in counts.values())
    prior = weight * 4 / everything
    here, there = sum(a for a, _ in counts.values()), sum(b for _, b in counts.values())
    one = math.log((4 + prior) / (here + weight - 4 - prior))
    other = math.log((0 + prior) / (there + weight - 0 - prior))
    deviation = math.sqrt(1 / (4 + prior) + 1 / (0 + prior))
    row = found.loc[("执法粗暴", "骂人")]
    assert row["log_odds"] == pytest.approx(one - other)
    assert row["z"] == pytest.approx((one - other) / deviation)
    assert row["low"] == pytest.approx(one - other - 1.959964 * deviation)
    assert row[["complaint_count", "complainant_count", "category_complainant_count"]].tolist() == [4, 4, 4]


def test_words_that_say_nothing_and_words_of_few_are_no_keywords() -> None:
    found = BY_ID["distinctive_words"].numbers(said(*ROWS, ("R", "r0", "独有 词语 〔姓名〕 A1 好")), CONTEXT)
    assert set(found["word"]) <= {"骂人", "罚款", "告知", "短信"}
    assert found.loc[found["category_name"] == "执法粗暴", "word"].iloc[0] == "骂人"


def test_a_persistent_caller_makes_no_keyword() -> None:
    rows = [*ROWS, *[("R", "same", "口头禅 骂人")] * 9]
    found = BY_ID["distinctive_words"].numbers(said(*rows), CONTEXT)
    assert "口头禅" not in set(found["word"])
    assert found.set_index("word").loc["骂人", ["complaint_count", "complainant_count"]].tolist() == [13, 5]


def test_words_of_fewer_persons_than_may_be_shown_are_left_out() -> None:
    found = BY_ID["distinctive_words"].numbers(said(*ROWS), load_context(smallest=5))
    assert set(found["word"]) == {"告知", "短信"}


@pytest.mark.parametrize("rows", [[], [("R", "a", "")], [("R", "a", "骂人")], ROWS[:4]])
def test_too_little_text_gives_no_words(rows: list[tuple[str, str, str]]) -> None:
    assert BY_ID["distinctive_words"].numbers(said(*rows), CONTEXT).empty
    assert BY_ID["words_by_month"].numbers(said(*rows), CONTEXT).empty


def test_words_by_month_are_shares_of_that_months_complaints() -> None:
    of = said(*ROWS)
    of["complaints"]["received_at"] = pd.to_datetime(["2026-01-03"] * 2 + ["2026-03-03"] * 7)
    found = BY_ID["words_by_month"].numbers(of, CONTEXT).set_index(["word", "month"])
    assert found.loc[("骂人", "2026-01"), ["complaint_count", "month_complaint_count", "share"]].tolist() == [2, 2, 1]
    assert found.loc[("骂人", "2026-02"), ["complaint_count", "month_complaint_count"]].tolist() == [0, 0]
    assert pd.isna(found.loc[("骂人", "2026-02"), "share"])
    assert found.loc[("骂人", "2026-03"), "share"] == pytest.approx(2 / 7)


@pytest.mark.parametrize(("word", "is_one"), [("我们", True), ("那位", True), ("第二天", True), ("拖车", False)])
def test_function_words(word: str, is_one: bool) -> None:
    assert (word in load_function_words()) is is_one
