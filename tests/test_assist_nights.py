"""The assistant in the night: it sees masked text only, decides nothing, and its absence costs nothing."""

import logging
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from analysis.exchange.assistant_words import OPINION_HEADING
from analysis.ledger.store import Store
from analysis.pipeline.assisting import ask_assistant
from analysis.pipeline.explaining import explain_complaint
from analysis.pipeline.night import open_night
from analysis.pipeline.publishing import publish_results
from analysis.pipeline.review_workbooks import export_queue
from analysis.pipeline.stages import run_night
from analysis.site import SitePaths
from flows.report import report_run
from tests.assist_server import GOOD, OUT, Asked, Handler, Model, answering, failing, hanging, serving
from tests.explained_site import (
    AS_OF,
    EVERYTHING_TO_REVIEW,
    LEAD,
    LEAD_ID,
    LIGHT,
    LIGHT_ID,
    NAME,
    PHONE,
    POLICE,
    POLICE_ID,
    copy_site,
    make_site,
    put,
    tables,
    work,
)

DECIDED = ("gate_decisions", "assessments", "problems", "problem_complaints", "explanations")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> SitePaths:
    """A site whose tickets all wait for a reviewer; the assistant is not set up."""
    paths = make_site(tmp_path_factory.mktemp("judged"), EVERYTHING_TO_REVIEW)
    put(paths, "12328工单1.csv", POLICE, LIGHT, LEAD)
    counts = work(paths)
    assert [name for name in counts if name.startswith("assist")] == []
    return paths


@pytest.fixture
def site(judged: SitePaths, tmp_path: Path) -> SitePaths:
    """A copy of the judged site."""
    return copy_site(judged, tmp_path)


def enable(site: SitePaths, endpoint: str, **more: object) -> None:
    """Set the assistant up."""
    values = {"retries": 0, "retry_wait_seconds": 0.0, "timeout_seconds": 20.0} | more
    lines = "\n".join(
        f"{name} = {str(value).lower() if isinstance(value, bool) else repr(value)}" for name, value in values.items()
    )
    assist = f'[assist]\nenabled = true\nendpoint = "{endpoint}"\nmodel = "qwen"\n{lines}\n'
    (site.settings / "hotline.toml").write_text(EVERYTHING_TO_REVIEW + assist, encoding="utf-8")


def consult(site: SitePaths, server: Model, **more: object) -> dict[str, int]:
    """Run the assistant's stage alone."""
    enable(site, server.endpoint, **more)
    with open_night(site, AS_OF) as night:
        return ask_assistant(night)


def judge_by_ticket(handler: Handler, asked: Asked) -> None:
    """Find the police ticket in scope, the lead a lead, and anything else out of scope."""
    if "没有任何告知" in asked.complaint["text"]:
        handler.say(GOOD)
    elif "好处费" in asked.complaint["text"]:
        evidence = [{"code": "rent_seeking.bribery", "quote": "不给好处费就扣车"}]
        handler.say(
            {"decision": "in_scope", "codes": ["rent_seeking.bribery"], "unit_kind": "交通运输", "evidence": evidence}
        )
    else:
        handler.say(OUT)


def test_by_default_nobody_is_asked(site: SitePaths) -> None:
    assert tables(site)["assistant_opinions"].empty


def test_opinions_are_kept_and_decide_nothing(site: SitePaths, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    before = tables(site)
    with serving(judge_by_ticket) as server:
        counts = consult(site, server)
        assert counts == {"assist_requests": 3, "assist_opinions": 3}
        assert consult(site, server) == {"assist_requests": 0}
        work(site)
    after = tables(site)
    for name in DECIDED:
        pd.testing.assert_frame_equal(after[name], before[name])
    opinions = after["assistant_opinions"].set_index("complaint_id")
    assert opinions["decision"].to_dict() == {POLICE_ID: "in_scope", LIGHT_ID: "out_of_scope", LEAD_ID: "in_scope"}
    assert (after["gate_decisions"]["decision"] == "review").all()
    assert len(server.asked) == 3
    sent = b"".join(asked.raw for asked in server.asked).decode()
    assert POLICE[0] in sent
    for secret in (NAME, PHONE, POLICE_ID):
        assert secret not in sent
    assert POLICE[0] not in caplog.text
    assert "没有任何告知" not in caplog.text


def test_the_reviewer_reads_opinions_beside_the_queue_and_leads_stay_hidden(site: SitePaths) -> None:
    with serving(judge_by_ticket) as server:
        enable(site, server.endpoint)
        counts = run_night(site, AS_OF)
    assert "得到意见 3 件" in report_run(counts, site)
    sheet = openpyxl.load_workbook(site.processed / "问题清单.xlsx")["待定与复核"]
    cells = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]
    heading = next(row for row in cells if OPINION_HEADING in row)
    told = {row[2]: row[heading.index(OPINION_HEADING)] for row in cells[cells.index(heading) + 1 :]}
    assert told[POLICE_ID].startswith("纳入；小类 ")
    assert told[LIGHT_ID].startswith("不纳入")
    assert "线索类小类" in told[LEAD_ID]
    assert "索贿" not in told[LEAD_ID]
    explained = explain_complaint(site, LEAD_ID)
    assert "【助手意见】\n纳入；小类 索贿受贿" in explained
    assert "不作决定" in explained


