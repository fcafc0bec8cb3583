"""Explanations in the night: written once, replaced with their judgement, the same text wherever it stands."""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from analysis.errors import UsageError
from analysis.exchange.explanation_text import SECTIONS, split_sections
from analysis.ledger.store import Store
from analysis.pipeline.explaining import _decisions_by_version, explain_complaint, explain_file, explain_words
from analysis.pipeline.publishing import export_snapshot
from analysis.pipeline.stages import run_night
from analysis.site import SitePaths
from tests.command import hotline, hotline_here
from tests.explained_site import (
    AS_OF,
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


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SitePaths:
    """A site after one night; tests only read it."""
    paths = make_site(tmp_path_factory.mktemp("explained"))
    put(paths, "12328工单1.csv", POLICE, LIGHT, LEAD)
    run_night(paths, AS_OF)
    return paths


def sheet_rows(path: Path, name: str) -> list[dict[str, object]]:
    sheet = openpyxl.load_workbook(path)[name]
    first = int(sheet.auto_filter.ref.split(":")[0].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=first)]
    return [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:]]


def test_what_is_in_scope_or_under_review_is_explained_and_nothing_else(site: SitePaths) -> None:
    found = tables(site)
    gate = found["gate_decisions"].set_index("complaint_id")
    assert set(found["explanations"]["complaint_id"]) == set(gate.index[gate["decision"] != "out_of_scope"])
    assert set(found["explanations"]["complaint_id"]) == {POLICE_ID, LEAD_ID}
    assert gate.loc[LIGHT_ID, "decision"] == "out_of_scope"


def test_no_explanation_holds_personal_data(site: SitePaths) -> None:
    text = "".join(tables(site)["explanations"]["text"])
    assert NAME not in text
    assert PHONE not in text


def test_the_command_shows_what_the_night_wrote(site: SitePaths) -> None:
    stored = tables(site)["explanations"].set_index("complaint_id")["text"]
    assert explain_complaint(site, POLICE_ID) == stored[POLICE_ID]


def test_a_complaint_out_of_scope_is_explained_when_asked_for(site: SitePaths) -> None:
    text = split_sections(explain_complaint(site, LIGHT_ID))
    assert "模型判断：不纳入" in text["结论"]
    assert "路灯" in text["反对纳入的句子"]


def test_the_model_in_use_says_so_where_another_one_judged(site: SitePaths, tmp_path: Path) -> None:
    other = copy_site(site, tmp_path)
    with Store.open(other.ledger) as store:
        store._connection.execute("UPDATE gate_decisions SET model_id = 'm-old'")
        other.snapshot.unlink()  # what a run wrote never changes: the snapshot would keep it
        store.publish(other.snapshot)
    assert "由模型 m-old" in explain_complaint(other, LIGHT_ID).split("\n")[0]


@pytest.mark.parametrize("identifier", ["X", "", "FR-2026-0001", "'; DROP TABLE runs; --"])
def test_an_unknown_complaint_is_one_chinese_line(site: SitePaths, identifier: str) -> None:
    with pytest.raises(UsageError, match="没有编号为"):
        explain_complaint(site, identifier)


def test_the_same_text_stands_in_the_workbook_and_leads_only_in_theirs(site: SitePaths) -> None:
    stored = tables(site)["explanations"].set_index("complaint_id")["text"]
    rows = sheet_rows(site.processed / "问题清单.xlsx", "判断说明")
    assert [row["诉求编号"] for row in rows] == [POLICE_ID]
    assert {name: rows[0][name] for name in SECTIONS} == split_sections(stored[POLICE_ID])
    leads = sheet_rows(site.processed / "线索移送清单.xlsx", "判断说明")
    assert [row["诉求编号"] for row in leads] == [LEAD_ID]


def test_export_writes_the_same_sheet_from_the_snapshot_alone(site: SitePaths, tmp_path: Path) -> None:
    export_snapshot(site, tmp_path)
    again, first = (sheet_rows(folder / "问题清单.xlsx", "判断说明") for folder in (tmp_path, site.processed))
    assert again == first


def test_no_unit_gets_an_explanation(site: SitePaths) -> None:
    for path in (site.processed / "整改台账").glob("*.xlsx"):
        assert "判断说明" not in openpyxl.load_workbook(path).sheetnames


def test_an_explanation_goes_with_its_judgement(site: SitePaths, tmp_path: Path) -> None:
    site = copy_site(site, tmp_path)
    put(site, "12328工单2.csv", (POLICE[0], "交警贴了罚单没有任何告知，从来不发短信，要求规范执法程序。"))
    work(site)
    assert "从来不发短信，" in tables(site)["explanations"].set_index("complaint_id")["text"][POLICE_ID]
    put(site, "12328工单3.csv", LIGHT)
    work(site)
    assert tables(site)["explanations"]["complaint_id"].tolist() == [LEAD_ID]


