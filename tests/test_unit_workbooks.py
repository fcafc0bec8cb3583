"""The units' 整改台账 there and back: what they show, what comes back, and what happened in between."""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.codebook.scheme import load_scheme
from analysis.contracts import EVENTS, EXPORT_ROWS, EXPORTS, FILED_COLUMNS
from analysis.errors import BusyError, UsageError
from analysis.exchange.seal import Seal
from analysis.exchange.unit_columns import APPLICATIONS, LEDGER_COLUMNS, SEALED_FIELDS
from analysis.ingest.sources import load_sources
from analysis.ledger.filings import APPLICATIONS as APPLICATION_KINDS
from analysis.ledger.life_cycle import Role, load_life_cycle
from analysis.ledger.steps import replay
from analysis.ledger.store import Reader, Store
from analysis.pipeline.importing import CONFLICT_FOLDER, ImportedLedger, RefusedLedger, import_ledgers
from analysis.pipeline.night import open_night
from analysis.pipeline.publishing import export_snapshot
from analysis.pipeline.verifying import verify_ledger
from analysis.site import SitePaths, site_paths
from flows.commands.import_ledgers import import_ledgers as command
from tests.command import hotline
from tests.review_edits import SOFFICE, Form, open_form, resave, save
from tests.unit_edits import HEADINGS, SHEET
from tests.unit_site import (
    ASKED,
    CLOSED,
    CLOSING,
    FILED,
    LEAD,
    MOVED,
    OBJECTED,
    OTHER_BOOK,
    OTHERS,
    PLAIN,
    RECTIFYING,
    RELAPSED,
    SHOWN,
    TODAY,
    UNIT,
    UNIT_BOOK,
    VERIFIED,
    VERIFYING,
    ask,
    build_unit_site,
    copy_unit_site,
    events,
    imports,
    problems,
    quick_imports,
    take_in,
)

ONE, TWO, THREE = PLAIN[:3]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with quick_imports():
        yield build_unit_site(tmp_path_factory.mktemp("units") / "site")


@pytest.fixture
def site(built: Path, tmp_path: Path) -> SitePaths:
    return copy_unit_site(built, tmp_path / "site")


def book(site: SitePaths, name: str = UNIT_BOOK) -> Path:
    return site.processed / "整改台账" / name


@pytest.fixture
def form(site: SitePaths) -> Form:
    return open_form(book(site), SHEET)


def bring(site: SitePaths, form: Form, name: str = "交回.xlsx", **more: Any) -> ImportedLedger:
    (done,) = import_ledgers(site, [save(form, site.processed.parent / name)], **more)
    if isinstance(done, RefusedLedger):
        raise done.error
    return done


def refused(site: SitePaths, form: Form, name: str = "交回.xlsx") -> list[str]:
    with pytest.raises(UsageError) as caught:
        bring(site, form, name)
    return [*map(str, getattr(caught.value, "faults", ())), str(caught.value)]


def close(form: Form, problem_id: str, **more: Any) -> None:
    form.fill(problem_id, **{HEADINGS[n]: v for n, v in (CLOSING | more).items()}, 申请事项="申请销号")


def test_the_declared_words_agree() -> None:
    life_cycle = load_life_cycle()
    assert life_cycle["rectification_filed"].may_carry == FILED_COLUMNS
    assert tuple(APPLICATIONS) == (
        "closure_requested",
        "extension_requested",
        "objection_raised",
        "closure_withdrawn",
    )
    assert set(APPLICATIONS) == set(APPLICATION_KINDS)
    assert all(Role.UNIT in life_cycle[kind].by for kind in APPLICATIONS)
    assert not [step.kind for step in life_cycle.step if Role.UNIT in step.by and step.to == "closed"]


def test_a_unit_sees_its_problems_with_what_it_filed_and_no_others(built: Path, site: SitePaths, form: Form) -> None:
    column = form.column("问题编号")
    shown = [form.sheet.cell(r, column).value for r in range(form.header + 1, form.sheet.max_row + 1)]
    assert shown == SHOWN
    assert {form.cell(RECTIFYING, HEADINGS[n]).value for n in ("handler", "goal")} == {"王某", "不再发生"}
    assert form.cell(RECTIFYING, "完成日期").value.date() == FILED["completed_on"]
    assert form.cell(RECTIFYING, "申请事项").value is None
    assert [form.cell(i, "状态").value for i in (PLAIN[0], OBJECTED, ASKED, VERIFYING, RELAPSED)] == [
        *("待交办", "异议待核", "申请销号", "核查中", "反弹"),
    ]
    # What was claimed before a relapse is no answer to it.
    assert [form.cell(RELAPSED, HEADINGS[n]).value for n in ("handler", "evidence", "completed_on")] == ["王某"] + [
        None
    ] * 2
    done = openpyxl.load_workbook(book(site))["已销号"]
    text = json.dumps([[str(c.value) for c in row] for row in done.iter_rows()], ensure_ascii=False)
    assert CLOSED in text
    assert "属实整改（赵某" in text
    with ZipFile(book(site)) as archive:
        content = "".join(archive.read(name).decode() for name in archive.namelist())
    assert not [i for i in (LEAD, MOVED, *OTHERS) if i in content]
    assert "又有 3 件" not in content


