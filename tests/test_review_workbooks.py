"""The 复核表 there and back: whatever is typed into it, it is recorded as meant or refused as a whole."""

import json
import random
import shutil
import stat
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.formula import ArrayFormula

from analysis.codebook.scheme import load_scheme
from analysis.contracts import REVIEWS, UNIT_KINDS
from analysis.errors import BusyError, UsageError
from analysis.exchange.review_columns import sub_problem_labels
from analysis.exchange.review_return import ReviewWorkbookError
from analysis.ingest.grid import MOST_FORMULAS
from analysis.ledger.store import Reader
from analysis.pipeline.night import open_night
from analysis.pipeline.review_workbooks import ImportedReviews, export_queue, import_reviews
from analysis.site import SitePaths, site_paths
from flows.commands.review import review as review_commands
from tests.command import hotline
from tests.review_edits import SOFFICE, Form, open_form, resave, save
from tests.review_site import (
    AS_OF,
    BENCH,
    BENCH_ID,
    IN_SCOPE,
    INCLUDED,
    LIGHT_ID,
    OUT_OF_SCOPE,
    POLICE_ID,
    TODAY,
    copy_site,
    decision,
    next_night,
    put,
    record,
    review,
    tables,
)

LABELS = sub_problem_labels(load_scheme())
ATTITUDE = LABELS["rough.attitude"]
INACTION = LABELS["irregular.inaction"]
STATEMENT = "标题与内容（已去隐私；红色粗体为判断依据）"
DAY = TODAY - timedelta(days=3)
SERIAL = (DAY - date(1899, 12, 30)).days


SPARE = [f"L{n}" for n in range(22030004, 22030056)]
"""Complaints of which nothing is known but that they stand in the form."""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    for kind in ("tickets", "posts"):
        (folder / "raw" / kind).mkdir(parents=True)
    paths = site_paths(folder / "raw", folder / "processed")
    spare = [(f"第{n}张长椅坏了", f"公园里从东数起第{n}张长椅断了一条腿，请派人修理。") for n in range(len(SPARE))]
    put(paths, "12328工单1.csv", OUT_OF_SCOPE, IN_SCOPE, BENCH, *spare)
    next_night(paths)
    export_queue(paths, folder / "复核表.xlsx")
    return folder


@pytest.fixture
def site(exported: Path, tmp_path: Path) -> SitePaths:
    return copy_site(exported, tmp_path / "site")


@pytest.fixture
def form(exported: Path) -> Form:
    """A form in which one complaint is put in scope, one is left out, and one is not looked at."""
    form = open_form(exported / "复核表.xlsx")
    form.fill(LIGHT_ID, 复核结论="纳入", 小类1=ATTITUDE, 被反映单位="城管", 复核人="张三", 复核日期=DAY)
    form.fill(POLICE_ID, 复核结论="不纳入", 理由="只是咨询", 复核人="张三", 复核日期=DAY)
    return form


def bring(site: SitePaths, form: Form, name: str = "填好.xlsx") -> ImportedReviews:
    return import_reviews(site, save(form, site.processed / name))


def recorded(site: SitePaths) -> dict[tuple[str, str], dict[str, Any]]:
    with Reader.open(site.ledger) as reader:
        reviews = reader.table(REVIEWS)
    return {(row["complaint_id"], row["reviewer"]): row for row in reviews.to_dict("records")}


LIGHT = {
    "decision": "in_scope",
    "codes": "rough.attitude",
    "unit_kind": "城管",
    "reason": "",
    "reviewed_on": DAY,
    "is_final": False,
}
POLICE = {
    "decision": "out_of_scope",
    "codes": "",
    "unit_kind": None,
    "reason": "只是咨询",
    "reviewed_on": DAY,
    "is_final": False,
}


def seen(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in LIGHT} | {
        "is_final": bool(row["is_final"]),
        "reviewed_on": row["reviewed_on"].date(),
    }


DATES: dict[str, object] = {
    "date": DAY,
    "date and time": datetime.combine(DAY, time(9, 30)),
    "iso": f"{DAY:%Y-%m-%d}",
    "iso with time": f"{DAY:%Y-%m-%d} 09:30",
    "dots": f"{DAY.year}.{DAY.month}.{DAY.day}",
    "slashes": f"{DAY.year}/{DAY.month}/{DAY.day}",
    "units": f"{DAY.year}年{DAY.month}月{DAY.day}日",
    "units with spaces": f" {DAY.year} 年 {DAY.month} 月 {DAY.day} 号 ",
    "no year": f"{DAY.month}月{DAY.day}日",
    "no year, dot": f"{DAY.month}.{DAY.day:02}",
    "no year, slash": f"{DAY.month}/{DAY.day}",
    "full width": f"{DAY:%Y-%m-%d}".translate({**{ord(str(n)): chr(0xFF10 + n) for n in range(10)}, 45: "－"}),
    "serial": SERIAL,
    "serial text": str(SERIAL),
    "serial with time": SERIAL + 0.25,
    "digits": int(f"{DAY:%Y%m%d}"),
    "digits text": f"{DAY:%Y%m%d}",
    "with weekday": f"{DAY:%Y-%m-%d} 星期{'一二三四五六日'[DAY.weekday()]}",
    "forced text": f"'{DAY:%Y-%m-%d}",
}


