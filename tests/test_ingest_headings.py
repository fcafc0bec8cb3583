"""Where the header is, whose the sheet is, and which column holds what."""

from pathlib import Path

import openpyxl
import pytest

from tests.ingest_files import csv_text, intake_of, xlsx_bytes

HEADER = ("工单编号", "受理时间", "诉求内容")
ROW = ("A1", "2023-03-05", "内容")
POST = ("2023-03-05", "标题", "内容")


@pytest.mark.parametrize(
    ("file_name", "source_code"),
    [
        ("tickets/2023年工单.csv", "hotline_12345"),
        ("tickets/12328/2023年工单.csv", "hotline_12328"),
        ("tickets/交通运输服务监督电话.csv", "hotline_12328"),
        ("tickets/公开征集举报线索.csv", "public_call"),
        ("posts/红网问政湖南.csv", "rednet_petition"),
        ("posts/红网百姓呼声.csv", "people_voice"),
        ("posts/湘问投诉直通车.csv", "xiangwen"),
        ("posts/公开征集.csv", "public_call"),
    ],
)
def test_file_names_speak_for_a_source(tmp_path: Path, file_name: str, source_code: str) -> None:
    found = intake_of(tmp_path, file_name, csv_text(HEADER, ROW)).candidates
    assert found["source_code"].to_list() == [source_code]


def test_title_and_sheet_speak_before_the_file_name(tmp_path: Path) -> None:
    content = csv_text(("12328热线工单", "", ""), HEADER, ROW)
    assert intake_of(tmp_path, "tickets/12345.csv", content).candidates["id_prefix"].to_list() == ["L"]


def test_a_default_is_said(tmp_path: Path) -> None:
    notes = intake_of(tmp_path, "tickets/a.csv", csv_text(HEADER, ROW)).notes
    assert any("默认来源 12345热线" in note for note in notes)


def test_posts_of_nobody_knows_where_are_quarantined(tmp_path: Path) -> None:
    intake = intake_of(tmp_path, "posts/a.csv", csv_text(("时间", "标题", "正文"), POST))
    assert intake.rejects["reason_code"].to_list() == ["unknown_source"]
    assert not intake.is_readable


def test_a_platform_column_names_the_source_of_each_row(tmp_path: Path) -> None:
    rows = [(*POST, "百姓呼声"), (*POST, "湘问·投诉直通车"), (*POST, "某论坛"), (*POST, "")]
    intake = intake_of(tmp_path, "posts/a.csv", csv_text(("时间", "标题", "正文", "平台"), *rows))
    assert intake.candidates["source_code"].to_list() == ["people_voice", "xiangwen"]
    assert intake.rejects["reason_code"].to_list() == ["unknown_platform"] * 2


def test_a_channel_column_names_the_platform_only_where_nothing_else_does(tmp_path: Path) -> None:
    posts = csv_text(("时间", "标题", "正文", "来源"), (*POST, "红网《百姓呼声》"))
    assert intake_of(tmp_path, "posts/a.csv", posts).candidates["source_code"].to_list() == ["people_voice"]
    tickets = csv_text((*HEADER, "诉求来源"), (*ROW, "红网"))
    found = intake_of(tmp_path, "tickets/a.csv", tickets).candidates.iloc[0]
    assert (found["source_code"], found["channel"]) == ("hotline_12345", "红网")


def test_posts_may_lack_an_id_column_but_not_an_id(tmp_path: Path) -> None:
    without = intake_of(tmp_path, "posts/百姓呼声.csv", csv_text(("时间", "标题", "正文"), POST))
    assert without.candidates["native_id"].to_list() == [None]
    half = csv_text(("帖子编号", "时间", "标题", "正文"), ("7", *POST), ("", *POST))
    intake = intake_of(tmp_path, "posts/百姓呼声.csv", half)
    assert intake.candidates["native_id"].to_list() == ["7"]
    assert intake.rejects["reason_code"].to_list() == ["missing_value"]


def test_running_numbers_are_no_ids(tmp_path: Path) -> None:
    intake = intake_of(tmp_path, "tickets/a.csv", csv_text(("编号", "受理时间", "诉求内容"), ROW))
    assert intake.rejects["reason_code"].to_list() == ["missing_columns"]


def test_every_canonical_column_is_carried(tmp_path: Path) -> None:
    cells = {
        "工单号": "A1",
        "登记时间": "2023/3/5 8:01",
        "诉求标题": " 标题 ",
        "反映内容": "\n\t\t内容 第一行\n第二行\t",
        "事发地址": "某路口",
        "区县": "某区",
        "街道": "某街道",
        "诉求类型": "投诉",
        "一级分类": "交通",
        "二级分类": "停车",
        "三级分类": "",
        "受理方式": "电话",
        "主办单位": "某大队",
        "工单状态": "已办结",
        "办理结果": "已答复",
        "办结时间": "未办结",
        "满意度": "满意",
        "是否保密": "不保密",
        "来电人": "某某",
        "来电号码": "0731-00000000",
        "联系地址": "某小区",
        "退单次数": "0",
        "隔离编号": "abc\ndef",
    }
    found = intake_of(tmp_path, "tickets/a.csv", csv_text(cells.keys(), cells.values()))
    row = found.candidates.iloc[0].dropna().to_dict()
    assert row["text"] == "内容 第一行\n第二行"
    assert (row["title"], row["district"], row["native_category"]) == ("标题", "某区/某街道", "交通/停车")
    assert (row["handling_unit"], row["reply"], row["satisfaction"]) == ("某大队", "已答复", "满意")
    assert (row["complainant_name"], row["complainant_phone"]) == ("某某", "0731-00000000")
    assert (row["complainant_address"], row["quarantine_id"]) == ("某小区", "abc\ndef")
    assert not row["is_confidential"]
    assert "replied_at" not in row
    assert not any("不认识" in note for note in found.notes)