def test_only_what_the_unit_fills_in_can_be_changed_and_keys_are_hidden(form: Form) -> None:
    assert form.sheet.protection.sheet
    assert not form.sheet.protection.password
    editable = {*HEADINGS.values(), "申请事项", "申请理由", "申请延期至"}
    assert {h for h in form.headings() if not form.cell(ONE, h).protection.locked} == editable
    hidden = [d for d in form.sheet.column_dimensions.values() if d.hidden]
    spans = [n for d in hidden for n in range(d.min, d.max + 1)]
    assert sorted(spans) == [form.column(h) for h in ("行标识", "版本", "单位代码", "导出编号", "校验码")]
    assert form.sheet.print_area.split("$")[3] == openpyxl.utils.get_column_letter(form.column("备注"))
    assert len(SEALED_FIELDS) + len(editable) + 5 + 2 == len(LEDGER_COLUMNS)  # number and released text
    assert "放行文字" not in form.headings()


def test_what_was_sent_out_is_kept_once_and_unchanged_content_is_the_same_export(
    site: SitePaths, tmp_path: Path
) -> None:
    with Reader.open(site.ledger) as reader:
        exports, rows = reader.table(EXPORTS).sort_values("sequence"), reader.table(EXPORT_ROWS)
    assert exports["unit_id"].tolist() == ["furong.traffic_police", UNIT]
    assert exports["problem_count"].tolist() == [len(OTHERS), len(SHOWN)]
    export_snapshot(site, tmp_path / "out")
    assert (tmp_path / "out" / "整改台账" / UNIT_BOOK).read_bytes() == book(site).read_bytes()
    take_in(site, ask(ONE, "rectification_filed", Role.UNIT, measure="培训"))
    export_snapshot(site, tmp_path / "later")
    with Reader.open(site.ledger) as reader:
        added, more = reader.table(EXPORTS).sort_values("sequence"), reader.table(EXPORT_ROWS)
    assert len(added) == len(exports) + 1
    assert added["problem_count"].iloc[-1] == len(SHOWN)
    assert more.merge(rows, how="left", indicator="known").query("known == 'left_only'")["problem_id"].tolist() == [ONE]
    later = open_form(tmp_path / "later" / "整改台账" / UNIT_BOOK, SHEET)
    assert (later.cell(ONE, "整改措施").value, later.cell(ONE, "状态").value) == ("培训", "整改中")
    assert later.cell(ONE, "导出编号").value == added["export_id"].iloc[-1]


def test_a_snapshot_serves_while_a_run_goes_on(site: SitePaths, tmp_path: Path) -> None:
    with open_night(site, TODAY):
        export_snapshot(site, tmp_path / "out")
    assert (tmp_path / "out" / "整改台账" / UNIT_BOOK).read_bytes() == book(site).read_bytes()


def test_what_a_unit_files_becomes_events_with_their_cells_and_nothing_else(site: SitePaths, form: Form) -> None:
    form.fill(ONE, 责任人="陈某", 整改措施="培训")
    form.fill(RECTIFYING, 整改目标=None)
    close(form, TWO)
    before = len(events(site))
    done = bring(site, form, person=" 交来的人 ")
    assert (done.row_count, done.problem_count, done.changed_count, done.missing_count) == (len(SHOWN), 3, 8, 0)
    assert done.applications == {"closure_requested": 1}
    new = events(site)[before:]
    assert [(e["problem_id"], e["kind"]) for e in new] == [
        (ONE, "handed_over"),
        (ONE, "rectification_filed"),
        (TWO, "handed_over"),
        (TWO, "rectification_filed"),
        (TWO, "closure_requested"),
        (RECTIFYING, "rectification_filed"),
    ]
    payload = json.loads(new[1]["payload"])
    cells = "、".join(form.cell(ONE, h).coordinate for h in ("责任人", "整改措施"))
    assert payload["source"] == f"交回.xlsx {SHEET} {cells}"
    assert payload["facts"] == {"handler": "陈某", "measure": "培训"}
    assert (payload["role"], new[1]["actor"]) == ("unit", "交来的人")
    assert payload["export_id"] == form.cell(ONE, "导出编号").value
    assert problems(site)[RECTIFYING]["goal"] is None
    (row,) = imports(site)
    assert (row["file_name"], row["unit_id"], row["person"], row["request_count"]) == ("交回.xlsx", UNIT, "交来的人", 1)
    _is_sound(site)


def _is_sound(site: SitePaths) -> None:
    """The chain is whole, and the events rebuild the problems."""
    scheme = load_scheme()
    with Store.open(site.ledger) as store:
        rebuilt = replay(store.table(EVENTS), load_life_cycle(), lambda c: scheme.category_of(c).is_restricted)
    assert not rebuilt.faults
    assert {row["problem_id"]: row for row in rebuilt.problems.to_dict("records")} == problems(site)


def test_who_files_is_the_rows_own_person_or_the_unit(site: SitePaths, form: Form) -> None:
    form.fill(ONE, 责任人="陈某", 备注="甲")
    form.fill(TWO, 备注="乙")
    bring(site, form)
    assert [e["actor"] for e in events(site)[-4:]] == ["陈某", "陈某", "区城管执法局", "区城管执法局"]


def test_an_unfilled_workbook_leaves_nothing_for_verification_to_find(site: SitePaths, form: Form) -> None:
    """Such an import is recorded, but it is no event, and the snapshot does not know of it before the next night."""
    done = bring(site, form)
    assert (done.changed_count, len(imports(site))) == (0, 1)
    assert [finding.differences for finding in verify_ledger(site) if finding.differences] == []