FILLED = {"复核结论": "纳入", "小类1": ATTITUDE, "被反映单位": "城管", "复核人": "张三", "复核日期": DAY}
"""What LIGHT says, typed in."""


def test_days_are_read_as_they_are_retyped(site: SitePaths, form: Form) -> None:
    for complaint_id, day in zip(SPARE, DATES.values(), strict=False):
        form.fill(complaint_id, **FILLED | {"复核日期": day})
        if isinstance(day, int | float):
            form.cell(complaint_id, "复核日期").number_format = "General"
    assert bring(site, form).recorded == 2 + len(DATES)
    found = recorded(site)
    for complaint_id, name in zip(SPARE, DATES, strict=False):
        assert seen(found[complaint_id, "张三"]) == LIGHT, name


CELLS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "as filled in": ({}, {}),
    "bare name": ({"小类1": "态度冷横硬推"}, {}),
    "code": ({"小类1": "rough.attitude"}, {}),
    "half-width colon": ({"小类1": ATTITUDE.replace("：", ":")}, {}),
    "spaces inside": ({"小类1": " 执法粗暴 ：\n态度冷横硬推 ", "复核结论": " 纳 入\n", "被反映单位": "城 管"}, {}),
    "other quotes": ({"小类1": '执法"寻租"：索贿受贿吃拿卡要'}, {"codes": "rent_seeking.bribery"}),
    "last cell only": ({"小类1": None, "小类3": INACTION}, {"codes": "irregular.inaction"}),
    "three": (
        {"小类2": INACTION, "小类3": LABELS["rigid.mechanical"]},
        {"codes": "irregular.inaction;rigid.mechanical;rough.attitude"},
    ),
    "same twice": ({"小类2": "态度冷横硬推"}, {}),
    "dashes for nothing": ({"小类2": "—", "小类3": "无", "理由": "/", "裁定": "-"}, {}),
    "full-width blank": ({"小类2": "\u3000", "理由": " "}, {}),
    "changed to out": ({"复核结论": "不纳入", "小类1": None, "被反映单位": None}, POLICE | {"reason": ""}),
    "ruling": ({"裁定": "是", "理由": "以此为准"}, {"is_final": True, "reason": "以此为准"}),
    "no ruling": ({"裁定": "否"}, {}),
    "zero-width": ({"复核结论": "纳\u200b入", "裁定": None}, {}),
    "lines in a reason": ({"理由": "一\r\n二\n三"}, {"reason": "一 二 三"}),
    "formula as text": ({"理由": "'=1+1"}, {"reason": "'=1+1"}),
    "plus": ({"理由": "+1 同意"}, {"reason": "+1 同意"}),
    "at sign": ({"理由": "@SUM(A1)"}, {"reason": "@SUM(A1)"}),
    "emoji": ({"理由": "👍 同意"}, {"reason": "👍 同意"}),
    "longest reason": ({"理由": "理" * 500}, {"reason": "理" * 500}),
    "number as reason": ({"理由": 12}, {"reason": "12"}),
    "system's cells edited": ({"纳入分": 0.99, "建议小类": "乱罚款", "系统判断": "纳入", "序号": "?"}, {}),
    "text edited": ({STATEMENT: "改了"}, {}),
}


def test_what_is_typed_is_what_is_recorded(site: SitePaths, form: Form) -> None:
    for complaint_id, (cells, _) in zip(SPARE, CELLS.values(), strict=False):
        form.fill(complaint_id, **FILLED | cells)
    done = bring(site, form)
    assert (done.recorded, done.unchanged, done.complaints) == (2 + len(CELLS), 0, 2 + len(CELLS))
    assert done.skipped == 1 + len(SPARE) - len(CELLS)
    found = recorded(site)
    for complaint_id, (name, (_, changed)) in zip(SPARE, CELLS.items(), strict=False):
        assert seen(found[complaint_id, "张三"]) == LIGHT | changed, name
        assert found[complaint_id, "张三"]["source_row"] == form.row(complaint_id)
    assert seen(found[POLICE_ID, "张三"]) == POLICE
    assert {row["source_file"] for row in found.values()} == {"填好.xlsx"}


def _reorder_columns(form: Form) -> None:
    order = list(range(form.sheet.max_column))
    random.Random(1).shuffle(order)
    for row in range(form.header, form.sheet.max_row + 1):
        values = form.values(row)
        form.write(row, [values[position] for position in order])


def _reorder_rows(form: Form) -> None:
    rows = range(form.header + 1, form.sheet.max_row + 1)
    values = [form.values(row) for row in rows]
    for row, content in zip(rows, reversed(values), strict=True):
        form.write(row, content)


