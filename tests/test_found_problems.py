"""问题登记表: problems from other sources are registered as meant, once, or the form is refused as a whole."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result
from openpyxl.worksheet.worksheet import Worksheet

from analysis.errors import UsageError
from analysis.exchange.found_problems_return import FoundProblemsError
from analysis.pipeline.problem_import import ImportedProblems, import_problems, write_template
from analysis.pipeline.stages import run_night
from analysis.site import SitePaths
from flows.commands.problems import problems as problem_commands
from tests.review_site import AS_OF, TODAY, build_site, copy_site
from tests.supervised_site import assert_history_is_told, kinds, ledger, problem

DAY = TODAY - timedelta(days=40)
FAR = TODAY + timedelta(days=300)
"""Too far for a day without its year."""
ROW: dict[str, Any] = {
    "问题来源": "上级交办",
    "批次": "省督察组2026年第一批",
    "责任单位": "区城管执法局",
    "问题小类": "执法粗暴：态度冷横硬推",
    "具体问题": "反映执法人员态度生硬的问题",
    "登记日期": DAY,
    "备注": "督字〔2026〕3号",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build_site(folder)
    write_template(copy_site(folder, tmp_path_factory.mktemp("copy")), folder / "登记表.xlsx")
    return folder


@pytest.fixture
def site(built: Path, tmp_path: Path) -> Iterator[SitePaths]:
    copied = copy_site(built, tmp_path / "site")
    yield copied
    assert_history_is_told(copied)


class Filled:
    """A 问题登记表 that is being filled in."""

    def __init__(self, template: Path) -> None:
        self.book = openpyxl.load_workbook(template)
        self.sheet: Worksheet = self.book["问题登记表"]
        self.header = next(r for r in range(1, 20) if self.sheet.cell(r, 1).value == "问题来源")
        self.headings = [cell.value for cell in self.sheet[self.header]]

    def put(self, row: int, **values: Any) -> None:
        """Fill in the row-th row below the heading."""
        for heading, value in values.items():
            self.sheet.cell(self.header + row, self.headings.index(heading) + 1).value = value


@pytest.fixture
def form(built: Path) -> Filled:
    return Filled(built / "登记表.xlsx")


def bring(site: SitePaths, form: Filled, **how: Any) -> ImportedProblems:
    path = site.processed / "填好.xlsx"
    form.book.save(path)
    return import_problems(site, path, **how)


def test_problems_are_registered_with_number_unit_and_deadline(site: SitePaths, form: Filled) -> None:
    first = len(ledger(site)["problems"]) + 1
    form.put(1, **ROW)
    form.put(
        3,
        **ROW | {"问题来源": "自查发现", "批次": None, "责任单位": "待定（交警）", "整改时限": f"{DAY.year}年12月31日"},
    )
    done = bring(site, form, person="王主任")
    assert done.problem_ids == (f"FR-{TODAY.year}-{first:04d}", f"FR-{TODAY.year}-{first + 1:04d}")
    ruled, open_unit = (problem(site, p) for p in done.problem_ids)
    assert {n: ruled[n] for n in ("source", "batch", "unit_id", "unit_kind", "status", "registered_on")} == {
        "source": "superior",
        "batch": "省督察组2026年第一批",
        "unit_id": "furong.urban_management",
        "unit_kind": "城管",
        "status": "awaiting_handover",
        "registered_on": DAY,
    }
    assert (ruled["merge_key"], ruled["source_note"], ruled["run_id"]) == (None, "督字〔2026〕3号", "")
    assert "登记后 15 个工作日" in ruled["deadline_rule"]
    assert DAY < ruled["due_on"] < TODAY
    assert (open_unit["unit_id"], open_unit["unit_kind"], open_unit["status"]) == (None, "交警", "registered")
    assert (open_unit["due_on"], open_unit["deadline_rule"]) == (date(DAY.year, 12, 31), "2026.1：来文规定的时限")
    event = ledger(site)["events"].query("problem_id == @done.problem_ids[0] and kind == 'problem_created'").iloc[0]
    assert event["actor"] == "王主任"
    assert f"填好.xlsx E{form.header + 1}" in event["payload"]


def test_the_same_form_again_changes_nothing_and_a_longer_one_adds_what_is_new(site: SitePaths, form: Filled) -> None:
    form.put(1, **ROW)
    assert bring(site, form, is_dry_run=True).problem_ids == bring(site, form).problem_ids
    before = len(ledger(site)["events"])
    again = bring(site, form)
    assert (again.problem_ids, again.unchanged) == ((), 1)
    assert len(ledger(site)["events"]) == before
    form.put(2, **ROW | {"责任单位": "区交通运输局"})
    form.put(1, 问题小类="rough.attitude", 责任单位=" 芙蓉区 城管局 ", 登记日期=f"{DAY.year}.{DAY.month}.{DAY.day}")
    more = bring(site, form)
    assert (len(more.problem_ids), more.unchanged) == (1, 1)


def test_personal_data_in_the_text_is_masked(site: SitePaths, form: Filled) -> None:
    form.put(1, **ROW | {"具体问题": "反映对车主张某（电话13800138000）态度生硬", "备注": "联系人13900139000"})
    done = bring(site, form)
    assert done.masked == 1
    told = str(problem(site, done.problem_ids[0])) + ledger(site)["events"]["payload"].str.cat()
    assert "13800138000" not in told
    assert "13900139000" not in told
    assert bring(site, form).unchanged == 1


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"问题来源": None}, "问题来源", "没有填问题来源"),
    ({"问题来源": "投诉举报"}, "问题来源", "不是问题来源"),
    ({"批次": None}, "批次", "上级交办的问题要写批次"),
    ({"责任单位": None}, "责任单位", "没有填责任单位"),
    ({"责任单位": "区城管执法队"}, "责任单位", "是否为“区城管执法局”？"),
    ({"登记日期": date(2018, 5, 1)}, "责任单位", "在 2018-05-01 不存在"),
    ({"问题小类": "态度冷横"}, "问题小类", "没有“态度冷横”这个小类"),
    ({"具体问题": None}, "具体问题", "没有填具体问题"),
    ({"具体问题": "长" * 501}, "具体问题", "有 501 个字"),
    ({"具体问题": "=A1"}, "具体问题", "公式"),
    ({"登记日期": None}, "登记日期", "没有填登记日期"),
    ({"登记日期": TODAY + timedelta(days=2)}, "登记日期", ""),
    ({"登记日期": "三月"}, "登记日期", ""),
    ({"整改时限": DAY - timedelta(days=1)}, "整改时限", "早于登记日期"),
    ({"整改时限": f"{FAR.month}月{FAR.day}日"}, "整改时限", ""),
    ({"整改时限": date(DAY.year + 4, 1, 1)}, "整改时限", "年以后"),
]


def test_every_wrong_cell_is_told_with_its_address_and_nothing_is_registered(site: SitePaths, form: Filled) -> None:
    form.put(1, **ROW)
    for number, (cells, _, _) in enumerate(WRONG, 2):
        form.put(number, **ROW | {"具体问题": f"反映问题{number}"} | cells)
    form.put(len(WRONG) + 2, **ROW)
    with pytest.raises(FoundProblemsError, match="一行也没有记入") as caught:
        bring(site, form)
    found = {(fault.row - form.header, fault.heading): str(fault) for fault in caught.value.faults}
    for number, (_, heading, words) in enumerate(WRONG, 2):
        column = "ABCDEFGH"[form.headings.index(heading)]
        assert f"第 {form.header + number} 行 {column}{form.header + number}（{heading}）" in found[number, heading]
        assert words in found[number, heading]
    assert f"与第 {form.header + 1} 行完全相同" in found[len(WRONG) + 2, "具体问题"]
    assert len(found) == len(WRONG) + 1
    assert len(ledger(site)["problems"]["import_key"].dropna()) == 0


def test_a_registered_problem_is_not_changed_by_another_form(site: SitePaths, form: Filled) -> None:
    form.put(1, **ROW)
    (problem_id,) = bring(site, form).problem_ids
    form.put(1, 整改时限=date(TODAY.year, 12, 31))
    with pytest.raises(FoundProblemsError) as caught:
        bring(site, form)
    assert f"与已登记的问题 {problem_id} 全部相同" in str(caught.value.faults[0])


def test_sources_are_told_apart_in_list_and_digest(site: SitePaths, form: Filled) -> None:
    form.put(1, **ROW)
    form.put(2, **ROW | {"责任单位": "区交通运输局"})
    form.put(3, **ROW | {"问题来源": "案卷评查", "批次": None})
    done = bring(site, form)
    run_night(site, AS_OF)
    digest = site.digest.read_text(encoding="utf-8")
    assert "| 上级交办 | 2 | 0 | " in digest
    assert "| 上级交办 | 省督察组2026年第一批 | 未达序时进度 | 0/2 | 0% |" in digest
    assert "| 案卷评查 | （未写批次） |" in digest
    book = openpyxl.load_workbook(site.processed / "问题清单.xlsx")
    told = [[cell.value for cell in row] for row in book["来源汇总"].iter_rows()]
    assert any(row[:5] == ["上级交办", "省督察组2026年第一批", 2, 0, 2] for row in told)
    listed = [[cell.value for cell in row] for row in book["问题清单"].iter_rows()]
    assert sum(done.problem_ids[0] in row and "省督察组2026年第一批" in row for row in listed) == 1
    assert kinds(site, done.problem_ids[0]) == ["problem_created", "unit_assigned", "deadline_set"]


def test_the_commands_say_what_they_did(site: SitePaths, form: Filled, tmp_path: Path) -> None:
    def run(*arguments: object) -> Result:
        return CliRunner().invoke(problem_commands, [*map(str, arguments), "--processed", str(site.processed)])

    template, filled = tmp_path / "空表.xlsx", tmp_path / "填好.xlsx"
    assert "已写出" in run("template", template).output
    assert "已经存在" in str(run("template", template).exception)
    form.put(1, **ROW | {"批次": None})
    form.book.save(filled)
    assert f"B{form.header + 1}（批次）" in run("import", filled).output
    form.put(1, **ROW)
    form.book.save(filled)
    assert "将登记 1 个问题" in run("import", filled, "--dry-run").output
    assert "已登记 1 个问题" in run("import", filled, "--person", "王主任").output


def test_other_files_are_refused(site: SitePaths, form: Filled) -> None:
    form.sheet.cell(form.header, 3).value = "改了"
    with pytest.raises(UsageError, match="缺少栏目：责任单位"):
        bring(site, form)
    with pytest.raises(UsageError, match="没有文件"):
        import_problems(site, site.processed / "没有.xlsx")