def test_the_same_file_again_is_a_no_op_and_a_copy_of_it_says_nothing_new(site: SitePaths, form: Form) -> None:
    close(form, ONE)
    form.fill(TWO, 整改措施="联系 13800138000 处理")
    bring(site, form)
    before = events(site)
    (known,) = import_ledgers(site, [site.processed.parent / "交回.xlsx"])
    assert isinstance(known, ImportedLedger)
    assert known.is_known
    form.sheet.cell(1, 1).value = "改了标题，另存的一份"
    again = bring(site, form, "副本.xlsx")
    assert not again.is_known
    assert (again.changed_count, again.applications, again.conflict_count, again.known_applications) == (0, {}, 0, 1)
    assert events(site) == before
    assert len(imports(site)) == 2


def test_two_copies_in_one_go_are_one(site: SitePaths, form: Form) -> None:
    form.fill(ONE, 备注="甲")
    files = [save(form, site.processed.parent / "一.xlsx"), site.processed.parent / "二.xlsx"]
    shutil.copy(files[0], files[1])
    one, two = import_ledgers(site, files)
    assert isinstance(one, ImportedLedger)
    assert isinstance(two, ImportedLedger)
    assert (one.changed_count, two.is_known) == (1, True)


def test_phone_numbers_and_names_in_texts_are_removed_and_told(site: SitePaths, form: Form) -> None:
    form.fill(ONE, 整改措施="已电话 13800138000 回复投诉人李翠花", 责任人="陈某 13900139000", 配合单位="区交通运输局")
    form.fill(TWO, 申请事项="提出异议", 申请理由="投诉人身份证430102199001011234，不在辖区")
    done = bring(site, form)
    now = problems(site)
    assert "1380" not in now[ONE]["measure"]
    assert "李翠花" not in now[ONE]["measure"]
    assert (now[ONE]["handler"], now[ONE]["supporting_unit"]) == ("陈某 〔电话〕", "区交通运输局")
    assert now[TWO]["status_reason"] == "投诉人身份证〔证件〕，不在辖区"
    expected = {form.cell(ONE, "整改措施"), form.cell(ONE, "责任人"), form.cell(TWO, "申请理由")}
    assert set(done.masked) == {cell.coordinate for cell in expected}
    assert "13800138000" not in json.dumps(events(site), default=str)