def _sign_all(form: Form) -> None:
    for complaint_id in (LIGHT_ID, POLICE_ID, BENCH_ID):
        form.fill(complaint_id, 复核人="张三", 复核日期=DAY)


def _merge_signatures(form: Form) -> None:
    first, last = form.header + 1, form.sheet.max_row
    for heading in ("复核人", "复核日期"):
        for row in range(first, last + 1):
            form.put(row, heading, None)
        form.put(first, heading, "张三" if heading == "复核人" else DAY)
        form.merge((first, heading), (last, heading))


def _second_opinion(form: Form) -> None:
    form.copy_row(LIGHT_ID, 复核人="李四", 复核结论="不纳入", 小类1=None, 被反映单位=None)


def _extra_column(form: Form) -> None:
    last = form.sheet.max_column + 1
    form.sheet.cell(form.header, last).value = "我的备注"
    form.sheet.cell(form.row(LIGHT_ID), last).value = "=LEN(D8)"


def _extra_sheet(form: Form) -> None:
    sheet = form.sheet.parent.create_sheet("草稿", 0)  # type: ignore[union-attr]
    sheet.append(["诉求编号", "复核结论"])
    sheet.append([BENCH_ID, "纳入"])


def _unprotect_and_show(form: Form) -> None:
    form.sheet.protection.sheet = False
    for heading in ("行标识", "文本指纹"):
        form.sheet.column_dimensions[openpyxl.utils.get_column_letter(form.column(heading))].hidden = False


def _lines_above(form: Form) -> None:
    for merged in list(form.sheet.merged_cells.ranges):
        form.sheet.unmerge_cells(str(merged))
    form.sheet.insert_rows(1, 4)
    form.header += 4


def _without_title(form: Form) -> None:
    for merged in list(form.sheet.merged_cells.ranges):
        form.sheet.unmerge_cells(str(merged))
    form.sheet.delete_rows(1, form.header - 1)
    form.header = 1


def _hide_and_rename(form: Form) -> None:
    form.sheet.title = "张三的 表"
    form.sheet.row_dimensions[form.row(LIGHT_ID)].hidden = True
    form.sheet.auto_filter.add_filter_column(0, ["2"])


def _retyped_heading(form: Form) -> None:
    form.sheet.cell(form.header, form.column("被反映单位")).value = " 被反映\n单位 "


def _note_below(form: Form) -> None:
    form.sheet.cell(form.sheet.max_row + 3, 4).value = "以上为第一批"


