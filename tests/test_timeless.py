"""A year's export without any time column goes all the way: accepted, judged, put into problems, written out."""

import re
import shutil
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pytest

from analysis.pipeline.quarantine import export_quarantine, resubmit_quarantine
from analysis.pipeline.stages import run_night
from analysis.site import SitePaths, site_paths
from tests.command import hotline

AS_OF = date(2026, 11, 20)
HEADER = ("序号", "工单编号", "标题", "内容")
FINED = (
    "交警六张罚单没有任何告知",
    "我的小车停在荷花路边，芙蓉交警半个月里给同一辆车贴了六张罚单，没有打电话也没有发短信告知，年底查询才知道，要求撤销处罚。",
)
ROWS = (
    (1, "FR20250001", *FINED),
    (2, "FR20250002", FINED[0], f"再次反映：{FINED[1]}"),
    (3, "FR20250003", "路灯不亮", "晚报大道的路灯坏了一个星期，老人晚上出门看不见，请尽快维修。"),
    (4, "FR20250004", "咨询入学", "咨询外地户口的小孩在辖区上小学需要准备哪些材料。"),
)
TOTAL = ("合计", len(ROWS), len(ROWS), None)


def write_export(path: Path, *rows: tuple[object, ...], header: tuple[str, ...] = HEADER) -> None:
    book = openpyxl.Workbook()
    for row in (header, *rows):
        book.worksheets[0].append(row)
    book.create_sheet("Sheet2")
    book.create_sheet("Sheet3")
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[SitePaths, dict[str, int]]:
    folder = tmp_path_factory.mktemp("timeless")
    paths = site_paths(folder / "raw", folder / "processed")
    write_export(paths.raw / "tickets" / "12345年度工单.xlsx", *ROWS, TOTAL)
    return paths, run_night(paths, AS_OF)


def query(paths: SitePaths, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(paths.snapshot), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_every_row_is_accepted_and_the_missing_time_is_said(night: tuple[SitePaths, dict[str, int]]) -> None:
    paths, counts = night
    assert counts["rows"] == counts["accepted"] == counts["judged"] == len(ROWS)
    assert (counts["skipped"], counts["quarantined"]) == (1, 0)
    assert query(paths, "SELECT complaint_id FROM complaints WHERE received_at IS NULL ORDER BY 1") == [
        (f"H{row[1]}",) for row in ROWS
    ]
    notes = str(query(paths, "SELECT notes FROM raw_files")[0][0])
    assert "没有时间列，受理时间留空" in notes
    assert notes.count("是空的，略过") == 2


def test_the_problem_is_listed_with_its_times_unknown(night: tuple[SitePaths, dict[str, int]]) -> None:
    paths, counts = night
    assert counts["new_problems"] >= 1
    sheet = openpyxl.load_workbook(paths.processed / "问题清单.xlsx")["问题清单"]
    heading = int(re.findall(r"\d+", sheet.auto_filter.ref)[0])
    headings = [cell.value for cell in sheet[heading]]
    row = dict(zip(headings, [cell.value for cell in sheet[heading + 1]], strict=True))
    assert (row["诉求数"], row["事项数"]) == (2, 1)
    assert (row["首次反映"], row["最近反映"]) == ("不详", "不详")
    assert "没有受理时间" in (paths.processed / "夜报.md").read_text(encoding="utf-8")


def test_the_trace_of_a_problem_says_that_the_time_is_unknown(night: tuple[SitePaths, dict[str, int]]) -> None:
    paths, _ = night
    problem_id = query(paths, "SELECT problem_id FROM problem_complaints WHERE complaint_id = 'HFR20250001'")[0][0]
    done = hotline("trace", problem_id, "--raw", paths.raw, "--processed", paths.processed)
    assert done.returncode == 0, done.stderr.decode()
    assert "HFR20250001　时间不详　tickets/12345年度工单.xlsx 工作表“Sheet” 第 2 行" in done.stdout.decode()


def test_again_and_with_times_nothing_is_counted_twice(night: tuple[SitePaths, dict[str, int]], tmp_path: Path) -> None:
    first = night[1]
    shutil.copytree(night[0].raw.parent, tmp_path / "site")
    paths = site_paths(tmp_path / "site" / "raw", tmp_path / "site" / "processed")
    second = run_night(paths, AS_OF)
    assert {k: v for k, v in second.items() if v and k not in ("known_files", "outputs")} == {}
    write_export(paths.raw / "tickets" / "12345重新导出.xlsx", *reversed(ROWS))
    again = run_night(paths, AS_OF)
    assert again["unchanged"] == again["rows"] == len(ROWS)
    timed = [(*row, f"2025-03-0{row[0]} 08:00") for row in ROWS]
    write_export(paths.raw / "tickets" / "12345补时间.xlsx", *timed, header=(*HEADER, "受理时间"))
    dated = run_night(paths, AS_OF)
    assert (dated["updated"], dated["judged"], dated["new_problems"]) == (len(ROWS), 0, 0)
    write_export(paths.raw / "tickets" / "12345又没有时间.xlsx", *ROWS[:2], TOTAL)
    assert run_night(paths, AS_OF)["unchanged"] == 2
    assert query(paths, "SELECT count(received_at), count(*) FROM complaints") == [(len(ROWS), len(ROWS))]
    assert query(paths, "SELECT count(*) FROM matters") == [(first["new_matters"],)]


def test_a_quarantined_row_without_time_can_be_mended(tmp_path: Path) -> None:
    paths = site_paths(tmp_path / "raw", tmp_path / "processed")
    write_export(paths.raw / "tickets" / "12345.xlsx", ROWS[2], (4, None, *ROWS[3][2:]))
    assert run_night(paths, AS_OF)["quarantined"] == 1
    mended = tmp_path / "mended.xlsx"
    assert export_quarantine(paths, mended) == 1
    book = openpyxl.load_workbook(mended)
    sheet = book.worksheets[0]
    number = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "工单编号")
    sheet.cell(number.row + 1, number.column).value = "FR20250004"
    book.save(mended)
    resubmit_quarantine(paths, mended)
    counts = run_night(paths, AS_OF)
    assert (counts["accepted"], counts["quarantined"]) == (1, 0)
    assert query(paths, "SELECT status FROM quarantine") == [("resolved",)]