class TestThreeWays:
    """What happened since the export is kept; the rest of the file applies."""

    def test_cells_that_do_not_clash_apply(self, site: SitePaths, form: Form) -> None:
        take_in(site, ask(RECTIFYING, "rectification_filed", Role.SUPERVISOR, goal="监督单位定的目标"))
        form.fill(RECTIFYING, 整改措施="新措施")
        done = bring(site, form)
        now = problems(site)[RECTIFYING]
        assert (now["goal"], now["measure"]) == ("监督单位定的目标", "新措施")
        assert (done.changed_count, done.conflict_count, done.kept_count) == (1, 0, 1)

    def test_what_both_changed_is_listed_and_the_rest_applies(self, site: SitePaths, form: Form) -> None:
        take_in(site, ask(RECTIFYING, "rectification_filed", Role.SUPERVISOR, goal="监督单位定的目标"))
        form.fill(RECTIFYING, 整改目标="单位的目标", 整改措施="新措施", 申请事项="申请销号")
        form.fill(ONE, 备注="甲")
        done = bring(site, form)
        now = problems(site)
        assert (now[RECTIFYING]["goal"], now[RECTIFYING]["measure"]) == ("监督单位定的目标", "新措施")
        assert (now[RECTIFYING]["status"], now[ONE]["remark"]) == ("rectifying", "甲")
        assert (done.changed_count, done.conflict_count) == (2, 2)
        assert done.conflict_list is not None
        assert done.conflict_list.parent == site.processed / CONFLICT_FOLDER
        sheet = openpyxl.load_workbook(done.conflict_list).active
        assert sheet is not None
        lines = [[c.value for c in row] for row in sheet.iter_rows(min_row=sheet.max_row - 1)]
        cell = form.cell(RECTIFYING, "整改目标").coordinate
        assert lines[0][1:-1] == [  # the last is for the ruling
            *(RECTIFYING, problems(site)[RECTIFYING]["statement"], cell, "整改目标"),
            *("不再发生", "单位的目标", "监督单位定的目标", "导出以后，台账里这一格已另有改动"),
        ]
        assert lines[1][4:7] == ["申请事项", None, "申请销号"]

    def test_a_request_to_close_carries_what_the_ledger_knows_better(self, site: SitePaths, form: Form) -> None:
        take_in(site, ask(RECTIFYING, "rectification_filed", Role.SUPERVISOR, evidence="补收的材料"))
        form.fill(RECTIFYING, 申请事项="申请销号", 责任人="陈某")
        done = bring(site, form)
        now = problems(site)[RECTIFYING]
        assert (now["status"], now["evidence"], now["handler"]) == ("closure_requested", "补收的材料", "陈某")
        assert (done.conflict_count, done.kept_count) == (0, 1)

    def test_a_problem_closed_since_is_a_conflict(self, site: SitePaths, form: Form) -> None:
        take_in(site, ask(ASKED, "closed", Role.SUPERVISOR, **VERIFIED))
        form.fill(ASKED, 备注="补充材料")
        form.fill(ONE, 备注="甲")
        done = bring(site, form)
        assert (problems(site)[ASKED]["status"], problems(site)[ASKED]["remark"]) == ("closed", None)
        assert (done.changed_count, done.conflict_count) == (1, 1)

    def test_a_problem_that_is_another_units_now_is_a_conflict(self, site: SitePaths, form: Form) -> None:
        whose = {"unit_id": "furong.transport", "unit_kind": "交通运输", "unit_reason": "核定"}
        take_in(site, ask(ONE, "unit_assigned", Role.SUPERVISOR, **whose))
        form.fill(ONE, 备注="甲")
        form.fill(TWO, 备注="乙")
        done = bring(site, form)
        assert problems(site)[ONE]["remark"] is None
        assert (done.changed_count, done.conflict_count) == (1, 1)

    def test_the_same_on_both_sides_is_nothing_new(self, site: SitePaths, form: Form) -> None:
        take_in(site, ask(ONE, "rectification_filed", Role.SUPERVISOR, measure="培训"))
        form.fill(ONE, 整改措施="培训")
        done = bring(site, form)
        assert (done.changed_count, done.conflict_count) == (0, 0)

    def test_a_copy_that_is_kept_and_sent_again_goes_on_from_what_it_said(self, site: SitePaths, form: Form) -> None:
        for word in ("未达序时进度", "达到序时进度", "完成整改"):
            form.fill(ONE, 整改进展=word)
            done = bring(site, form, f"{word}.xlsx")
            assert (done.changed_count, done.conflict_count) == (1, 0)
            assert problems(site)[ONE]["progress"] == word
        form.fill(ONE, 整改进展="未达序时进度")
        assert bring(site, form, "旧的.xlsx").conflict_count == 1
        assert problems(site)[ONE]["progress"] == "完成整改"

    def test_two_halves_filled_in_by_two_people_add_up(self, site: SitePaths) -> None:
        for problem_id, person in ((ONE, "陈某"), (TWO, "黄某")):
            form = open_form(book(site), SHEET)
            form.fill(problem_id, 责任人=person, 整改措施=f"{person}的措施")
            done = bring(site, form, f"{person}.xlsx")
            assert (done.changed_count, done.conflict_count) == (2, 0)
        assert [problems(site)[i]["handler"] for i in (ONE, TWO)] == ["陈某", "黄某"]

    def test_an_old_copy_does_not_overrule_what_was_filed_in_a_newer_one(self, site: SitePaths, form: Form) -> None:
        form.fill(ONE, 整改措施="第一版")
        bring(site, form)
        export_snapshot(site, site.processed)
        newer = open_form(book(site), SHEET)
        newer.fill(ONE, 整改措施="第二版")
        assert bring(site, newer, "新.xlsx").changed_count == 1
        form.fill(ONE, 整改措施="旧台账里又改")
        assert bring(site, form, "旧.xlsx").conflict_count == 1
        assert problems(site)[ONE]["measure"] == "第二版"

    def test_a_request_that_failed_is_not_taken_up_again_by_an_old_copy(self, site: SitePaths, form: Form) -> None:
        close(form, ONE)
        bring(site, form)
        failed = ask(ONE, "verification_failed", Role.SUPERVISOR, **(VERIFIED | {"verification": "未见效果"}))
        take_in(site, ask(ONE, "verification_started", Role.SUPERVISOR), failed)
        form.sheet.cell(1, 1).value = "另存"
        again = bring(site, form, "另存.xlsx")
        assert (again.changed_count, again.applications, again.known_applications) == (0, {}, 1)
        assert (problems(site)[ONE]["status"], problems(site)[ONE]["completed_on"]) == ("rectifying", None)
        form.fill(ONE, 佐证材料="补充的照片")
        assert bring(site, form, "补充.xlsx").applications == {"closure_requested": 1}
        now = problems(site)[ONE]
        assert (now["status"], now["evidence"], now["completed_on"]) == (
            "closure_requested",
            "补充的照片",
            CLOSING["completed_on"],
        )
        _is_sound(site)

    def test_rows_of_two_exports_are_each_compared_with_their_own(self, site: SitePaths, form: Form) -> None:
        take_in(site, ask(ONE, "rectification_filed", Role.SUPERVISOR, measure="监督单位写的"))
        export_snapshot(site, site.processed)
        newer = open_form(book(site), SHEET)
        newer.write(newer.row(TWO), form.values(form.row(TWO)))
        newer.fill(ONE, 整改措施="在新的上改")
        newer.fill(TWO, 整改措施="在旧的上改")
        done = bring(site, newer)
        assert (done.changed_count, done.conflict_count) == (2, 0)
        assert ";" in imports(site)[0]["export_id"]