SHAPES: dict[str, tuple[Callable[[Form], None], tuple[int, int]]] = {
    "columns in another order": (_reorder_columns, (2, 1)),
    "rows in another order": (_reorder_rows, (2, 1)),
    "signed in advance": (_sign_all, (2, 1)),
    "signatures merged over rows": (_merge_signatures, (2, 1)),
    "a second reviewer's row": (_second_opinion, (3, 1)),
    "another column": (_extra_column, (2, 1)),
    "another sheet": (_extra_sheet, (2, 1)),
    "unprotected, keys shown": (_unprotect_and_show, (2, 1)),
    "lines above": (_lines_above, (2, 1)),
    "title removed": (_without_title, (2, 1)),
    "sheet renamed, rows filtered": (_hide_and_rename, (2, 1)),
    "heading broken anew": (_retyped_heading, (2, 1)),
    "note below": (_note_below, (2, 1)),
    "row of no interest deleted": (lambda form: form.sheet.delete_rows(form.row(BENCH_ID)), (2, 0)),
    "decided row deleted": (lambda form: form.sheet.delete_rows(form.row(POLICE_ID)), (1, 1)),
    "nothing left": (
        lambda form: [
            form.fill(i, 复核结论=None, 小类1=None, 被反映单位=None, 理由=None) for i in (LIGHT_ID, POLICE_ID)
        ],
        (0, 3),
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_form_may_change_its_shape(site: SitePaths, form: Form, name: str) -> None:
    edit, (count, skipped) = SHAPES[name]
    edit(form)
    done = bring(site, form)
    assert (done.recorded, done.skipped) == (count, skipped + len(SPARE))
    found = recorded(site)
    assert len(found) == count
    for (complaint_id, reviewer), row in found.items():
        expected = LIGHT if complaint_id == LIGHT_ID and reviewer == "张三" else POLICE
        assert seen(row) | {"reason": ""} == expected | {"reason": ""}


def test_what_was_not_read_is_said(site: SitePaths, form: Form) -> None:
    _extra_column(form)
    _extra_sheet(form)
    assert bring(site, form).unread == ("“我的备注”栏", "工作表“草稿”")


def _swap_ids(form: Form) -> None:
    one, other = form.row(LIGHT_ID), form.row(POLICE_ID)
    form.put(one, "诉求编号", POLICE_ID)
    form.put(other, "诉求编号", LIGHT_ID)


def _swap_keys(form: Form) -> None:
    one, other = form.row(LIGHT_ID), form.row(POLICE_ID)
    for heading in ("诉求编号", "行标识"):
        form.put(one, heading, POLICE_ID)
        form.put(other, heading, LIGHT_ID)


def _typed_below(form: Form) -> None:
    row = form.sheet.max_row + 1
    for heading, value in (("诉求编号", BENCH_ID), ("复核结论", "不纳入"), ("复核人", "张三"), ("复核日期", DAY)):
        form.put(row, heading, value)


def _two_rulings(form: Form) -> None:
    form.fill(LIGHT_ID, 裁定="是", 理由="定")
    form.copy_row(LIGHT_ID, 复核人="李四")


def _merge_rows(heading: str) -> Callable[[Form], None]:
    return lambda form: form.merge((form.row(LIGHT_ID), heading), (form.row(LIGHT_ID) + 1, heading))


def _error_cell(form: Form) -> None:
    cell = form.cell(LIGHT_ID, "被反映单位")
    cell.value, cell.data_type = "#REF!", "e"


def _array_formula(form: Form) -> None:
    cell = form.cell(LIGHT_ID, "理由")
    form.sheet[cell.coordinate] = ArrayFormula(cell.coordinate, "=1+1")


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    # name: what is typed, heading of the cell that is told, words
    "no such conclusion": ({"复核结论": "也许"}, "复核结论", "“也许”不是复核结论"),
    "conclusion true": ({"复核结论": True}, "复核结论", "“TRUE”不是复核结论"),
    "conclusion missing": ({"复核结论": None}, "复核结论", "却没有复核结论"),
    "reason alone": (dict.fromkeys(FILLED) | {"理由": "再看"}, "复核结论", "却没有复核结论"),
    "no such sub-problem": ({"小类1": "态度冷横硬"}, "小类1", "是否为“态度冷横硬推”？"),
    "category alone": ({"小类1": "执法粗暴"}, "小类1", "没有“执法粗暴”这个小类"),
    "two in a cell": ({"小类2": f"{ATTITUDE}、{INACTION}"}, "小类2", "一格一个"),
    "number as sub-problem": ({"小类3": 3}, "小类3", "没有“3”这个小类"),
    "in without sub-problem": ({"小类1": None}, "小类1", "至少选一个"),
    "in without unit": ({"被反映单位": None}, "被反映单位", "要选单位类型"),
    "no such unit": ({"被反映单位": "城管局"}, "被反映单位", "“城管局”不在单位之列"),
    "out with sub-problem": ({"复核结论": "不纳入", "被反映单位": None}, "小类1", "决定不纳入却选了小类"),
    "out with unit": ({"复核结论": "不纳入", "小类1": None}, "被反映单位", "决定不纳入却选了单位"),
    "no reviewer": ({"复核人": None}, "复核人", "复核人没有填写"),
    "reviewer is a story": ({"复核人": "张" * 41}, "复核人", "不像姓名"),
    "no day": ({"复核日期": None}, "复核日期", "没有填写"),
    "day in words": ({"复核日期": "上周五"}, "复核日期", "认不出是什么时间"),
    "day to come": ({"复核日期": TODAY + timedelta(days=1)}, "复核日期", "晚于"),
    "day first": ({"复核日期": "20/11/2026"}, "复核日期", "分不清哪个是月"),
    "two-digit year": ({"复核日期": "26.11.20"}, "复核日期", "年份只有两位"),
    "no such day": ({"复核日期": "2月30日"}, "复核日期", "不存在的日期"),
    "month alone": ({"复核日期": "2026年11月"}, "复核日期", "缺少年、月或日"),
    "day became a number": ({"复核日期": 11.2}, "复核日期", "早于"),
    "time alone": ({"复核日期": time(9, 30)}, "复核日期", "缺少年、月或日"),
    "long past without year": (
        {"复核日期": "{0.month}月{0.day}日".format(TODAY - timedelta(days=200))},
        "复核日期",
        "缺少年、月或日",
    ),
    "ruling without reason": ({"裁定": "是"}, "理由", "裁定要写明理由"),
    "ruling by tick": ({"裁定": "√"}, "裁定", "不能用在裁定栏"),
    "reason too long": ({"理由": "理" * 501}, "理由", "超过 500 字"),
    "formula as conclusion": ({"复核结论": '="纳入"'}, "复核结论", "是公式"),
    "formula as sub-problem": ({"小类2": "=N8"}, "小类2", "是公式"),
    "formula as unit": ({"被反映单位": '=IF(1,"城管","")'}, "被反映单位", "是公式"),
    "formula as reviewer": ({"复核人": "=A1"}, "复核人", "是公式"),
    "today's date by formula": ({"复核日期": "=TODAY()"}, "复核日期", "是公式"),
    "link": ({"理由": '=HYPERLINK("http://127.0.0.1","x")'}, "理由", "是公式"),
    "id overtyped": ({"诉求编号": "L22030009"}, "诉求编号", "诉求编号与这一行原来的不同"),
    "key erased": ({"行标识": None}, "行标识", "没有行标识"),
    "no such complaint": ({"诉求编号": "L999", "行标识": "L999"}, "诉求编号", "台账里没有这件诉求"),
    "digest erased": ({"文本指纹": None}, "文本指纹", "文本指纹被改动"),
    "digest retyped": ({"文本指纹": "abc"}, "文本指纹", "文本指纹被改动"),
    "other digest": ({"文本指纹": "0" * 64}, "诉求编号", "文本与复核时所见的不同"),
}


def test_every_wrong_cell_is_told_with_its_address_and_nothing_is_recorded(site: SitePaths, form: Form) -> None:
    rows = {}
    for complaint_id, (name, (cells, _, _)) in zip(SPARE, WRONG.items(), strict=False):
        rows[name] = form.row(complaint_id)
        form.fill(complaint_id, **FILLED | cells)
    assert len(rows) == len(WRONG)
    with pytest.raises(ReviewWorkbookError) as caught:
        bring(site, form)
    assert {fault.row for fault in caught.value.faults} == set(rows.values())
    for name, (_, heading, words) in WRONG.items():
        told = [fault for fault in caught.value.faults if fault.row == rows[name]]
        expected = f"{openpyxl.utils.get_column_letter(form.column(heading))}{rows[name]}"
        assert [f for f in told if f.address == expected and f.heading == heading and words in str(f)], (name, told)
        assert all("\n" not in str(fault) and str(fault).endswith("。") for fault in told)
    assert "一行也没有记入" in str(caught.value)
    assert not recorded(site)


@pytest.mark.parametrize("name", ["no such conclusion", "no day", "other digest", "formula as reviewer"])
def test_one_wrong_cell_stops_all(site: SitePaths, form: Form, name: str) -> None:
    form.fill(LIGHT_ID, **WRONG[name][0])
    with pytest.raises(ReviewWorkbookError, match="有 1 行要改（1 处）"):
        bring(site, form)
    assert not recorded(site)


MISPLACED: dict[str, tuple[Callable[[Form], object], str, str]] = {
    # name: edit, heading of the cell that is told, words
    "array formula": (_array_formula, "理由", "是公式"),
    "error value": (_error_cell, "被反映单位", "公式错误（#REF!）"),
    "ids swapped": (_swap_ids, "诉求编号", "诉求编号与这一行原来的不同"),
    "keys swapped": (_swap_keys, "诉求编号", "文本与复核时所见的不同"),
    "row typed below": (_typed_below, "行标识", "没有行标识"),
    "same row twice": (lambda f: f.copy_row(LIGHT_ID), "复核人", "同一复核人对同一件诉求有两行"),
    "two minds": (
        lambda f: f.copy_row(LIGHT_ID, 复核结论="不纳入", 小类1=None, 被反映单位=None),
        "复核人",
        "同一复核人对同一件诉求有两行",
    ),
    "two rulings": (_two_rulings, "裁定", "有两个裁定"),
    "conclusions merged": (_merge_rows("复核结论"), "复核结论", "合并成了一格"),
    "sub-problems merged": (_merge_rows("小类1"), "小类1", "合并成了一格"),
    "cells merged across": (
        lambda f: f.merge((f.row(LIGHT_ID), "小类1"), (f.row(LIGHT_ID), "小类3")),
        "小类1",
        "合并成了一格",
    ),
}


@pytest.mark.parametrize("name", MISPLACED)
def test_what_is_misplaced_stops_all_and_is_told_with_its_address(site: SitePaths, form: Form, name: str) -> None:
    edit, heading, words = MISPLACED[name]
    edit(form)
    with pytest.raises(ReviewWorkbookError) as caught:
        bring(site, form)
    told = [fault for fault in caught.value.faults if fault.heading == heading and words in str(fault)]
    assert told, list(map(str, caught.value.faults))
    letter = openpyxl.utils.get_column_letter(form.column(heading))
    assert all(fault.address == f"{letter}{fault.row}" for fault in told)
    assert all("\n" not in str(fault) and str(fault).endswith("。") for fault in caught.value.faults)
    assert "一行也没有记入" in str(caught.value)
    assert not recorded(site)


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_rows(site: SitePaths, form: Form) -> None:
    form.fill(LIGHT_ID, 复核结论="也许", 复核日期="上周五")
    form.fill(POLICE_ID, 小类1=ATTITUDE)
    form.fill(BENCH_ID, 复核结论="纳入", 复核人="张三")
    with pytest.raises(ReviewWorkbookError, match=r"有 3 行要改（6 处）") as caught:
        bring(site, form)
    assert [f.row for f in caught.value.faults] == sorted(f.row for f in caught.value.faults)
    assert {f.item_id for f in caught.value.faults} == {LIGHT_ID, POLICE_ID, BENCH_ID}


def _rename(form: Form) -> None:
    form.put(form.header, "复核结论", "结论")


def _double(form: Form) -> None:
    form.sheet.cell(form.header, form.sheet.max_column + 1).value = "复核结论"


def _copy_sheet(form: Form) -> None:
    form.sheet.parent.copy_worksheet(form.sheet)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (_rename, "缺少栏目：复核结论"),
        (lambda f: f.sheet.delete_cols(f.column("文本指纹")), "缺少栏目：文本指纹"),
        (_double, "有两栏都叫“复核结论”"),
        (_copy_sheet, "有几张工作表都是复核表"),
        (lambda f: f.sheet.delete_rows(f.header), "不是由 hotline review export 导出的复核表"),
    ],
)
def test_a_sheet_that_cannot_be_matched_is_refused(
    site: SitePaths, form: Form, edit: Callable[[Form], object], words: str
) -> None:
    edit(form)
    with pytest.raises(UsageError, match=words):
        bring(site, form)
    assert not recorded(site)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("没有.xlsx", None, "没有文件"),
        ("表.csv", b"a,b\n", "不是工作簿"),
        ("空.xlsx", b"", "读不出来：文件是空的"),
        ("坏.xlsx", b"PK\x03\x04rest", "读不出来"),
        ("文.xlsx", "诉求编号,复核结论\n".encode(), "不是由 hotline review export 导出的复核表"),
    ],
)
def test_a_file_that_is_no_form_is_refused(site: SitePaths, name: str, content: bytes | None, words: str) -> None:
    path = site.processed / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=words):
        import_reviews(site, path)


