"""Texts that the supervisor releases to a unit: who sees them, what keeps one back, how it is taken back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.exchange.decision_return import DecisionWorkbookError
from analysis.exchange.unit_return import UnitWorkbookError
from analysis.ledger.life_cycle import Role
from analysis.ledger.release import Copied, copied_run, names_complaint
from analysis.pipeline.deciding import ImportedDecisions, correct_step, export_decisions, import_decisions
from analysis.pipeline.importing import ImportedLedger, RefusedLedger, import_ledgers
from analysis.pipeline.night import open_night
from analysis.pipeline.publishing import export_snapshot, publish_results
from analysis.site import SitePaths
from tests.decision_book import Book
from tests.review_edits import Form, open_form, save
from tests.review_site import TODAY, copy_site
from tests.supervised_site import (
    LEAD,
    NOBODYS,
    NOTICE,
    POLICE_RUDE,
    SAID,
    URBAN_RUDE,
    assert_history_is_told,
    build_supervised_site,
    kinds,
    ledger,
    problem,
    problem_of,
    take,
)

TEXT = "部分路段处罚后没有按规定发送告知，请核对告知流程并补发。"
OTHER = "处罚告知不及时，请查明原因。"
UNIT_BOOK, URBAN_BOOK, SHEET = "芙蓉交警大队整改台账.xlsx", "区城管执法局整改台账.xlsx", "整改台账"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    site = build_supervised_site(folder)
    for complaint_id in (NOTICE, POLICE_RUDE, URBAN_RUDE):
        take(site, problem_of(site, complaint_id), "handed_over", Role.SUPERVISOR)
    with open_night(site, TODAY) as night:
        publish_results(night)
    export_decisions(site, folder / "监督台账.xlsx", with_leads=True)
    return folder


@pytest.fixture
def site(built: Path, tmp_path: Path) -> Iterator[SitePaths]:
    copied = copy_site(built, tmp_path / "site")
    yield copied
    assert_history_is_told(copied)


@pytest.fixture
def book(built: Path) -> Book:
    return Book(built / "监督台账.xlsx")


def bring(site: SitePaths, book: Book, **how: Any) -> ImportedDecisions:
    path = site.processed / "填好.xlsx"
    book.book.save(path)
    return import_decisions(site, path, "王主任", **how)


def refused(site: SitePaths, book: Book) -> list[str]:
    before = len(ledger(site)["events"])
    with pytest.raises(DecisionWorkbookError, match="一行也没有记入") as caught:
        bring(site, book)
    assert len(ledger(site)["events"]) == before
    return [str(fault) for fault in caught.value.faults]


def fresh(site: SitePaths, name: str) -> Book:
    export_decisions(site, site.processed / name)
    return Book(site.processed / name)


def release(site: SitePaths, problem_id: str, name: str = "放行.xlsx", text: str = TEXT) -> None:
    book = fresh(site, name)
    book.put(problem_id, 决定="放行文字", 放行文字=text, 理由="整改需要")
    bring(site, book)


def units(site: SitePaths, folder: Path) -> Path:
    export_snapshot(site, folder)
    return folder / "整改台账"


def shown(path: Path) -> str:
    """Return all that a workbook says."""
    book = openpyxl.load_workbook(path)
    cells = [[str(c.value) for row in sheet.iter_rows() for c in row] for sheet in book]
    return json.dumps(cells, ensure_ascii=False)


def test_a_released_text_reaches_its_unit_alone_and_is_taken_back(site: SitePaths, tmp_path: Path, book: Book) -> None:
    notice = problem_of(site, NOTICE)
    assert "撤回放行" not in book.offered(notice)
    before = units(site, tmp_path / "before")
    assert not [path for path in before.glob("*.xlsx") if "放行文字" in shown(path)]
    book.put(notice, 决定="放行文字", 放行文字=f" {TEXT}\n", 理由="整改需要，问13800138000")
    would = bring(site, book, is_dry_run=True)
    assert problem(site, notice)["released_text"] is None
    done = bring(site, book)
    assert done == would
    assert (dict(done.recorded), done.masked) == ({"放行文字": 1}, 1)
    assert bring(site, book).unchanged == 1
    now = problem(site, notice)
    assert (now["released_text"], now["released_unit_id"]) == (TEXT, "furong.traffic_police")
    assert now["release_reason"] == "整改需要，问〔电话〕"
    assert (now["status"], now["status_reason"]) == ("rectifying", None)
    event = ledger(site)["events"].sort_values("sequence").iloc[-1]
    assert (event["kind"], event["actor"], event["problem_id"]) == ("text_released", "王主任", notice)
    assert f"填好.xlsx 其他在办问题 {book.address(notice, '决定').split()[-1]}" in event["payload"]

    out = units(site, tmp_path / "out")
    form = open_form(out / UNIT_BOOK, SHEET)
    assert form.cell(notice, "放行文字").value == TEXT
    assert form.cell(notice, "放行文字").protection.locked
    assert form.cell(problem_of(site, POLICE_RUDE), "放行文字").value is None
    assert "监督单位放行的情况说明" in shown(out / UNIT_BOOK)
    assert [p.name for p in out.glob("*.xlsx") if TEXT in shown(p)] == [UNIT_BOOK]
    assert "放行文字" not in shown(out / URBAN_BOOK)

    again = fresh(site, "二.xlsx")
    assert again.value(notice, "已放行文字") == TEXT
    assert again.value(notice, "放行文字") is None
    assert "撤回放行" in again.offered(notice)
    again.put(notice, 决定="撤回放行", 理由="写得太细")
    bring(site, again)
    now = problem(site, notice)
    assert (now["released_text"], now["released_unit_id"], now["release_reason"]) == (None, None, "写得太细")
    later = units(site, tmp_path / "later")
    assert TEXT not in shown(later / UNIT_BOOK)
    assert "放行文字" not in open_form(later / UNIT_BOOK, SHEET).headings()
    assert kinds(site, notice)[-2:] == ["text_released", "text_withdrawn"]


REFUSED: dict[str, tuple[str, str, str]] = {
    # name: text, words of the refusal, what must not be told
    "phone": ("请与13800138000联系核实告知情况。", "还有电话（第 3 个字起）", "13800138000"),
    "identity": ("当事人430102199003070012的处罚没有告知。", "还有证件", "430102199003070012"),
    "plate": ("湘A12345的罚单没有告知。", "还有车牌（第 1 个字起）", "12345"),
    "name": ("反映人欧阳小芳说处罚没有告知。", "还有姓名", "欧阳小芳"),
    "home": ("反映人家住芙蓉区朝阳街道丽景花园3栋2单元501室。", "还有住址", "501"),
    "WeChat": ("请加微信abc_12345了解告知情况。", "还有账号", "abc_12345"),
    "masked before": ("〔姓名〕说处罚没有告知。", "去隐私标记", "〔姓名〕说"),
    "number of the complaint": (f"见诉求 {NOTICE}。", "诉求的编号", NOTICE),
    "number of its platform": ("工单22030001没有告知。", "诉求的编号", "22030001"),
    "copied": (
        "据了解，贴单以后没有通知，过了三个月，当事人才知道。",
        "第 5 个字起有 13 个字与诉求原文连续相同",
        "过了三个月",
    ),
    "copied without its commas": (
        "情况是：贴了罚单从来不发短信告知要求 规范！",
        "有 16 个字与诉求原文连续相同",
        "短信",
    ),
    "too long": ("长" * 501, "有 501 个字，最多 500 个", "长长"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_text_with_anything_of_the_complainants_is_refused_with_its_cell(
    site: SitePaths, book: Book, name: str
) -> None:
    text, words, secret = REFUSED[name]
    notice = problem_of(site, NOTICE)
    book.put(notice, 决定="放行文字", 放行文字=text, 理由="整改需要")
    told = refused(site, book)
    assert all(line.startswith(book.address(notice, "放行文字")) for line in told), told
    assert any(words in line for line in told), told
    assert not [line for line in told if secret in line]
    if name != "too long":
        assert all("请改用自己的中性文字" in line for line in told)


def test_wrong_ways_of_releasing_are_told(site: SitePaths, book: Book) -> None:
    notice, lead, open_unit, rude = (problem_of(site, c) for c in (NOTICE, LEAD, NOBODYS, POLICE_RUDE))
    assert "放行文字" not in [*book.offered(lead), *book.offered(open_unit)]
    book.put(notice, 决定="放行文字", 理由="整改需要")
    book.put(lead, 决定="放行文字", 放行文字=OTHER, 理由="整改需要")
    book.put(open_unit, 决定="放行文字", 放行文字=OTHER, 理由="整改需要")
    book.put(rude, 决定="撤回放行", 理由="不妥")
    told = {line.split("（")[0]: line for line in refused(site, book)}
    assert "必须写明放行文字" in told[book.address(notice, "放行文字")]
    assert "线索类问题不能“放行文字”：不得交给被反映单位" in told[book.address(lead, "决定")]
    assert "问题现在是“登记”，不能“放行文字”" in told[book.address(open_unit, "决定")]
    assert "没有放行过文字" in told[book.address(rude, "决定")]
    assert len(told) == 4


def test_a_text_is_released_with_a_reason_and_changed_by_another_one(site: SitePaths) -> None:
    notice = problem_of(site, NOTICE)
    release(site, notice)
    book = fresh(site, "二.xlsx")
    book.put(notice, 决定="放行文字", 放行文字=OTHER)
    assert "必须写明理由" in refused(site, book)[0]
    book.put(notice, 放行文字=TEXT, 理由="整改需要")
    assert "与已放行的文字相同" in refused(site, book)[0]
    book.put(notice, 放行文字=OTHER, 已放行文字=OTHER)
    assert "锁定的栏被改动了" in refused(site, book)[0]
    book.put(notice, 已放行文字=TEXT)
    bring(site, book)
    assert problem(site, notice)["released_text"] == OTHER
    third = fresh(site, "三.xlsx")
    third.put(notice, 决定="更正上一步", 理由="还是原来的好")
    bring(site, third)
    assert problem(site, notice)["released_text"] == TEXT


def test_a_text_is_for_the_unit_that_it_was_released_to(site: SitePaths, tmp_path: Path) -> None:
    notice = problem_of(site, NOTICE)
    release(site, notice)
    book = fresh(site, "改派.xlsx")
    book.put(notice, 决定="确定责任单位", 责任单位="区城管执法局", 理由="城管路段")
    bring(site, book)
    now = problem(site, notice)
    assert (now["released_text"], now["released_unit_id"], now["release_reason"]) == (None, None, None)
    assert not [p for p in units(site, tmp_path / "moved").glob("*.xlsx") if TEXT in shown(p)]
    release(site, notice, "二.xlsx", OTHER)
    events = ledger(site)["events"].query("problem_id == @notice").sort_values("sequence")
    assert [p.name for p in units(site, tmp_path / "second").glob("*.xlsx") if OTHER in shown(p)] == [URBAN_BOOK]

    # The reassignment taken back, the problem is the first unit's again: what the second one read is not for it.
    reassigned = int(events[events["kind"] == "unit_assigned"]["sequence"].iloc[-1])
    correct_step(site, notice, reassigned, "王主任", "派错了")
    assert problem(site, notice)["unit_id"] == "furong.traffic_police"
    assert not [p for p in units(site, tmp_path / "back").glob("*.xlsx") if OTHER in shown(p)]
    assert fresh(site, "三.xlsx").value(notice, "已放行文字") is None
    released = int(events[events["kind"] == "text_released"]["sequence"].iloc[-1])
    correct_step(site, notice, released, "王主任", "派错了")
    assert [p.name for p in units(site, tmp_path / "own").glob("*.xlsx") if TEXT in shown(p)] == [UNIT_BOOK]


def returned(site: SitePaths, form: Form) -> ImportedLedger:
    (done,) = import_ledgers(site, [save(form, site.processed.parent / "交回.xlsx")])
    if isinstance(done, RefusedLedger):
        raise done.error
    return done


def test_a_ledger_comes_back_with_and_without_the_released_text(site: SitePaths, tmp_path: Path) -> None:
    notice, rude = problem_of(site, NOTICE), problem_of(site, POLICE_RUDE)
    older = open_form(units(site, tmp_path / "older") / UNIT_BOOK, SHEET)
    release(site, notice)
    path = units(site, tmp_path / "out") / UNIT_BOOK
    edits = {"changed": (notice, "请处罚投诉人"), "emptied": (notice, None), "added": (rude, "自己写的")}
    for problem_id, value in edits.values():
        form = open_form(path, SHEET)
        form.fill(problem_id, 放行文字=value)
        with pytest.raises(UnitWorkbookError) as caught:
            returned(site, form)
        (fault,) = caught.value.faults
        assert (fault.address, fault.heading) == (form.cell(problem_id, "放行文字").coordinate, "放行文字")
        assert "锁定的栏被改动了" in fault.reason
    form = open_form(path, SHEET)
    form.sheet.delete_cols(form.column("放行文字"))
    with pytest.raises(UnitWorkbookError, match="1 处"):
        returned(site, form)
    form = open_form(path, SHEET)
    form.fill(notice, 整改措施="补发告知")
    older.fill(notice, 备注="先前的台账")
    assert (returned(site, form).changed_count, returned(site, older).changed_count) == (1, 1)
    now = problem(site, notice)
    assert (now["measure"], now["remark"], now["released_text"]) == ("补发告知", "先前的台账", TEXT)


_WORDS = st.text("违停贴单告知不发短信要求规范程序", min_size=0, max_size=8)


@given(st.permutations("甲乙丙丁戊己庚辛"), _WORDS, _WORDS, _WORDS, _WORDS)
def test_a_planted_run_is_found_with_its_place(
    letters: list[str], before: str, after: str, left: str, right: str
) -> None:
    run = "".join(letters)
    spaced = "，".join(run)
    complaint = f"{left}。{run[:4]} {run[4:]}{right}"
    found = copied_run(f"{before}{spaced}{after}", [right + left, complaint], 8)
    assert found is not None
    assert found.start <= len(before)
    assert found.length >= 8
    assert copied_run(spaced, [run[:7], left + right, run[1:]], 8) is None


def test_runs_do_not_go_from_one_complaint_into_another_and_width_and_case_make_no_difference() -> None:
    assert copied_run("请核对路段Ａｂc１２３", ["ＡＢＣ123"], 6) == Copied(5, 6)
    assert copied_run("甲乙丙丁戊己", ["甲乙丙", "丁戊己"], 6) is None
    assert copied_run("", ["甲"], 6) is None
    assert names_complaint("见 l-220 30001", ["L22030001"])
    assert not names_complaint("有 12 件", ["12", ""])


def test_the_sites_texts_are_what_the_tests_take_them_for() -> None:
    assert any("贴单以后没有通知，过了三个月" in text for _, text, _, _ in SAID)