APPLIED: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    # name: problem, cells, columns of the problem afterwards
    "closure": (
        ONE,
        {HEADINGS[n]: v for n, v in CLOSING.items()} | {"申请事项": "申请销号"},
        {"status": "closure_requested", "closure_requested_on": TODAY, **CLOSING},
    ),
    "closure with what stood there": (RECTIFYING, {"申请事项": "申请销号"}, {"status": "closure_requested", **FILED}),
    "closure with a remark": (
        RECTIFYING,
        {"申请事项": "申请销号", "申请理由": "已复查"},
        {"status": "closure_requested", "status_reason": "已复查"},
    ),
    "extension": (
        ONE,
        {"申请事项": "申请延期", "申请理由": "施工", "申请延期至": TODAY + timedelta(days=40)},
        {"status": "rectifying", "extension_due_on": TODAY + timedelta(days=40), "extension_reason": "施工"},
    ),
    "extension without year": (
        ONE,
        {
            "申请事项": "申请延期",
            "申请理由": "施工",
            "申请延期至": "{0.month}月{0.day}日".format(TODAY + timedelta(days=40)),
        },
        {"extension_due_on": TODAY + timedelta(days=40)},
    ),
    "extension of a year": (
        ONE,
        {
            "申请事项": "申请 延期",
            "申请理由": "施工",
            "申请延期至": "{0.year}.{0.month}.{0.day}".format(TODAY + timedelta(days=365)),
        },
        {"extension_due_on": TODAY + timedelta(days=365)},
    ),
    "objection": (
        ONE,
        {"申请事项": "提出异议", "申请理由": "不在辖区"},
        {"status": "objected", "status_reason": "不在辖区"},
    ),
    "withdrawn": (
        ASKED,
        {"申请事项": "撤回销号申请", "申请理由": "材料有误"},
        {"status": "rectifying", "status_reason": "材料有误", "closure_requested_on": None},
    ),
    "after a relapse": (
        RELAPSED,
        {HEADINGS[n]: v for n, v in CLOSING.items()} | {"申请事项": "申请销号"},
        {"status": "closure_requested", "closed_on": None, **CLOSING},
    ),
    "filed while being verified": (VERIFYING, {"备注": "补充"}, {"status": "verifying", "remark": "补充"}),
}


@pytest.mark.parametrize("name", APPLIED)
def test_what_a_unit_applies_for_is_recorded(site: SitePaths, form: Form, name: str) -> None:
    problem_id, cells, expected = APPLIED[name]
    form.fill(problem_id, **cells)
    bring(site, form)
    now = problems(site)[problem_id]
    assert {column: now[column] for column in expected} == expected
    _is_sound(site)


WRONG: dict[str, tuple[str, dict[str, Any], str, str]] = {
    # name: problem, cells, heading of the cell that is told, words
    "closure without evidence": (
        ONE,
        {HEADINGS[n]: v for n, v in CLOSING.items() if n != "evidence"} | {"申请事项": "申请销号"},
        "佐证材料",
        "“申请销号”必须写明佐证材料",
    ),
    "closure on the evidence of before the relapse": (
        RELAPSED,
        {"申请事项": "申请销号"},
        "佐证日期",
        "必须写明佐证日期",
    ),
    "closure with what was there emptied": (
        RECTIFYING,
        {"申请事项": "申请销号", "责任人": None},
        "责任人",
        "必须写明责任人",
    ),
    "closed by the unit itself": (ONE, {"申请事项": "已销号"}, "申请事项", "销号由监督单位定"),
    "extension without reason": (
        ONE,
        {"申请事项": "申请延期", "申请延期至": TODAY + timedelta(days=40)},
        "申请理由",
        "要写明申请理由",
    ),
    "extension without day": (ONE, {"申请事项": "申请延期", "申请理由": "施工"}, "申请延期至", "至哪一天"),
    "extension before the deadline": (
        ONE,
        {"申请事项": "申请延期", "申请理由": "施工", "申请延期至": TODAY + timedelta(days=5)},
        "申请延期至",
        "整改时限",
    ),
    "reason alone": (ONE, {"申请理由": "施工"}, "申请事项", "没有选申请事项"),
    "day with an objection": (
        ONE,
        {"申请事项": "提出异议", "申请理由": "不在辖区", "申请延期至": TODAY + timedelta(days=40)},
        "申请延期至",
        "不用写申请延期至",
    ),
    "nothing to withdraw": (ONE, {"申请事项": "撤回销号申请", "申请理由": "误报"}, "申请事项", "不能“撤回销号申请”"),
    "closing asked twice": (
        ASKED,
        {"申请事项": "申请延期", "申请理由": "施工", "申请延期至": TODAY + timedelta(days=40)},
        "申请事项",
        "不能“申请延期”",
    ),
    "filed in an objection": (OBJECTED, {"备注": "先填上"}, "备注", "不能“填报整改”"),
    "completed to come": (ONE, {"完成日期": TODAY + timedelta(days=1)}, "完成日期", "晚于"),
    "evidence of before the registration": (
        ONE,
        {"佐证日期": TODAY - timedelta(days=61)},
        "佐证日期",
        "早于问题的登记日期",
    ),
    "a story as a name": (ONE, {"责任人": "某" * 61}, "责任人", "超过 60 字"),
    "progress in own words": (ONE, {"整改进展": "差不多"}, "整改进展", "不是整改进展的写法"),
    "formula": (ONE, {"整改措施": "=A1"}, "整改措施", "是公式"),
    "formula in a locked cell": (ONE, {"整改时限": "=TODAY()"}, "整改时限", "锁定的栏"),
    "deadline moved": (ONE, {"整改时限": TODAY + timedelta(days=99)}, "整改时限", "锁定的栏"),
    "closed in the locked column": (ONE, {"状态": "已销号", "销号日期": TODAY}, "状态", "锁定的栏"),
    "key of another row": (ONE, {"问题编号": CLOSED, "行标识": CLOSED}, "行标识", "隐藏栏与内容对不上"),
    "seal erased": (ONE, {"校验码": None}, "行标识", "隐藏栏与内容对不上"),
}


