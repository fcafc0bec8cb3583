"""Excerpts: title and evidence always shown, cuts said with their length, wrong spans said instead of hidden."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.codebook.scheme import load_scheme
from analysis.exchange.complaint_details import LONGEST_EXCERPT, excerpt, mark_leads
from analysis.exchange.sheets import Marked
from tests.ledger_frames import build_tables, shown


def _excerpt(title: str | None, text: str, start: object, end: object) -> Marked | str:
    return excerpt({"title": title, "text": text, "evidence_start": start, "evidence_end": end})


def test_a_short_text_is_shown_whole() -> None:
    assert _excerpt("标题", "前证据后", 4, 6) == Marked("标题\n前证据后", 4, 6)


def test_a_text_without_title_starts_with_itself() -> None:
    assert _excerpt(None, "证据后", 1, 3) == Marked("证据后", 0, 2)


def test_evidence_far_back_is_shown_with_the_title_and_what_stands_before_it() -> None:
    text = "甲" * 1000 + "证据" + "乙" * 1000
    shown = _excerpt("标题", text, 1003, 1005)
    assert isinstance(shown, Marked)
    assert shown.text.startswith("标题\n……（前略940字）甲")
    assert shown.text.endswith("字）")
    assert shown.text[shown.start : shown.end] == "证据"
    left_out = 940 + int(shown.text.split("后略")[1].removesuffix("字）"))
    assert left_out + shown.text.count("甲") + shown.text.count("乙") == 2000


@pytest.mark.parametrize(("start", "end"), [(5, 99), (-1, 2), (3, 3), (4, 2)])
def test_a_span_outside_the_text_is_said(start: int, end: int) -> None:
    assert f"（证据位置 {start}–{end} 不在原文内）" in str(_excerpt("题", "正文", start, end))


def test_a_complaint_without_finding_shows_its_text() -> None:
    assert _excerpt("题", "正文", pd.NA, pd.NA) == "题\n正文"


@given(st.integers(0, 1500), st.integers(1, 3000), st.data())
def test_what_is_marked_is_the_evidence_and_a_row_stays_short(title: int, text: int, data: st.DataObject) -> None:
    document = "".join(chr(0x4E00 + n % 5000) for n in range(title)) + "\n"
    document += "".join(chr(0x6000 + n % 5000) for n in range(text))
    start = data.draw(st.integers(0, len(document) - 1))
    end = data.draw(st.integers(start + 1, len(document)))
    shown = _excerpt(document[:title], document[title + 1 :], start, end)
    assert isinstance(shown, Marked)
    evidence = document[start:end]
    marked = shown.text[shown.start : shown.end]
    assert marked[:LONGEST_EXCERPT].split("……")[0] == evidence[:LONGEST_EXCERPT]
    assert len(shown.text) < 4 * LONGEST_EXCERPT


def test_details_are_findings_and_the_review_queue_but_nothing_out_of_scope() -> None:
    tables = build_tables()
    gate = tables["gate_decisions"].copy()
    gate.loc[0, "decision"] = "out_of_scope"
    links = tables["problem_complaints"].iloc[1:]
    details = mark_leads(shown(tables | {"gate_decisions": gate, "problem_complaints": links}).details, load_scheme())
    assert set(gate["complaint_id"]) - set(details["complaint_id"]) == {gate.loc[0, "complaint_id"]}
    waiting = details[details["decision"] == "review"]
    assert waiting["problem_id"].isna().all()
    assert details.loc[details["is_restricted"], "problem_id"].isin(["FR-2026-0019", "FR-2026-0020"]).all()
