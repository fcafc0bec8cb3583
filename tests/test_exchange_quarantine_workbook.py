"""The workbook for mending: every open entry with its own values, private, and readable as an ordinary export."""

import stat
from pathlib import Path

import openpyxl
import pandas as pd
from python_calamine import CalamineWorkbook

from analysis.exchange.quarantine_workbook import RawRow, write_quarantine_workbook
from tests.ledger_frames import AS_OF, build_tables

_HEADINGS = ("工单编号", "受理时间", "联系电话", "内容")
_ROW = RawRow("f1", "工单", 101, _HEADINGS, ("0139202611010000123", "11月31号", "+86 000", "=1+1\n第二行"))
_OTHER = RawRow("f2", "", 9, ("编号", "受理时间", "受理时间", ""), ("1", "昨天", "前天", "无栏头的值", "多出的值"))


def _write(path: Path, rows: list[RawRow], quarantine: pd.DataFrame | None = None) -> Path:
    entries = build_tables()["quarantine"] if quarantine is None else quarantine
    return write_quarantine_workbook(path, entries, rows, "某区依法治区办", AS_OF)


def _grid(path: Path, name: str) -> list[list[object]]:
    with path.open("rb") as file:
        return CalamineWorkbook.from_filelike(file).get_sheet_by_name(name).to_python()


def test_only_its_owner_can_read_it_and_it_says_why(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.xlsx", [_ROW])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert "个人信息" in str(sheet.cell(3, 1).value)
    assert sheet.cell(3, 1).font.color.rgb == "FFC00000"


def test_the_heading_is_one_row_and_the_values_come_back_as_typed(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.xlsx", [_ROW, _OTHER])
    name = openpyxl.load_workbook(path).sheetnames[0]
    assert name.startswith("1-")
    heading, *rows = _grid(path, name)[4:]
    assert heading == ["隔离编号", "文件", "工作表", "行号", "字段", "原因", *_HEADINGS]
    assert len(rows) == 1
    assert rows[0][6:] == list(_ROW.values)
    assert rows[0][:4] == ["Q000001", "tickets/2026年工单.xlsx", "工单", "101"]


def test_headings_that_repeat_or_lack_are_told_apart(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.xlsx", [_ROW, _OTHER])
    heading, row = _grid(path, openpyxl.load_workbook(path).sheetnames[1])[4:]
    assert heading[6:] == ["编号", "受理时间", "受理时间（重名2）", "无栏头第4列", "无栏头第5列"]
    assert row[6:] == list(_OTHER.values)


def test_typed_corrections_stay_text_and_the_wrong_cell_stands_out(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(_write(tmp_path / "q.xlsx", [_ROW])).worksheets[0]
    number, time = sheet.cell(6, 7), sheet.cell(6, 8)
    assert number.number_format == time.number_format == "@"
    assert time.fill.start_color.rgb == "FFFFE699" != number.fill.start_color.rgb


def test_what_cannot_be_mended_here_is_listed_without_values(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.xlsx", [_ROW])
    rows = _grid(path, "不能在此修改")[3:]
    assert [row[0] for row in rows] == ["Q000003", "Q000004"]


def test_two_faults_of_one_row_are_one_row_to_mend(tmp_path: Path) -> None:
    entries = build_tables()["quarantine"].iloc[[0, 0]].reset_index(drop=True)
    entries.loc[1, ["quarantine_id", "heading", "reason"]] = ["Q000009", "联系电话", "号码不完整"]
    sheet = openpyxl.load_workbook(_write(tmp_path / "q.xlsx", [_ROW], entries)).worksheets[0]
    assert sheet.max_row == 6
    assert sheet.cell(6, 1).value == "Q000001\nQ000009"
    assert sheet.cell(6, 5).value == "受理时间\n联系电话"


def test_a_native_heading_of_the_same_name_keeps_it(tmp_path: Path) -> None:
    row = RawRow("f1", "工单", 101, ("原因", "行号"), ("其他", "7"))
    path = _write(tmp_path / "q.xlsx", [row])
    heading = _grid(path, openpyxl.load_workbook(path).sheetnames[0])[4]
    assert heading.count("原因") == heading.count("行号") == 1
    assert heading[5] == "原因（隔离）"


def test_odd_names_of_files_make_a_sheet(tmp_path: Path) -> None:
    entries = build_tables()["quarantine"].iloc[:1].assign(file_name="tickets/['a']:*?" + "长" * 60 + ".csv")
    names = openpyxl.load_workbook(_write(tmp_path / "q.xlsx", [_ROW], entries)).sheetnames
    assert len(names[0]) == 31


def test_a_row_handed_in_before_stands_in_for_the_first_and_carries_its_id(tmp_path: Path) -> None:
    entries = build_tables()["quarantine"]
    first = entries[entries["quarantine_id"] == "Q000001"]
    later = first.assign(quarantine_id="Q000099", file_id="f9", file_name="tickets/改.xlsx", sheet_name="1-改")
    headings = ("隔离编号", "文件", "工作表", "行号", "字段", "原因（隔离）", *_HEADINGS, "原因")
    row = RawRow("f9", "1-改", 101, headings, ("Q000001", "a", "b", "1", "c", "d", *_ROW.values, "自己的"))
    path = _write(tmp_path / "q.xlsx", [_ROW, row], pd.concat([first, later]))
    (name,) = openpyxl.load_workbook(path).sheetnames
    heading, *rows = _grid(path, name)[4:]
    assert heading == ["隔离编号", "文件", "工作表", "行号", "字段", "原因（隔离）", *_HEADINGS, "原因"]
    assert [r[0] for r in rows] == ["Q000099\nQ000001"]
    assert rows[0][6:] == [*_ROW.values, "自己的"]


def test_nothing_open_makes_a_book_that_says_so(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.xlsx", [], build_tables()["quarantine"].iloc[:0])
    assert _grid(path, "不能在此修改")[3][0] == "（没有待处理的隔离）"