def _in_files() -> Iterator[dict[str, str]]:
    """Spread the wrong cells over files, one a problem; yield which problem each case stands in."""
    waiting = dict(WRONG)
    while waiting:
        free, placed = [*PLAIN[:-1], *SHOWN[len(PLAIN) :]], {}
        for name, (problem_id, *_) in list(waiting.items()):
            place = next((i for i in free if i == problem_id or (problem_id == ONE and i in PLAIN)), None)
            if place is not None:
                free.remove(place)
                placed[name] = place
                del waiting[name]
        yield placed


def test_every_wrong_cell_is_told_and_nothing_is_written(site: SitePaths) -> None:
    before = events(site)
    for placed in _in_files():
        form = open_form(book(site), SHEET)
        cells = {name: form.cell(problem_id, WRONG[name][2]).coordinate for name, problem_id in placed.items()}
        form.fill(PLAIN[-1], 备注="合格的一行")
        for name, problem_id in placed.items():
            form.fill(problem_id, **WRONG[name][1])
        told = refused(site, form)
        for name, cell in cells.items():
            _, _, heading, words = WRONG[name]
            assert [t for t in told if f" {cell}（" in t and heading in t and words in t], (name, told)
        assert all("\n" not in t and t.endswith("。") for t in told), told
        assert f"有 {len(placed)} 行要改" in told[-1]
        assert "一行也没有记入" in told[-1]
    assert events(site) == before
    assert not imports(site)


@pytest.mark.parametrize("name", ["closure without evidence", "deadline moved", "formula", "filed in an objection"])
def test_one_wrong_cell_stops_all(site: SitePaths, form: Form, name: str) -> None:
    form.fill(WRONG[name][0], **WRONG[name][1])
    form.fill(THREE, 备注="合格的一行")
    assert "有 1 行要改（1 处）" in refused(site, form)[-1]
    assert problems(site)[THREE]["remark"] is None


def test_rows_of_another_unit_are_refused(site: SitePaths, form: Form) -> None:
    other = open_form(book(site, OTHER_BOOK), SHEET)
    form.write(form.sheet.max_row + 1, other.values(other.row(OTHERS[0])))
    told = refused(site, form)
    assert any("属于另一单位" in t for t in told)


def test_a_ledger_of_another_site_is_refused(site: SitePaths, form: Form, tmp_path: Path) -> None:
    site.key.write_text("0" * 64)
    assert "不是本站（FR）发出的" in refused(site, form)[-1]


def test_an_export_that_nobody_knows_is_refused(site: SitePaths, form: Form) -> None:
    with Store.open(site.ledger) as store, store.transaction():
        store._connection.execute("DELETE FROM export_rows")
    form.fill(ONE, 备注="甲")
    told = refused(site, form)
    assert "台账里没有这次导出的记录" in told[0]
    assert problems(site)[ONE]["remark"] is None


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda f: f.put(f.header, "申请事项", "申请"), "缺少栏目：申请事项"),
        (lambda f: f.sheet.delete_cols(f.column("校验码")), "缺少栏目：校验码"),
        (lambda f: f.sheet.parent.copy_worksheet(f.sheet), "有几张工作表都是整改台账"),
        (lambda f: f.sheet.delete_rows(f.header), "不是监督单位发出的整改台账"),
        (lambda f: f.sheet.delete_rows(f.header + 1, 99), "没有一行问题"),
    ],
)
def test_a_sheet_that_cannot_be_matched_is_refused(site: SitePaths, form: Form, edit: Any, words: str) -> None:
    edit(form)
    assert words in refused(site, form)[-1]


