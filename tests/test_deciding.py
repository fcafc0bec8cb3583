"""The 监督台账 there and back: every decision is a step of the life cycle, recorded once, or the file is refused."""

import stat
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from analysis.errors import UsageError
from analysis.exchange.decision_columns import DECISION_WORDS
from analysis.exchange.decision_return import DecisionWorkbookError
from analysis.ledger.life_cycle import Role
from analysis.pipeline.deciding import ImportedDecisions, correct_step, export_decisions, import_decisions
from analysis.site import SitePaths
from flows.commands.decide import decide as decide_commands
from tests.decision_book import SHEETS, Book
from tests.review_site import TODAY, copy_site
from tests.supervised_site import (
    LEAD,
    NOBODYS,
    NOTICE,
    POLICE_RUDE,
    URBAN_RUDE,
    assert_history_is_told,
    build_supervised_site,
    kinds,
    ledger,
    problem,
    problem_of,
    take,
)

DAY = TODAY - timedelta(days=1)
CLOSING = {"handler": "张某", "measure": "培训", "completed_on": DAY, "evidence": "培训记录", "evidence_on": DAY}
VERIFIED = {"核查意见": "现场核查属实", "核查人": "李某", "核查日期": TODAY}
WAITING = {"NOTICE": NOTICE, "POLICE_RUDE": POLICE_RUDE, "URBAN_RUDE": URBAN_RUDE, "NOBODYS": NOBODYS, "LEAD": LEAD}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a problem in each state that waits for the supervisor, and its 监督台账."""
    folder = tmp_path_factory.mktemp("site")
    site = build_supervised_site(folder)
    take(site, problem_of(site, NOTICE), "closure_requested", Role.UNIT, **CLOSING)
    later = problem(site, problem_of(site, POLICE_RUDE))["due_on"] + timedelta(days=30)
    asked = {"extension_due_on": later, "extension_reason": "雨季无法施工"}
    take(site, problem_of(site, POLICE_RUDE), "extension_requested", Role.UNIT, **asked)
    take(site, problem_of(site, URBAN_RUDE), "objection_raised", Role.UNIT, status_reason="不是我单位的路段")
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
    return import_decisions(site, path, how.pop("person", "王主任"), **how)


def refused(site: SitePaths, book: Book) -> list[str]:
    before = len(ledger(site)["events"])
    with pytest.raises(DecisionWorkbookError, match="一行也没有记入") as caught:
        bring(site, book)
    assert len(ledger(site)["events"]) == before
    return [str(fault) for fault in caught.value.faults]


def fresh(site: SitePaths, name: str, *, with_leads: bool = False) -> Book:
    path = site.processed / name
    export_decisions(site, path, with_leads=with_leads)
    return Book(path)


def test_every_problem_stands_in_its_sheet_with_what_can_be_decided(built: Path, site: SitePaths, book: Book) -> None:
    assert stat.S_IMODE((built / "监督台账.xlsx").stat().st_mode) == 0o600
    ids = {name: problem_of(site, c) for name, c in WAITING.items()}
    tasks = {name: book.value(problem_id, "待决定的事") for name, problem_id in ids.items()}
    assert tasks == {
        "NOTICE": "核查销号",
        "POLICE_RUDE": "批复延期",
        "URBAN_RUDE": "裁定异议",
        "NOBODYS": "核定责任单位",
        "LEAD": "移送线索",
    }
    offered = {"开始核查", "核查通过并销号", "核查不通过", "退回销号申请", "更正上一步", "认定不属实", "放行文字"}
    assert set(book.offered(ids["NOTICE"])) == offered
    assert {"批准延期", "不批准延期"} <= set(book.offered(ids["POLICE_RUDE"]))
    assert "交办" not in book.offered(ids["LEAD"])
    assert "移送" in book.offered(ids["LEAD"])
    assert "更正上一步" not in book.offered(ids["NOBODYS"])
    assert {word for p in ids.values() for word in book.offered(p)} <= set(DECISION_WORDS.values())
    without = fresh(site, "另一份.xlsx")
    with pytest.raises(KeyError):
        without.find(ids["LEAD"])
    assert problem(site, ids["LEAD"])["statement"] not in str(
        [[c.value for c in r] for r in without.book["待决定"].rows]
    )


def test_decisions_become_steps_once(site: SitePaths, book: Book) -> None:
    notice, rude, urban, open_unit, lead = (problem_of(site, c) for c in WAITING.values())
    asked, old_due = problem(site, rude)["extension_due_on"], problem(site, rude)["due_on"]
    book.put(notice, 决定="核查通过并销号", 验收单位="依法治区办", **VERIFIED)
    book.put(rude, 决定="批准延期", 理由="情况属实，联系人13800138000")
    book.put(urban, 决定="确定责任单位", 责任单位="区交通运输局", 理由="属区管路段")
    book.put(open_unit, 决定=" 移 送 ", 移送单位="市交通运输局", 理由="检测站由市级管理")
    book.put(lead, 决定="移送", 移送单位="区纪委监委", 理由="依规移送")
    would = bring(site, book, is_dry_run=True)
    assert problem(site, notice)["status"] == "closure_requested"
    done = bring(site, book)
    assert (dict(done.recorded), done.unchanged, done.masked) == (dict(would.recorded), 0, 1)
    assert dict(done.recorded) == {"核查通过并销号": 1, "批准延期": 1, "确定责任单位": 1, "移送": 2}
    closed = problem(site, notice)
    assert (closed["status"], closed["closed_on"], closed["verified_by"], closed["accepting_unit"]) == (
        "closed",
        TODAY,
        "李某",
        "依法治区办",
    )
    extended = problem(site, rude)
    assert (extended["due_on"], extended["extension_due_on"]) == (asked, None)
    assert extended["deadline_rule"] == f"2026.1：批准延期至 {asked:%Y-%m-%d}"
    assert old_due < asked
    assert "13800138000" not in ledger(site)["events"]["payload"].str.cat()
    moved = problem(site, urban)
    assert (moved["unit_id"], moved["unit_kind"], moved["status"]) == (
        "furong.transport",
        "交通运输",
        "awaiting_handover",
    )
    assert moved["merge_key"].startswith("furong.urban_management|")
    assert [problem(site, p)["status"] for p in (open_unit, lead)] == ["transferred", "transferred"]
    event = ledger(site)["events"].sort_values("sequence").query("problem_id == @notice").iloc[-1]
    assert (event["kind"], event["actor"]) == ("closed", "王主任")
    assert f"填好.xlsx 待决定 {book.address(notice, '决定').split()[-1]}" in event["payload"]
    before = len(ledger(site)["events"])
    again = bring(site, book)
    assert (dict(again.recorded), again.unchanged) == ({}, 5)
    assert len(ledger(site)["events"]) == before


def test_a_problem_that_moved_since_is_refused_with_what_happened(site: SitePaths, book: Book) -> None:
    rude, notice = problem_of(site, POLICE_RUDE), problem_of(site, NOTICE)
    take(site, rude, "rectification_filed", Role.UNIT, measure="增派人手")
    book.put(rude, 决定="批准延期", 理由="同意")
    book.put(notice, 决定="开始核查")
    (told,) = refused(site, book)
    assert told.startswith(book.address(rude, "决定"))
    assert f"导出以后这个问题又有变化：填报整改（某人，{TODAY:%Y-%m-%d}）；现在是“整改中”" in told
    book.put(rude, 决定=None, 理由=None)
    assert bring(site, book).recorded == {"开始核查": 1}


WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    (NOTICE, {"决定": "核查通过并销号"}, "核查意见", "必须写明核查意见"),
    (NOTICE, {"决定": "批准延期", "理由": "好"}, "决定", "不能“批准延期”"),
    (NOTICE, {"决定": "同意"}, "决定", "不是可以作的决定"),
    (NOTICE, {"理由": "好"}, "决定", "没有选决定"),
    (NOTICE, {"决定": "开始核查", "移送单位": "市局"}, "移送单位", "用不着移送单位"),
    (NOTICE, {"决定": "核查不通过", **VERIFIED, "核查日期": DAY - timedelta(days=3)}, "核查日期", "早于完成日期"),
    (NOTICE, {"决定": "核查不通过", **VERIFIED, "核查日期": TODAY + timedelta(days=2)}, "核查日期", ""),
    (NOTICE, {"决定": "核查不通过", **VERIFIED, "核查意见": "=1+1"}, "核查意见", "公式"),
    (NOTICE, {"决定": "核查不通过", **VERIFIED, "核查意见": "长" * 501}, "核查意见", "有 501 个字"),
    (POLICE_RUDE, {"决定": "批准延期", "理由": "好", "延期至": TODAY}, "延期至", "不能早于或等于原时限"),
    (POLICE_RUDE, {"决定": "批准延期", "理由": "好", "延期至": date(TODAY.year + 9, 1, 1)}, "延期至", "太远"),
    (POLICE_RUDE, {"决定": "并入另一问题", "理由": "好"}, "并入问题编号", "必须写明并入问题编号"),
    (POLICE_RUDE, {"决定": "并入另一问题", "理由": "好", "并入问题编号": "FR-2026-0999"}, "并入问题编号", "没有问题"),
    (URBAN_RUDE, {"决定": "确定责任单位", "责任单位": "区城管执法局", "理由": "好"}, "责任单位", "请改选“异议不成立”"),
    (URBAN_RUDE, {"决定": "确定责任单位", "责任单位": "某局", "理由": "好"}, "责任单位", "名录里没有"),
    (URBAN_RUDE, {"决定": "异议不成立"}, "理由", "必须写明理由"),
    (LEAD, {"决定": "交办"}, "决定", "线索类问题不能"),
    (NOBODYS, {"决定": "更正上一步", "理由": "好"}, "决定", "没有可以更正的决定"),
    (NOBODYS, {"决定": "恢复办理", "理由": "好"}, "决定", "不能“恢复办理”"),
    (NOBODYS, {"问题小类": "别的"}, "问题小类", "锁定的栏被改动了"),
    (NOBODYS, {"诉求数": 99}, "诉求数", "锁定的栏被改动了"),
    (NOBODYS, {"版本": "1"}, "行标识", "对不上"),
]


def test_every_wrong_cell_is_told_with_its_address_and_nothing_is_recorded(site: SitePaths, built: Path) -> None:
    rounds: dict[int, list[tuple[str, dict[str, Any], str, str]]] = {}
    for number, wrong in enumerate(WRONG):
        earlier = sum(other[0] == wrong[0] for other in WRONG[:number])
        rounds.setdefault(earlier, []).append(wrong)
    for wrongs in rounds.values():
        book = Book(built / "监督台账.xlsx")
        places = []
        for complaint_id, cells, heading, words in wrongs:
            problem_id = problem_of(site, complaint_id)
            places.append((book.address(problem_id, heading), words))
            book.put(problem_id, **cells)
        told = refused(site, book)
        for place, words in places:
            assert any(line.startswith(place) and words in line for line in told), (place, words, told)


def test_what_office_programs_and_people_do_to_the_sheet_makes_no_difference(site: SitePaths, book: Book) -> None:
    notice, rude = problem_of(site, NOTICE), problem_of(site, POLICE_RUDE)
    book.put(notice, 决定="核查不通过", **VERIFIED | {"核查日期": f"{TODAY.month}月{TODAY.day}日"})
    sheet, header, _ = book.sheet("待决定")
    rows = [[c.value for c in row] for row in sheet.iter_rows(min_row=header + 1)]
    for number, values in enumerate(reversed(rows), header + 1):  # sorted the other way round
        for column, value in enumerate(values, 1):
            sheet.cell(number, column).value = value
    sheet.insert_cols(2)
    sheet.cell(header, 2).value = "我的备注"
    for name in SHEETS[1:]:
        book.book[name].title = f"{name}（改名）"
    done = bring(site, book)
    assert (dict(done.recorded), done.unread) == ({"核查不通过": 1}, ("“我的备注”栏",))
    assert (problem(site, notice)["status"], problem(site, notice)["verified_on"]) == ("rectifying", TODAY)
    assert problem(site, rude)["status"] == "rectifying"


def test_a_step_is_taken_back_and_another_one_taken(site: SitePaths, book: Book) -> None:
    notice = problem_of(site, NOTICE)
    book.put(notice, 决定="核查通过并销号", **VERIFIED)
    bring(site, book)
    second = fresh(site, "二.xlsx")
    assert second.find(notice)[0].title == "已办结问题"
    assert second.value(notice, "上一步").startswith("销号（王主任")
    second.put(notice, 决定="更正上一步", 理由="点错了行")
    bring(site, second)
    assert (problem(site, notice)["status"], problem(site, notice)["closed_on"]) == ("verifying", None)
    assert bring(site, second).unchanged == 1
    third = fresh(site, "三.xlsx")
    third.put(notice, 决定="核查不通过", **VERIFIED)
    bring(site, third)
    assert kinds(site, notice)[-5:] == [
        "closure_requested",
        "verification_started",
        "closed",
        "event_corrected",
        "verification_failed",
    ]
    sequence = int(
        ledger(site)["events"].query("problem_id == @notice and kind == 'closure_requested'")["sequence"].iloc[0]
    )
    with pytest.raises(UsageError, match="更正后余下的经过不合规定"):
        correct_step(site, notice, sequence, "王主任", "点错了")
    with pytest.raises(UsageError, match="没有问题"):
        correct_step(site, "FR-2026-0999", 1, "王主任", "点错了")


def test_problems_are_merged_and_come_back_with_their_complaints(site: SitePaths, book: Book) -> None:
    rude, notice, urban = (problem_of(site, c) for c in (POLICE_RUDE, NOTICE, URBAN_RUDE))
    book.put(rude, 决定="并入另一问题", 并入问题编号=urban.lower(), 理由="同一问题")
    book.put(urban, 决定="并入另一问题", 并入问题编号=rude, 理由="同一问题")
    assert any("转一圈" in line for line in refused(site, book))
    book.put(urban, 决定="认定不属实", 并入问题编号=None, 核查人="李某")
    assert any("同时被决定为“不属实”" in line for line in refused(site, book))
    book.put(urban, 决定=None, 核查人=None, 理由=None)
    would = bring(site, book, is_dry_run=True)
    assert problem_of(site, POLICE_RUDE) == rude
    done = bring(site, book)
    assert (done, done.moved) == (would, 1)
    assert problem_of(site, POLICE_RUDE) == urban
    second = fresh(site, "二.xlsx")
    second.put(rude, 决定="恢复办理", 理由="并错了")
    assert bring(site, second).moved == 1
    assert problem_of(site, POLICE_RUDE) == rude
    assert problem(site, rude)["status"] == "awaiting_handover"
    assert problem(site, notice)["status"] == "closure_requested"


def test_a_problem_comes_back_while_the_one_it_was_in_is_merged(site: SitePaths, book: Book) -> None:
    rude, notice, urban = (problem_of(site, c) for c in (POLICE_RUDE, NOTICE, URBAN_RUDE))
    book.put(rude, 决定="并入另一问题", 并入问题编号=urban, 理由="同一问题")
    bring(site, book)
    second = fresh(site, "二.xlsx")
    second.put(rude, 决定="恢复办理", 理由="并错了")
    second.put(urban, 决定="并入另一问题", 并入问题编号=notice, 理由="同一问题")
    assert bring(site, second).moved == 2
    assert [problem_of(site, c) for c in (POLICE_RUDE, URBAN_RUDE)] == [rude, notice]


def test_a_problem_that_came_back_is_handed_over_with_a_new_deadline(site: SitePaths, book: Book) -> None:
    notice = problem_of(site, NOTICE)
    book.put(notice, 决定="核查通过并销号", **VERIFIED)
    bring(site, book)
    take(site, notice, "recurred", Role.SYSTEM, status_reason="销号后又有 3 件")
    late = TODAY - timedelta(days=5)
    take(site, notice, "deadline_set", Role.SYSTEM, due_on=late, deadline_rule="旧", is_due_provisional=False)
    second = fresh(site, "二.xlsx")
    assert second.value(notice, "待决定的事") == "处理反弹"
    second.put(notice, 决定="交办")
    bring(site, second)
    again = problem(site, notice)
    assert (again["status"], again["handed_over_on"]) == ("rectifying", TODAY)
    assert again["due_on"] > TODAY
    assert "2026.1：反弹后" in again["deadline_rule"]


def test_other_files_are_refused(site: SitePaths, book: Book, tmp_path: Path) -> None:
    for name in SHEETS:
        book.book.remove(book.book[name])
    with pytest.raises(UsageError, match="hotline decide export"):
        bring(site, book)
    with pytest.raises(UsageError, match="--person"):
        bring(site, book, person=" ")


def test_the_commands_say_what_they_did(site: SitePaths, book: Book, tmp_path: Path) -> None:
    def run(*arguments: object) -> Result:
        return CliRunner().invoke(decide_commands, [*map(str, arguments), "--processed", str(site.processed)])

    notice, filled = problem_of(site, NOTICE), tmp_path / "填好.xlsx"
    told = run("export", tmp_path / "台账.xlsx").output
    assert "另有 1 个线索类问题没有写出" in told
    assert "已经存在" in str(run("export", tmp_path / "台账.xlsx").exception)
    book.put(notice, 决定="核查通过并销号")
    book.book.save(filled)
    assert book.address(notice, "核查意见") in run("import", filled, "--person", "王主任").output
    book.put(notice, **VERIFIED)
    book.book.save(filled)
    assert "将记入 1 个决定（核查通过并销号 1 个）" in run("import", filled, "--person", "王主任", "--dry-run").output
    assert "记入 1 个决定" in run("import", filled, "--person", "王主任").output
    last = int(ledger(site)["events"]["sequence"].max())
    told = run("correct", notice, "--event", last, "--person", "王主任", "--reason", "点错了").output
    assert f"已更正第 {last} 项事件。问题 {notice} 现在是“核查中”" in told