def test_what_a_kill_left_out_is_written_the_next_night_and_nothing_else(site: SitePaths, tmp_path: Path) -> None:
    site = copy_site(site, tmp_path)
    whole = tables(site)["explanations"]
    with Store.open(site.ledger) as store:
        store._connection.execute("DELETE FROM explanations WHERE complaint_id = 'L22030001'")
    assert work(site)["explained"] == 1
    pd.testing.assert_frame_equal(tables(site)["explanations"], whole)
    assert work(site)["explained"] == 0
    pd.testing.assert_frame_equal(tables(site)["explanations"], whole)


def test_judgements_of_an_older_model_are_left_unexplained(site: SitePaths, tmp_path: Path) -> None:
    site = copy_site(site, tmp_path)
    with Store.open(site.ledger) as store:
        store._connection.execute("DELETE FROM explanations; UPDATE gate_decisions SET model_id = 'm-old'")
    assert work(site)["explained"] == 0
    put(site, "12328工单2.csv", LEAD, first=22030009)
    assert work(site)["explained"] == 1
    assert tables(site)["explanations"]["complaint_id"].tolist() == ["L22030009"]


def test_words_are_masked_before_they_are_explained() -> None:
    from analysis.site import site_paths

    text = explain_words(site_paths(), f"我叫{NAME}，电话{PHONE}，交警乱罚款没有任何告知")
    assert PHONE not in text
    assert "没有任何告知" in text


def test_a_table_is_explained_row_by_row(tmp_path: Path) -> None:
    from analysis.site import site_paths

    path = tmp_path / "诉求.csv"
    path.write_text(f"complaint_id,title,text\na,{POLICE[0]},{POLICE[1]}\nb,,{LIGHT[1]}\n", encoding="gb18030")
    text = explain_file(site_paths(), path)
    assert [line for line in text.split("\n") if line.startswith("诉求 ")] == ["诉求 a", "诉求 b"]
    assert text.count("【结论】") == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_command_reads_a_text_file_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    from analysis.site import site_paths

    path = tmp_path / "来信.txt"
    path.write_text("交警乱罚款，没有任何告知。", encoding=encoding)
    assert "没有任何告知" in explain_file(site_paths(), path)


def test_the_command_line_explains_words_and_standard_input() -> None:
    words = "交警乱罚款，没有任何告知。"
    told = hotline("explain", "--text", words)
    assert told.returncode == 0
    assert tuple(split_sections(told.stdout.decode().rstrip("\n"))) == SECTIONS
    assert hotline("explain", "--input", "-", stdin=words.encode()).stdout == told.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "三者之一"),
        (["L1", "--text", "x"], "三者之一"),
        (["--text", "  "], "没有文字"),
        (["--input", "没有这个.txt"], "无法读取"),
        (["--input", "README.md"], "README.md"),
    ],
)
def test_wrong_use_is_one_chinese_line(arguments: list[str], words: str) -> None:
    done = hotline_here("explain", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().split("\n")) == 1


def test_a_text_too_long_for_a_complaint_is_refused(tmp_path: Path) -> None:
    from analysis.site import site_paths

    path = tmp_path / "长.txt"
    path.write_text("长" * 100_001, encoding="utf-8")
    with pytest.raises(UsageError, match="超过 100000 字"):
        explain_file(site_paths(), path)


def test_of_each_reviewer_the_latest_decision_is_told_and_rulings_last() -> None:
    rows = [
        ("c", "d", "甲", "in_scope", "rough.attitude", "交警", "", True, "2026-11-01", 1),
        ("c", "d", "乙", "in_scope", "rough.attitude", "交警", "先前", False, "2026-11-02", 2),
        ("c", "d", "乙", "out_of_scope", "", None, "后来", False, "2026-11-03", 3),
        ("c", "other", "丙", "out_of_scope", "", None, "", False, "2026-11-03", 4),
    ]
    columns = "complaint_id text_digest reviewer decision codes unit_kind reason is_final reviewed_on recorded_at"
    reviews = pd.DataFrame(rows, columns=columns.split()).assign(
        reviewed_on=lambda r: pd.to_datetime(r["reviewed_on"]).dt.date
    )
    found = _decisions_by_version(reviews)
    assert [(d.reviewer, d.decision, d.codes) for d in found["c", "d"]] == [
        ("乙", "out_of_scope", ()),
        ("甲", "in_scope", ("rough.attitude",)),
    ]
    assert [d.reviewer for d in found["c", "other"]] == ["丙"]