def test_an_error_value_is_told(site: SitePaths, form: Form) -> None:
    for problem_id, heading in ((ONE, "佐证材料"), (TWO, "责任单位")):
        cell = form.cell(problem_id, heading)
        cell.value, cell.data_type = "#REF!", "e"
    told = refused(site, form)
    assert [("公式错误（#REF!）" in t) for t in told[:2]] == [True, True]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("没有.xlsx", None, "没有文件"),
        ("表.ods", b"PK", "不是工作簿"),
        ("空.xlsx", b"", "文件是空的"),
        ("坏.xlsx", b"PK\x03\x04rest", "读不出来"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused_and_the_next_is_taken(
    site: SitePaths, form: Form, name: str, content: bytes | None, words: str
) -> None:
    bad = site.processed.parent / name
    if content is not None:
        bad.write_bytes(content)
    form.fill(ONE, 备注="甲")
    first, second = import_ledgers(site, [bad, save(form, site.processed.parent / "好.xlsx")])
    assert isinstance(first, RefusedLedger)
    assert words in str(first.error)
    assert isinstance(second, ImportedLedger)
    assert second.changed_count == 1


def test_a_dry_run_tells_the_same_and_writes_nothing(site: SitePaths, form: Form) -> None:
    take_in(site, ask(RECTIFYING, "rectification_filed", Role.SUPERVISOR, goal="监督单位定的目标"))
    form.fill(RECTIFYING, 整改目标="单位的目标")
    form.fill(ONE, 备注="甲")
    file = save(form, site.processed.parent / "交回.xlsx")
    before = _files(site)
    (tried,) = import_ledgers(site, [file], is_dry_run=True)
    assert _files(site) == before
    (done,) = import_ledgers(site, [file])
    assert isinstance(tried, ImportedLedger)
    assert isinstance(done, ImportedLedger)
    assert tried.conflict_list is None
    assert done.conflict_list is not None
    assert vars(tried) | {"conflict_list": None} == vars(done) | {"conflict_list": None}


def test_a_dry_run_judges_each_file_as_if_those_before_it_were_taken_in(site: SitePaths, tmp_path: Path) -> None:
    """Whatever two files say about one problem: the words of the dry run are those of the import that follows."""
    one = _filled(book(site), {ONE: {"备注": "甲"}, TWO: {"责任人": "陈某"}})
    close(one, THREE)
    first = save(one, tmp_path / "一.xlsx")
    one.sheet.cell(1, 1).value = "另存的一份"
    take_in(site, ask(ONE, "rectification_filed", Role.SUPERVISOR, goal="监督单位定的目标"))
    export_snapshot(site, tmp_path / "later")
    later = tmp_path / "later" / "整改台账" / UNIT_BOOK
    files = [
        first,
        save(_filled(later, {ONE: {"备注": "乙", "整改目标": "单位的目标"}}), tmp_path / "二.xlsx"),
        save(_filled(book(site), {ONE: {"备注": "丙"}, TWO: {"责任人": "陈某"}}), tmp_path / "三.xlsx"),
        save(_filled(book(site), {ONE: {"备注": "甲"}, THREE: {"申请事项": "已销号"}}), tmp_path / "四.xlsx"),
        save(_filled(book(site), {ONE: {"备注": "甲"}}), tmp_path / "五.xlsx"),
        save(_filled(book(site), {THREE: {"申请事项": "提出异议", "申请理由": "不在辖区"}}), tmp_path / "六.xlsx"),
        Path(shutil.copy(first, tmp_path / "七.xlsx")),
        save(one, tmp_path / "八.xlsx"),
    ]
    before = _files(site)
    tried = _told(site, files, "--dry-run")
    assert _files(site) == before
    alone = [_told(site, [file], "--dry-run") for file in files]
    assert _files(site) == before
    assert _told(site, files) == tried
    assert "".join(out for _, out, _ in alone) != tried[1], "the files have nothing to do with one another"
    code, out, err = tried
    assert code == 2
    assert "三.xlsx：区城管执法局，17 行\n　记入　　填报 1 格，涉及 1 个问题" in out
    assert "四.xlsx：没有记入" in err
    assert "六.xlsx：区城管执法局，17 行\n　冲突" in out
    assert "二.xlsx：区城管执法局，17 行\n　记入　　填报 1 格，涉及 1 个问题\n　冲突　　1 处没有记入" in out
    assert "七.xlsx：区城管执法局，以前已经导入过这份文件" in out
    assert "八.xlsx：区城管执法局" in out
    _is_sound(site)


def _filled(source: Path, cells: dict[str, dict[str, Any]]) -> Form:
    form = open_form(source, SHEET)
    for problem_id, values in cells.items():
        form.fill(problem_id, **values)
    return form


def _told(site: SitePaths, files: list[Path], *options: str) -> tuple[int, str, str]:
    """Return exit code and words of an import, less what a dry run cannot say or has to say beside."""
    arguments = [*map(str, files), *options, "--processed", str(site.processed)]
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert done.exception is None
    out = re.sub(r"，见 \S+|（试运行，什么也没有写）", "", done.stdout)
    return done.return_value, out, done.stderr


def _files(site: SitePaths) -> dict[str, str]:
    found = [p for p in site.processed.rglob("*") if p.is_file()]
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in found}


def test_while_a_run_goes_on_nothing_is_read_in(site: SitePaths, form: Form) -> None:
    form.fill(ONE, 备注="甲")
    file = save(form, site.processed.parent / "交回.xlsx")
    with open_night(site, TODAY), pytest.raises(BusyError):
        list(import_ledgers(site, [file]))


def test_the_supervisors_answer_stands_in_the_next_ledger(site: SitePaths, form: Form) -> None:
    form.fill(ONE, 申请事项="申请延期", 申请理由="施工", 申请延期至=TODAY + timedelta(days=40))
    form.fill(TWO, 申请事项="提出异议", 申请理由="不在辖区")
    bring(site, form)
    export_snapshot(site, site.processed)
    waiting = open_form(book(site), SHEET)
    assert f"已申请延期至{TODAY + timedelta(days=40)}" in waiting.cell(ONE, "状态").value
    assert waiting.cell(ONE, "申请事项").value is None
    take_in(
        site,
        ask(ONE, "extension_refused", Role.SUPERVISOR, status_reason="工期可以压缩"),
        ask(TWO, "objection_rejected", Role.SUPERVISOR, status_reason="辖区内"),
    )
    export_snapshot(site, site.processed)
    answered = open_form(book(site), SHEET)
    assert answered.cell(ONE, "核查意见").value == "不批准延期：工期可以压缩"
    assert (answered.cell(TWO, "状态").value, answered.cell(TWO, "核查意见").value) == ("整改中", "异议不成立：辖区内")


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_a_ledger_saved_by_libreoffice_says_the_same(site: SitePaths, form: Form, tmp_path: Path, kind: str) -> None:
    close(form, ONE)
    form.fill(TWO, 佐证日期=f"{TODAY.month}月{TODAY.day}日", 整改措施="一\n二", 备注="=1+1 不是公式？'")
    form.cell(TWO, "备注").data_type = "s"
    saved = resave(save(form, tmp_path / "表.xlsx"), kind)
    (done,) = import_ledgers(site, [saved])
    assert isinstance(done, ImportedLedger), [*map(str, getattr(getattr(done, "error", None), "faults", []))]
    assert (done.row_count, done.changed_count, done.applications) == (len(SHOWN), 8, {"closure_requested": 1})
    now = problems(site)
    assert {name: now[ONE][name] for name in CLOSING} == CLOSING
    assert (now[TWO]["measure"], now[TWO]["evidence_on"]) == ("一\n二", TODAY)
    if kind == "xls":
        wps = shutil.copy(saved, tmp_path / "wps.et")
        (again,) = import_ledgers(site, [Path(wps)])
        assert isinstance(again, ImportedLedger)
        assert again.is_known