def test_a_text_that_changed_since_is_asked_again(site: SitePaths, form: Form) -> None:
    put(site, "12328工单2.csv", (OUT_OF_SCOPE[0], OUT_OF_SCOPE[1] + "请尽快。"))
    next_night(site, AS_OF)
    with pytest.raises(ReviewWorkbookError, match="要改（1 处）") as caught:
        bring(site, form)
    assert "请重新导出复核表再看一次" in str(caught.value.faults[0])
    form.fill(LIGHT_ID, 复核结论=None, 小类1=None, 被反映单位=None)
    assert bring(site, form).recorded == 1


def test_imported_twice_nothing_changes_and_the_next_run_judges_by_it(site: SitePaths, form: Form) -> None:
    assert bring(site, form).recorded == 2
    before = tables(site)["reviews"]
    again = bring(site, form, "副本.xlsx")
    assert (again.recorded, again.unchanged, again.complaints) == (0, 2, 0)
    assert tables(site)["reviews"].equals(before)
    next_night(site, AS_OF)
    assert decision(site, LIGHT_ID)["decision"] == "in_scope"
    assert decision(site, POLICE_ID)["decided_by"] == "reviewer"


def test_while_a_run_goes_on_nothing_is_read_in(site: SitePaths, form: Form) -> None:
    with open_night(site, AS_OF), pytest.raises(BusyError):
        bring(site, form)