def test_the_better_of_two_headings_is_taken_and_the_other_said(tmp_path: Path) -> None:
    content = csv_text(("工单编号", "登记时间", "受理时间", "内容"), ("A1", "2023-03-06", "2023-03-05", "内容"))
    intake = intake_of(tmp_path, "tickets/a.csv", content)
    assert intake.candidates["received_at"].iloc[0].day == 5
    assert any("没有采用：登记时间" in note for note in intake.notes)


def test_a_header_without_time_is_found_below_titles_and_footers_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ("某区年度工单",),
        (),
        ("工单编号", "标题", "内容"),
        ("A1", "路灯", "路灯不亮"),
        ("A2", "以上", "以上属实"),
    ):
        sheet.append(row)
    sheet.append(("导出完毕",))
    sheet.merge_cells("A6:C6")
    sheet.append(("合计", "2", "2"))
    book.save(tmp_path / "book.xlsx")
    intake = intake_of(tmp_path, "tickets/a.xlsx", (tmp_path / "book.xlsx").read_bytes())
    assert intake.candidates["native_id"].to_list() == ["A1", "A2"]
    assert intake.candidates["received_at"].isna().all()
    assert (intake.row_count, intake.skipped_count, len(intake.rejects)) == (2, 2, 0)
    assert any("没有时间列，受理时间留空" in note for note in intake.notes)


def test_a_time_column_with_an_empty_cell_is_no_sheet_without_times(tmp_path: Path) -> None:
    intake = intake_of(tmp_path, "tickets/a.csv", csv_text(HEADER, ("A1", "", "内容"), ROW))
    assert intake.rejects["column_name"].to_list() == ["received_at"]
    assert not any("没有时间列" in note for note in intake.notes)


def test_an_unknown_heading_that_may_be_the_time_is_asked_about(tmp_path: Path) -> None:
    intake = intake_of(tmp_path, "tickets/a.csv", csv_text(("工单编号", "建档日期", "内容"), ROW))
    assert "受理时间（不认识的“建档日期”可能是受理时间）" in intake.rejects["reason"].iloc[0]
    known = csv_text(("工单编号", "派单时间", "内容"), ROW)
    assert intake_of(tmp_path, "tickets/b.csv", known).candidates["received_at"].isna().all()


def test_titles_and_empty_rows_above_the_header(tmp_path: Path) -> None:
    content = xlsx_bytes(("某区热线工单",), (), ("导出时间：2023年4月1日",), HEADER, ROW, ("A2", *ROW[1:]))
    intake = intake_of(tmp_path, "tickets/a.xlsx", content)
    assert intake.candidates["row_number"].to_list() == [5, 6]
    assert any("表头在第 4 行" in note for note in intake.notes)


def test_row_numbers_are_physical_lines(tmp_path: Path) -> None:
    content = csv_text(HEADER, ("A1", "2023-03-05", "一\n二\n三"), (), ROW)
    assert intake_of(tmp_path, "tickets/a.csv", content).candidates["row_number"].to_list() == [2, 6]


def test_a_bad_optional_value_quarantines_its_row_with_every_reason(tmp_path: Path) -> None:
    content = csv_text((*HEADER, "答复时间", "是否保密"), (*ROW, "3/5/2023", "也许"), (*ROW, "", ""))
    intake = intake_of(tmp_path, "tickets/a.csv", content)
    assert intake.rejects["reason_code"].to_list() == ["ambiguous_date", "unknown_flag"]
    assert intake.rejects["column_name"].to_list() == ["replied_at", "is_confidential"]
    assert (intake.row_count, len(intake.candidates)) == (2, 1)


def test_what_stands_under_no_heading_is_said(tmp_path: Path) -> None:
    intake = intake_of(tmp_path, "tickets/a.xlsx", xlsx_bytes(HEADER, (*ROW, "旁注")))
    assert len(intake.candidates) == 1
    assert any("没有列名的列" in note for note in intake.notes)


def test_groups_over_headings_without_merged_cells(tmp_path: Path) -> None:
    top = ("工单编号", "受理信息", "", "诉求人信息", "", "诉求内容")
    bottom = ("", "时间", "方式", "姓名", "电话", "")
    content = csv_text(top, bottom, ("A1", "2023-03-05", "网络", "某某", "000", "内容"))
    intake = intake_of(tmp_path, "tickets/a.csv", content)
    found = intake.candidates.iloc[0]
    assert (found["native_id"], found["complainant_name"], found["complainant_phone"]) == ("A1", "某某", "000")
    assert any("表头占第 1–2 行" in note for note in intake.notes)
    assert any("受理信息方式" in note for note in intake.notes)


def test_a_first_row_of_data_is_never_taken_for_a_header(tmp_path: Path) -> None:
    content = csv_text((*HEADER, "附注一", "附注二"), (*ROW, "电话", "时间"), (*ROW, "标题", "地址"))
    assert intake_of(tmp_path, "tickets/a.csv", content).candidates["row_number"].to_list() == [2, 3]