@st.composite
def _typed(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for problem_id in draw(st.lists(st.sampled_from(PLAIN), unique=True, min_size=1, max_size=5)):
        names = draw(st.lists(st.sampled_from(FILED_COLUMNS), unique=True, min_size=1, max_size=5))
        rows[problem_id] = {name: draw(_cell(name)) for name in names}
    return rows


def _cell(name: str) -> st.SearchStrategy[Any]:
    if name.endswith("_on"):
        return st.dates(TODAY - timedelta(days=60), TODAY)
    if name == "progress":
        return st.sampled_from(["完成整改", "达到序时进度", "未达序时进度"])
    letters = st.characters(codec="utf-8", categories=["Lo", "Lu", "Nd", "Po", "Sm"], exclude_characters="/-—\"'")
    blanks = load_sources().blanks  # a cell that says NULL is an empty one
    return st.text(letters, min_size=2, max_size=30).filter(lambda text: text.casefold() not in blanks)


@settings(max_examples=8, deadline=None)
@given(_typed())
def test_what_is_typed_is_what_is_written(built: Path, rows: dict[str, dict[str, Any]]) -> None:
    folder = built.parent / "any"
    shutil.rmtree(folder, ignore_errors=True)
    site = copy_unit_site(built, folder)
    form = open_form(book(site), SHEET)
    for problem_id, cells in rows.items():
        for name, value in cells.items():
            cell = form.cell(problem_id, HEADINGS[name])
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
    done = bring(site, form)
    now = problems(site)
    masked = set(done.masked)
    for problem_id, cells in rows.items():
        for name, value in cells.items():
            expected = value.strip() if isinstance(value, str) else value
            if form.cell(problem_id, HEADINGS[name]).coordinate not in masked:
                assert now[problem_id][name] == expected, (problem_id, name)
    untouched = set(now) - set(rows)
    assert {i: now[i] for i in untouched} == {i: row for i, row in problems(_first(built)).items() if i in untouched}


def _first(built: Path) -> SitePaths:
    return site_paths(built / "raw", built / "processed")


def test_a_seal_says_which_cell_was_changed() -> None:
    seal, identity = Seal(b"key"), {"row_id": "FR-1", "version": "3"}
    cells = {"statement": "“甲” 乙", "due_on": "2026-12-01", "state": ""}
    made = seal.of(identity, cells)
    assert seal.changed(made, identity, cells | {"statement": "甲乙"}) == []
    assert seal.changed(made, identity, cells | {"due_on": "2027-12-01"}) == ["due_on"]
    assert seal.changed(made, identity | {"version": "4"}, cells) is None
    assert seal.changed("", identity, cells) is None
    assert Seal(b"other").changed(made, identity, cells) is None


def test_the_command_tells_what_became_of_each_file(site: SitePaths, form: Form, tmp_path: Path) -> None:
    form.fill(ONE, 备注="甲")
    close(form, TWO)
    form.sheet.cell(form.header, form.sheet.max_column + 1).value = "自加栏"
    good = save(form, tmp_path / "好.xlsx")
    form.fill(ONE, 状态="已销号")
    bad = save(form, tmp_path / "坏.xlsx")
    tried = CliRunner().invoke(command, [str(good), "--dry-run", "--processed", str(site.processed)])
    assert tried.exit_code == 0
    assert "试运行，什么也没有写" in tried.output
    done = hotline("import", good, bad, "--person", "李某", "--processed", site.processed)
    assert done.returncode == 2
    told, errors = done.stdout.decode(), done.stderr.decode()
    assert f"好.xlsx：区城管执法局，{len(SHOWN)} 行" in told
    assert "记入　　填报 6 格，申请销号 1 件，涉及 2 个问题" in told
    assert "没有读取　“自加栏”栏" in told
    assert "坏.xlsx：没有记入" in errors
    assert f"{form.cell(ONE, '状态').coordinate}（问题 {ONE}，状态）：锁定的栏被改动了" in errors
    assert "错误：2 份里有 1 份没有记入" in errors
    again = CliRunner().invoke(command, [str(good), "--processed", str(site.processed)])
    assert "以前已经导入过这份文件，没有新内容" in again.output
    for words in ("", "长" * 41):
        with pytest.raises(UsageError, match="不像姓名"):
            list(import_ledgers(site, [good], words))