_CHOICES = {
    "复核结论": ["纳入", "不纳入", None, "也许"],
    "小类1": [ATTITUDE, "态度冷横硬推", None, "乱来"],
    "小类2": [INACTION, None, None],
    "被反映单位": [*UNIT_KINDS, None, "某局"],
    "理由": ["=1+1", "好", None],
    "复核人": ["张三", "李四", None],
    "复核日期": [DAY, f"{DAY.month}月{DAY.day}日", None, "昨天", TODAY + timedelta(days=9)],
    "裁定": ["是", "否", None],
}
_ROW = st.fixed_dictionaries({heading: st.sampled_from(values) for heading, values in _CHOICES.items()})


def _meant(cells: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a row means, written down without the code under test; None where it cannot stand."""
    codes = {"态度冷横硬推": "rough.attitude", ATTITUDE: "rough.attitude", INACTION: "irregular.inaction"}
    chosen = {cells[h] for h in ("小类1", "小类2")} - {None}
    is_in = cells["复核结论"] == "纳入"
    unit = cells["被反映单位"]
    is_fit = cells["复核结论"] in ("纳入", "不纳入") and chosen <= set(codes) and unit != "某局"
    is_fit = is_fit and bool(chosen) == is_in and (unit is not None) == is_in
    is_signed = cells["复核人"] is not None and cells["复核日期"] in (DAY, f"{DAY.month}月{DAY.day}日")
    is_ruling = cells["裁定"] == "是"
    if not is_fit or not is_signed or (is_ruling and not cells["理由"]) or cells["理由"] == "=1+1":
        return None
    return {
        "decision": "in_scope" if is_in else "out_of_scope",
        "codes": ";".join(sorted({codes[c] for c in chosen})),
        "unit_kind": unit,
        "reason": cells["理由"] or "",
        "reviewed_on": DAY,
        "is_final": is_ruling,
    }


_SIGNED = {"复核人": st.sampled_from(["张三", "李四"]), "复核日期": st.sampled_from([DAY, f"{DAY.month}月{DAY.day}日"])}
_SOUND = st.one_of(
    st.fixed_dictionaries({"复核结论": st.just("不纳入"), "理由": st.sampled_from(["好", None]), **_SIGNED}),
    st.fixed_dictionaries(
        {
            "复核结论": st.just("纳入"),
            "小类1": st.sampled_from([ATTITUDE, "态度冷横硬推"]),
            "小类2": st.sampled_from([INACTION, None]),
            "被反映单位": st.sampled_from(UNIT_KINDS),
            **_SIGNED,
        }
    ),
    st.fixed_dictionaries(_SIGNED),
)


@settings(max_examples=10, deadline=None)
@given(st.lists(_SOUND, min_size=10, max_size=20), st.lists(_ROW, max_size=2))
def test_any_filling_in_is_recorded_as_meant_or_refused(
    exported: Path, sound: list[dict[str, Any]], other: list[dict[str, Any]]
) -> None:
    form = open_form(exported / "复核表.xlsx")
    meant = {}
    for complaint_id, given_cells in zip(SPARE, [*sound, *other], strict=False):
        cells = dict.fromkeys(_CHOICES) | given_cells
        form.fill(complaint_id, **cells)
        if any(cells[heading] is not None for heading in _CHOICES if heading not in _SIGNED):
            meant[complaint_id] = _meant(cells)
    folder = exported.parent / "any"
    shutil.rmtree(folder, ignore_errors=True)
    site = copy_site(exported, folder)
    wrong = {complaint_id for complaint_id, said in meant.items() if said is None}
    if wrong:
        with pytest.raises(ReviewWorkbookError) as caught:
            bring(site, form)
        assert {fault.item_id for fault in caught.value.faults} == wrong
        assert not recorded(site)
    else:
        assert bring(site, form).recorded == len(meant)
        assert {complaint_id: seen(row) for (complaint_id, _), row in recorded(site).items()} == meant


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_a_form_saved_by_libreoffice_says_the_same(site: SitePaths, form: Form, tmp_path: Path, kind: str) -> None:
    form.fill(LIGHT_ID, 理由="'=1+1", 小类2=INACTION)
    form.fill(POLICE_ID, 复核日期=f"{DAY.month}月{DAY.day}日")
    done = import_reviews(site, resave(save(form, tmp_path / "表.xlsx"), kind))
    assert (done.recorded, done.skipped) == (2, 1 + len(SPARE))
    found = recorded(site)
    changed = {"codes": "irregular.inaction;rough.attitude", "reason": "'=1+1"}
    assert seen(found[LIGHT_ID, "张三"]) == LIGHT | changed
    assert seen(found[POLICE_ID, "张三"]) == POLICE


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_a_formula_in_an_old_workbook_is_told_too(site: SitePaths, form: Form, tmp_path: Path) -> None:
    form.fill(LIGHT_ID, 复核人='="张"&"三"')
    with pytest.raises(ReviewWorkbookError, match="1 处") as caught:
        import_reviews(site, resave(save(form, tmp_path / "表.xlsx"), "xls"))
    assert caught.value.faults[0].heading == "复核人"
    assert "是公式" in caught.value.faults[0].reason


def test_more_formulas_than_are_told_one_by_one_are_refused(site: SitePaths, form: Form) -> None:
    sheet = form.sheet.parent.create_sheet("算")  # type: ignore[union-attr]
    for _ in range(MOST_FORMULAS // 100 + 1):
        sheet.append(["=1+1"] * 100)
    with pytest.raises(UsageError, match="工作表“算”里有 10100 个公式"):
        bring(site, form)


def test_the_form_offers_choices_hides_its_keys_and_protects_what_is_not_to_be_filled_in(exported: Path) -> None:
    path = exported / "复核表.xlsx"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    form = open_form(path)
    sheet = form.sheet
    assert form.values(form.row(POLICE_ID))[1] == POLICE_ID
    assert sheet.freeze_panes == f"C{form.header + 1}"
    assert sheet.print_title_rows == f"${form.header}:${form.header}"
    assert sheet.protection.sheet
    groups = [d for d in sheet.column_dimensions.values() if d.hidden]  # columns of one width stand together
    assert [(d.min, d.max) for d in groups] == [(form.column("行标识"), form.column("文本指纹"))]
    for heading in form.headings():
        is_filled = heading in _CHOICES or heading == "小类3"
        assert form.cell(LIGHT_ID, heading).protection.locked != is_filled, heading
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    by_heading = {h: rules.get(_area(form, h)) for h in _CHOICES}
    assert [h for h, rule in by_heading.items() if rule is None] == ["理由", "复核人"]
    hidden = sheet.parent["选项"]  # type: ignore[index]
    assert hidden.sheet_state == "hidden"
    assert [cell.value for cell in hidden["A"]] == list(LABELS.values())
    assert by_heading["小类1"].formula1 == f"'选项'!$A$1:$A${len(LABELS)}"  # type: ignore[union-attr]
    assert by_heading["被反映单位"].formula1 == f'"{",".join(UNIT_KINDS)}"'  # type: ignore[union-attr]


def _area(form: Form, heading: str) -> str:
    letter = openpyxl.utils.get_column_letter(form.column(heading))
    return f"{letter}{form.header + 1}:{letter}{form.sheet.max_row}"


def test_the_evidence_stands_out_in_the_text(exported: Path) -> None:
    sheet = openpyxl.load_workbook(exported / "复核表.xlsx", rich_text=True).worksheets[0]
    form = Form(sheet)
    shown = form.values(form.row(POLICE_ID))[3]
    assert str(shown) == "\n".join(IN_SCOPE)
    bold = [part.text for part in shown if getattr(part, "font", None) is not None and part.font.b]
    assert bold == [IN_SCOPE[1]]


def test_what_reviewers_said_is_shown_and_no_text_is_ever_a_formula(site: SitePaths, tmp_path: Path) -> None:
    record(
        site,
        review(LIGHT_ID, OUT_OF_SCOPE, **INCLUDED, reason='=HYPERLINK("http://127.0.0.1")', reviewer="=张三"),
        review(LIGHT_ID, OUT_OF_SCOPE, reviewer="李四", source_row=6),
    )
    done = export_queue(site, tmp_path / "再.xlsx", limit=1)
    assert (done.written, done.waiting) == (1, 3 + len(SPARE))
    form = open_form(tmp_path / "再.xlsx")
    told = form.cell(LIGHT_ID, "复核原因").value
    assert told.startswith("复核意见不一致")
    assert "李四：不纳入" in told
    assert "=张三：纳入（不作为慢作为推诿、态度冷横硬推；城管）" in told
    with ZipFile(tmp_path / "再.xlsx") as archive:
        parts = [archive.read(n).decode() for n in archive.namelist() if n.startswith("xl/worksheets/sheet")]
    assert parts
    assert not any("<f>" in part or "<f " in part for part in parts)


def test_leads_are_left_out_unless_asked_for(site: SitePaths, tmp_path: Path) -> None:
    lead = INCLUDED | {"codes": "rent_seeking.bribery"}
    record(site, review(LIGHT_ID, OUT_OF_SCOPE, **lead), review(LIGHT_ID, OUT_OF_SCOPE, reviewer="李四"))
    done = export_queue(site, tmp_path / "无线索.xlsx")
    assert (done.waiting, done.leads_left_out) == (3 + len(SPARE), 1)
    assert done.written == done.waiting - 1
    content = json.dumps([open_form(tmp_path / "无线索.xlsx").values(row) for row in range(1, 70)], default=str)
    assert LIGHT_ID not in content
    assert export_queue(site, tmp_path / "线索.xlsx", with_leads=True).written == done.waiting


@pytest.mark.parametrize(
    ("name", "words"), [("复核表.csv", "不是 .xlsx"), ("没有/表.xlsx", "没有目录"), ("有.xlsx", "已经存在")]
)
def test_where_a_form_cannot_be_written_is_said(site: SitePaths, tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "有.xlsx").write_text("填好的")
    with pytest.raises(UsageError, match=words):
        export_queue(site, tmp_path / name)
    assert (tmp_path / "有.xlsx").read_text() == "填好的"


def test_the_commands_tell_what_became_of_the_rows(site: SitePaths, form: Form, tmp_path: Path) -> None:
    out = tmp_path / "出.xlsx"
    done = hotline("review", "export", out, "--limit", 2, "--processed", site.processed)
    assert done.returncode == 0, done.stderr.decode()
    assert "已写出 2 件" in done.stdout.decode()
    for odd in ("0", "-1", "二"):
        refused = CliRunner().invoke(review_commands, ["export", str(out), "--limit", odd])
        assert refused.exit_code == 2
        assert "应为 1 以上的整数" in refused.output
    filled = save(form, tmp_path / "填.xlsx")
    done = hotline("review", "import", filled, "--processed", site.processed)
    assert "记入 2 条，以前已记入 0 条，没有结论略过 53 行" in done.stdout.decode()
    assert "下次 hotline run 生效" in done.stdout.decode()
    form.fill(LIGHT_ID, 复核结论="也许")
    done = hotline("review", "import", save(form, filled), "--processed", site.processed)
    assert done.returncode == 2
    errors = done.stderr.decode().splitlines()
    assert (
        f"第 {form.row(LIGHT_ID)} 行 J{form.row(LIGHT_ID)}（诉求 {LIGHT_ID}，复核结论）：“也许”不是复核结论"
        in errors[0]
    )
    assert errors[1].startswith("错误：复核表有 1 行要改")
    record(site, review(LIGHT_ID, OUT_OF_SCOPE, reviewer="李四"))
    done = hotline("review", "agreement", "--processed", site.processed)
    text = done.stdout.decode()
    assert "张三 与 李四：共同复核 1 件" in text
    assert "是否纳入　一致 0/1（0%）" in text
    assert f"　{LIGHT_ID}　张三：纳入（态度冷横硬推；城管）；李四：不纳入" in text