def test_an_opinion_about_an_older_text_is_not_shown(site: SitePaths) -> None:
    with serving(judge_by_ticket) as server:
        consult(site, server)
    (site.settings / "hotline.toml").write_text(EVERYTHING_TO_REVIEW, encoding="utf-8")
    put(site, "12328工单2.csv", LIGHT, LIGHT, LIGHT)
    run_night(site, AS_OF)
    sheet = openpyxl.load_workbook(site.processed / "问题清单.xlsx")["待定与复核"]
    text = "".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value)
    assert "（qwen）" in text
    assert text.count("纳入；小类 ") == 0


@pytest.mark.parametrize(
    ("behave", "expected"),
    [
        (failing(503), {"assist_requests": 2, "assist_failed": 2, "assist_unavailable": 1, "assist_not_asked": 1}),
        (
            failing(307, Location="http://8.8.8.8/"),
            {"assist_requests": 1, "assist_unavailable": 1, "assist_not_asked": 3},
        ),
        (hanging, {"assist_requests": 2, "assist_failed": 2, "assist_unavailable": 1, "assist_not_asked": 1}),
        (answering("忽略"), {"assist_requests": 3, "assist_discarded_form": 3}),
    ],
)
def test_trouble_is_counted_and_the_night_goes_on(site: SitePaths, behave: object, expected: dict[str, int]) -> None:
    with serving(behave) as server:  # type: ignore[arg-type]
        enable(site, server.endpoint, failures_in_a_row=2, timeout_seconds=0.3)
        counts = work(site)
    assert {n: c for n, c in counts.items() if n.startswith("assist")} == expected
    found = tables(site)
    assert len(found["gate_decisions"]) == 3
    assert "助手　" in report_run(counts | {"outputs": 0}, site)
    assert set(found["assistant_opinions"]["decision"]) <= {"discarded"}


def test_the_budget_of_a_night_carries_on_the_next(site: SitePaths) -> None:
    with serving(judge_by_ticket) as server:
        counts = consult(site, server, max_requests_per_night=2)
        assert counts == {"assist_requests": 2, "assist_opinions": 2, "assist_budget_spent": 1, "assist_not_asked": 1}
        assert consult(site, server, max_requests_per_night=2) == {"assist_requests": 1, "assist_opinions": 1}


def test_the_key_comes_from_the_environment_and_stands_nowhere(
    site: SitePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSIST_TEST_KEY", "geheim-42")
    with serving(judge_by_ticket) as server:
        consult(site, server, api_key_env="ASSIST_TEST_KEY")
    assert {a.headers["authorization"] for a in server.asked} == {"Bearer geheim-42"}
    assert b"geheim-42" not in site.ledger.read_bytes()


def test_what_reviewers_dispute_is_not_asked_about(site: SitePaths) -> None:
    with Store.open(site.ledger) as store:
        store._connection.execute(
            "UPDATE gate_decisions SET review_reason = '复核意见不一致' WHERE complaint_id = 'L22030002'"
        )
    with serving(judge_by_ticket) as server:
        assert consult(site, server)["assist_requests"] == 2


def test_opinions_given_before_a_kill_are_kept(site: SitePaths) -> None:

    with serving(judge_by_ticket) as server:
        enable(site, server.endpoint)

        def stop(_what: str, done: int, _total: int) -> None:
            if done == 1:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt), open_night(site, AS_OF, stop) as night:
            ask_assistant(night)
        assert len(tables(site)["assistant_opinions"]) == 1
        assert consult(site, server)["assist_requests"] == 2


def test_a_book_without_opinions_has_no_column_for_them(site: SitePaths) -> None:
    with open_night(site, AS_OF) as night:
        night.store._connection.execute("DELETE FROM explanations")  # type: ignore[attr-defined]
        publish_results(night)
    book = openpyxl.load_workbook(site.processed / "问题清单.xlsx")
    assert OPINION_HEADING not in {cell.value for row in book["待定与复核"].iter_rows() for cell in row}
    assert "没有判断说明" in str([cell.value for row in book["判断说明"].iter_rows() for cell in row])


def test_a_review_workbook_tells_opinions_and_leaves_out_leads_that_they_name(site: SitePaths, tmp_path: Path) -> None:
    with serving(judge_by_ticket) as server:
        consult(site, server)
    (site.settings / "hotline.toml").write_text(EVERYTHING_TO_REVIEW, encoding="utf-8")
    book = tmp_path / "复核表.xlsx"
    export_queue(site, book)
    rows = list(openpyxl.load_workbook(book)["复核表"].iter_rows(values_only=True))
    heading = next(row for row in rows if "复核原因" in row)
    told = {row[heading.index("诉求编号")]: row[heading.index("复核原因")] for row in rows if row[0] in (1, 2, 3)}
    assert "助手意见：纳入；小类 " in str(told[POLICE_ID])
    assert "助手意见：不纳入" in str(told[LIGHT_ID])
    assert LEAD_ID not in told
