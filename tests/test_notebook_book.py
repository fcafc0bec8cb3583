"""What notebooks show: narrowed rightly, small counts hidden, tables that are safe and legible HTML."""

import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.contracts import PROBLEM_COMPLAINTS, PROBLEMS
from analysis.errors import UsageError
from analysis.notebook import Book, Listing, agreement, disputes, open_book
from analysis.notebook.narrow import narrowed, problems_in
from analysis.pipeline.night import open_ledger
from analysis.site import SitePaths
from tests.review_site import copy_site, record, review
from tests.summary_frames import complaint, event, link, tables
from tests.supervised_site import NOTICE, NOTICE_2, SAID, build_supervised_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SitePaths:
    paths = build_supervised_site(tmp_path_factory.mktemp("site"))
    with open_ledger(paths) as store:
        store.publish(paths.snapshot)
    return paths


@pytest.fixture(scope="module")
def book(site: SitePaths) -> Book:
    return open_book(site.processed)


def test_narrowing_keeps_the_problems_of_a_unit_and_only_what_they_rest_on() -> None:
    of = tables(
        complaints=[complaint(1), complaint(2), complaint(3)],
        problems=[
            {"problem_id": "P", "unit_id": "a"},
            {"problem_id": "Q", "unit_id": None, "unit_kind": "城管", "sub_problem_code": "rough.attitude"},
        ],
        problem_complaints=[*link("P", 1), *link("Q", 2)],
        events=[event(1, "P", "closed", "2026-02-01"), event(2, "Q", "closed", "2026-02-01")],
    )
    problems = of[PROBLEMS.name]
    assert problems_in(problems).tolist() == [True, True]
    assert problems_in(problems, ["a"]).tolist() == [True, False]
    assert problems_in(problems, [], "城管").tolist() == [False, True]
    assert problems_in(problems, ["a"], "交警", ["rough.attitude"]).tolist() == [False, False]
    found = narrowed(of, ["Q"])
    assert found["complaints"]["complaint_id"].tolist() == ["c2"]
    assert found["events"]["problem_id"].tolist() == ["Q"]
    assert found[PROBLEM_COMPLAINTS.name]["complaint_id"].tolist() == ["c2"]
    assert found["runs"].equals(of["runs"])


def test_a_narrowed_book_lists_searches_and_draws_only_its_scope(book: Book) -> None:
    police = book.narrowed("交警", "执法不规范")
    assert 0 < len(police.problems().frame) < len(book.problems().frame)
    assert set(police.problems().frame["类别"]) == {"执法不规范"}
    assert set(police.search("贴单 态度恶劣").frame["诉求编号"]) < set(book.search("贴单 态度恶劣").frame["诉求编号"])
    counts = [b.chart("sub_problems").numbers["complaint_count"].sum() for b in (police, book)]
    assert 0 < counts[0] < counts[1]
    assert police.narrowed().problems().frame.equals(book.problems().frame)


def test_counts_of_the_overview_are_those_of_the_ledger(book: Book) -> None:
    counts = dict(zip(book.overview().frame[""].str.strip(), book.overview().frame["数"], strict=True))
    ledger = book.snapshot.ledger()
    assert counts["台账里的问题"] == len(ledger) > 3
    assert counts["收到的诉求"] == counts["纳入"] + counts["不纳入"] + counts["待人工复核"] == 7
    assert (counts["已销号"], counts["其中已超期"]) == (0, 0)


def test_small_counts_are_hidden_on_request(site: SitePaths) -> None:
    hidden = open_book(site.processed, smallest=5)
    assert set(hidden.problems().frame["件/人/项"]) == {"0/0/0", "<5/<5/<5"}
    assert set(hidden.choices().frame["问题（个）"]) == {"<5"}
    assert not set(hidden.overview().frame["数"]) & {1, 2, 3, 4}


def test_names_that_mean_nothing_are_told_in_one_line(book: Book) -> None:
    for wrong in (
        lambda: book.narrowed("没有这个单位"),
        lambda: book.narrowed(category="没有这一类"),
        lambda: book.chart("nothing"),
        lambda: book.problems(status="办着呢"),
        lambda: book.similar("X1"),
    ):
        with pytest.raises(UsageError, match="没有") as caught:
            wrong()
        assert "\n" not in str(caught.value)


def test_what_is_not_there_yet_is_said_in_words(book: Book) -> None:
    nothing = book.search("量子力学")
    assert nothing.first("诉求编号") is None
    said = [x._repr_html_() for x in (nothing, book.similar(None), book.closed(), book.overdue(), book.look_backs())]
    assert [html for html in said if "没有" not in html or "<table" in html] == []


def test_similar_complaints_leave_out_the_one(book: Book) -> None:
    found = book.similar(NOTICE).frame["诉求编号"].tolist()
    assert found
    assert NOTICE not in found


def test_a_picture_stands_in_the_page_with_its_words_and_can_be_saved(book: Book, tmp_path: Path) -> None:
    picture = book.narrowed("交警").chart("funnel")
    html = picture._repr_html_()
    assert 'src="data:image/png;base64,' in html
    assert "怎么看" in html
    picture.save(tmp_path / "图.png")
    assert (tmp_path / "图.png").read_bytes().startswith(b"\x89PNG")


@given(st.text(max_size=40), st.one_of(st.none(), st.text(max_size=60)))
def test_a_listing_is_html_whatever_the_cells_hold(title: str, text: str | None) -> None:
    html = Listing(title, pd.DataFrame({"甲<b>": [text, "<script>"], "数": [1, 20]}), total=9)._repr_html_()
    assert "<script" not in html
    assert "甲<b>" not in html
    assert "前 2 行，共 9 行" in html
    assert len(re.findall(r"<td", html)) == 4


def test_agreement_and_disputes_are_laid_out_once_two_have_judged(site: SitePaths, tmp_path: Path) -> None:
    assert "还没有" in agreement(site)._repr_html_()
    assert "没有分歧" in disputes(site)._repr_html_()
    copy = copy_site(site.processed.parent, tmp_path)
    agrees = {"decision": "in_scope", "codes": "irregular.procedure", "unit_kind": "交警"}
    record(copy, review(NOTICE, SAID[0][:2], reviewer="李四"), review(NOTICE_2, SAID[1][:2], reviewer="李四", **agrees))
    pair = agreement(copy).frame.iloc[0]
    assert (pair["都看过（件）"], pair["纳入与否一致（件）"], pair["小类全同（件）"]) == (2, 1, 1)
    assert disputes(copy).frame["诉求编号"].tolist() == [NOTICE]
