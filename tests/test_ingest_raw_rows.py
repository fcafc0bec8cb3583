"""From a ledger's address back to the raw row, and a mended row in again."""

from pathlib import Path

import pytest

from analysis.errors import UsageError
from analysis.ingest.discover import discover
from analysis.ingest.raw_rows import read_raw_row, read_raw_rows
from tests.ingest_files import LIMITS, SOURCES, csv_text, intake_of, put, xlsx_bytes

HEADER = ("工单编号", "受理时间", "诉求内容", "诉求内容", "")
ROW = ("A1", "3/5/2023", " 内容 ", "", "旁注")


def _rows(
    raw: Path, file_name: str, sheet_name: str, *numbers: int, file_id: str | None = None
) -> dict[int, dict[str, str]]:
    return read_raw_rows(raw, file_name, sheet_name, numbers, sources=SOURCES, limits=LIMITS, file_id=file_id)


def test_a_row_comes_back_under_its_native_headings(tmp_path: Path) -> None:
    put(tmp_path, "tickets/12328.xlsx", xlsx_bytes(("标题行",), HEADER, ROW, (44990.5, True, 1.0)))
    rows = _rows(tmp_path, "tickets/12328.xlsx", "Sheet", 3, 4)
    assert rows[3] == {
        "数据来源": "12328热线",
        "工单编号": "A1",
        "受理时间": "3/5/2023",
        "诉求内容（第 3 列）": " 内容 ",
        "诉求内容（第 4 列）": "",
        "第 5 列": "旁注",
    }
    assert [*rows[4].values()][1:4] == ["44990.5", "TRUE", "1"]


def test_rows_whose_cells_cannot_be_told_come_back_whole(tmp_path: Path) -> None:
    header = csv_text(("工单编号", "受理时间", "内容"))
    put(tmp_path, "tickets/a.csv", (header + '1,2023-03-05,"开\n').encode() + "2,2023-03-05,国标\n".encode("gb18030"))
    rows = _rows(tmp_path, "tickets/a.csv", "", 2, 3)
    assert [row["整行"] for row in rows.values()] == ['1,2023-03-05,"开', "2,2023-03-05,国标"]
    put(tmp_path, "tickets/a.jsonl", '{"工单编号": "1"}\n{broken\n')
    assert _rows(tmp_path, "tickets/a.jsonl", "", 2)[2]["整行"] == "{broken"


def test_one_row_by_itself(tmp_path: Path) -> None:
    put(tmp_path, "tickets/a.csv", csv_text(("工单编号", "受理时间", "内容"), ("1", "2023-03-05", "内容")))
    row = read_raw_row(tmp_path, "tickets/a.csv", None, 2, sources=SOURCES, limits=LIMITS)
    assert row["内容"] == "内容"


@pytest.mark.parametrize(
    ("file_name", "sheet_name", "number", "said"),
    [
        ("tickets/gone.csv", "", 2, "已没有文件"),
        ("tickets/../../etc/passwd", "", 2, "已没有文件"),
        ("tickets/a.csv", "", 9, "没有第 9 行"),
        ("tickets/a.csv", "别的表", 2, "没有第 2 行"),
        ("tickets/empty.csv", "", 2, "读不出来"),
    ],
)
def test_what_is_not_there_is_said(tmp_path: Path, file_name: str, sheet_name: str, number: int, said: str) -> None:
    put(tmp_path, "tickets/a.csv", csv_text(("工单编号", "受理时间"), ("1", "2023-03-05")))
    put(tmp_path, "tickets/empty.csv", "")
    with pytest.raises(UsageError, match=said):
        _rows(tmp_path, file_name, sheet_name, number)


def test_another_file_of_the_same_name_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "tickets/a.csv", csv_text(("工单编号", "受理时间"), ("1", "2023-03-05")))
    (listed,) = discover(tmp_path)
    assert _rows(tmp_path, listed.file_name, "", 2, file_id=listed.file_id)
    with pytest.raises(UsageError, match="不是当时读入的"):
        _rows(tmp_path, listed.file_name, "", 2, file_id="0" * 64)


def test_a_mended_row_comes_in_again_as_its_platforms_own(tmp_path: Path) -> None:
    header = ("留言编号", "留言用户", "留言主题", "留言时间", "留言详情")
    intake = intake_of(tmp_path, "posts/a.csv", csv_text(header, ("77", "网友", "主题", "3/5/2023", "详情")))
    entry = intake.rejects.iloc[0]
    row = _rows(tmp_path, entry["file_name"], entry["sheet_name"], int(entry["row_number"]))[2]
    mended = {"隔离编号": entry["quarantine_id"], "文件": "posts/a.csv", "原因": "略", **row, "留言时间": "2023-03-05"}
    again = intake_of(tmp_path, "tickets/隔离重交/改.xlsx", xlsx_bytes(tuple(mended), tuple(mended.values())))
    found = again.candidates.iloc[0]
    assert (found["source_code"], found["native_id"]) == ("rednet_petition", "77")
    assert found["quarantine_id"] == entry["quarantine_id"]


def test_the_list_of_what_cannot_be_mended_is_no_data(tmp_path: Path) -> None:
    content = xlsx_bytes(("不能在此修改的文件和行",), ("隔离编号", "文件", "原因"), ("abc", "posts/a.csv", "略"))
    intake = intake_of(tmp_path, "tickets/改.xlsx", content)
    assert any("不是诉求数据" in note for note in intake.notes)
    assert intake.rejects["reason_code"].to_list() == ["no_table"]
