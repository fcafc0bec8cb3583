"""All outputs of a run: who gets which file, and what none of them may hold."""

import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pandas as pd
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import UnitRegister, load_units
from analysis.config import load_settings
from analysis.exchange.outputs import write_outputs
from tests.ledger_frames import CANARY, ISSUE, RUN, SOURCE_NAMES, build_tables, shown, time_left

_POLICE_BOOK = "整改台账/芙蓉交警大队整改台账.xlsx"


def _write(directory: Path, tables: dict[str, pd.DataFrame], units: UnitRegister | None = None) -> list[Path]:
    settings, scheme = load_settings(), load_scheme()
    return write_outputs(
        directory,
        shown(tables),
        settings,
        scheme,
        units or load_units(),
        RUN,
        ISSUE,
        time_left=time_left,
        source_names=SOURCE_NAMES,
    )


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return build_tables()


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory, tables: dict[str, pd.DataFrame]) -> Path:
    directory = tmp_path_factory.mktemp("processed") / "site"
    _write(directory, tables)
    return directory


def _books(directory: Path) -> Iterator[tuple[str, Workbook]]:
    for path in sorted(directory.rglob("*.xlsx")):
        yield path.relative_to(directory).as_posix(), openpyxl.load_workbook(path)


def _content(path: Path) -> str:
    """Everything that stands anywhere in a workbook: cells, properties, hidden sheets."""
    with ZipFile(path) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist())


def _table(sheet: Worksheet) -> list[dict[str, object]]:
    """Rows of a sheet under their headings; the filter tells where the headings stand."""
    first, last = (int(row) for row in re.findall(r"\d+", sheet.auto_filter.ref))
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=first, max_row=last)]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_each_responsible_unit_gets_its_book_and_only_leads_are_private(outputs: Path) -> None:
    modes = {
        p.relative_to(outputs).as_posix(): stat.S_IMODE(p.stat().st_mode) for p in outputs.rglob("*") if p.is_file()
    }
    assert modes == {
        _POLICE_BOOK: 0o640,
        "整改台账/区城管执法局整改台账.xlsx": 0o640,
        "整改台账/区交通运输局整改台账.xlsx": 0o640,
        "整改台账/区停车管理中心整改台账.xlsx": 0o640,
        "整改台账/高速交警长沙支队整改台账.xlsx": 0o640,
        "问题清单.xlsx": 0o640,
        "线索移送清单.xlsx": 0o600,
        "移送上级清单.xlsx": 0o640,
        "夜报.md": 0o640,
    }


def test_equal_input_gives_equal_bytes(tmp_path: Path, outputs: Path, tables: dict[str, pd.DataFrame]) -> None:
    for path in _write(tmp_path, tables):
        assert path.read_bytes() == (outputs / path.relative_to(tmp_path)).read_bytes()


def test_no_book_holds_a_formula_a_link_or_a_persons_name(outputs: Path) -> None:
    for name, book in _books(outputs):
        assert not any(c.data_type == "f" for sheet in book for row in sheet.iter_rows() for c in row), name
        assert not book.properties.creator
        assert not book.properties.lastModifiedBy
        content = _content(outputs / name)
        assert "<hyperlink" not in content
        assert "externalLink" not in content


_PAPER_IN_INCHES = {"9": (8.27, 11.69), "8": (11.69, 16.54)}
"""Short and long side of A4 and A3."""


def test_every_table_prints_with_its_heading_on_each_page(outputs: Path) -> None:
    for name, book in _books(outputs):
        for sheet in book:
            if sheet.sheet_state == "hidden":
                continue
            place = f"{name} {sheet.title}"
            heading = int(re.findall(r"\d+", sheet.auto_filter.ref)[0])
            if sheet.title != "判断说明":  # read on the screen
                assert _printed_points(sheet) > 7.9, place
            assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0), place
            assert sheet.sheet_properties.pageSetUpPr.fitToPage, place
            assert sheet.print_title_rows.endswith(f"${heading}"), place
            assert sheet.freeze_panes.endswith(str(heading + 1)), place
            assert sheet.print_area, place
            assert "&P" in sheet.oddFooter.center.text, place
            assert "&N" in sheet.oddFooter.center.text, place
            if sheet.title != "填写说明":
                assert sheet.page_setup.orientation == "landscape", place
            for row in range(1, sheet.max_row + 1):
                assert sheet.row_dimensions[row].height, f"{place} row {row}"


def _printed_points(sheet: Worksheet) -> float:
    """Return how large the text of a sheet is on paper, where its page is as wide as its print area."""
    last = openpyxl.utils.range_boundaries(sheet.print_area.split("!")[-1])[2]
    spans = sheet.column_dimensions.values()  # columns of one width that stand together are one of them
    width = sum(span.width * (min(span.max, last) - span.min + 1) for span in spans if span.min <= last)
    side = _PAPER_IN_INCHES[str(sheet.page_setup.paperSize)][sheet.page_setup.orientation == "landscape"]
    room = side - sheet.page_margins.left - sheet.page_margins.right
    return 10 * min(1, room * 96 / (7 * width))


def test_dates_and_numbers_have_room(outputs: Path) -> None:
    for name, book in _books(outputs):
        for sheet in book:
            heading = int(re.findall(r"\d+", sheet.auto_filter.ref)[0])
            for row in sheet.iter_rows(min_row=heading + 1):
                for cell in row:
                    if cell.is_date:
                        assert cell.alignment.shrink_to_fit, f"{name} {sheet.title} {cell.coordinate}"
                    elif isinstance(cell.value, int | float):
                        width = sheet.column_dimensions[cell.column_letter].width
                        assert len(str(cell.value)) + 1 <= width, f"{name} {sheet.title} {cell.coordinate}"


def test_a_units_book_tells_nothing_about_complainants(outputs: Path, tables: dict[str, pd.DataFrame]) -> None:
    for path in (*(outputs / "整改台账").glob("*.xlsx"), outputs / "移送上级清单.xlsx"):
        content = _content(path)
        assert CANARY not in content
        assert "张翠花" not in content
        for column in ("complaint_id", "native_id", "title", "complainant_key"):
            assert not [v for v in tables["complaints"][column].dropna() if f">{v}<" in content], column
        assert not re.search(r"T2026\d{8}", content)
        assert not re.search(r"2026-0[1-9]-\d\d \d\d:\d\d", content)


def test_times_that_no_source_tells_are_called_unknown(tmp_path: Path, tables: dict[str, pd.DataFrame]) -> None:
    _write(tmp_path, tables | {"complaints": tables["complaints"].assign(received_at=pd.NaT)})
    for name, title, headings in (
        (_POLICE_BOOK, "整改台账", ("首次反映", "最近反映")),
        ("问题清单.xlsx", "问题清单", ("首次反映", "最近反映")),
        ("问题清单.xlsx", "待定与复核", ("受理或首次反映",)),
        ("问题清单.xlsx", "诉求明细", ("受理时间",)),
        ("线索移送清单.xlsx", "线索移送清单", ("首次反映", "最近反映")),
    ):
        rows = _table(openpyxl.load_workbook(tmp_path / name)[title])
        assert rows
        assert {row[heading] for row in rows for heading in headings} == {"不详"}, title


def test_leads_never_reach_a_unit_nor_the_open_list(outputs: Path) -> None:
    leads = ("FR-2026-0019", "FR-2026-0020", "寻租", "索贿", "约定分成", "收取费用后放行")
    for path in (outputs / "整改台账").glob("*.xlsx"):
        assert not [words for words in leads if words in _content(path)]
    listed = _content(outputs / "问题清单.xlsx") + (outputs / "夜报.md").read_text()
    assert not [words for words in (*leads[:2], *leads[4:]) if words in listed]
    handed_over = _table(openpyxl.load_workbook(outputs / "线索移送清单.xlsx")["线索移送清单"])
    assert [row["线索编号"] for row in handed_over] == ["FR-2026-0019", "FR-2026-0020"]


def test_text_of_a_complaint_with_a_lead_is_shown_beside_the_lead_only(
    tmp_path: Path, tables: dict[str, pd.DataFrame]
) -> None:
    assessments, links = tables["assessments"], tables["problem_complaints"]
    lead = assessments[assessments["sub_problem_code"] == "rent_seeking.bribery"].iloc[:1]
    also = {"sub_problem_code": "irregular.inaction"}
    tables = tables | {
        "assessments": pd.concat([assessments, lead.assign(**also)]),
        "problem_complaints": pd.concat(
            [
                links,
                links[links["complaint_id"] == lead["complaint_id"].iloc[0]].assign(problem_id="FR-2026-0007", **also),
            ]
        ),
    }
    _write(tmp_path, tables)
    rows = _table(openpyxl.load_workbook(tmp_path / "问题清单.xlsx")["诉求明细"])
    (row,) = [r for r in rows if r["诉求编号"] == lead["complaint_id"].iloc[0]]
    assert row["标题与内容（已去隐私；红色粗体为判断依据）"] == "（含线索内容，见《线索移送清单》）"


def test_small_counts_and_rare_places_are_not_told_to_units(outputs: Path) -> None:
    rows = {row["问题编号"]: row for row in _table(openpyxl.load_workbook(outputs / _POLICE_BOOK)["整改台账"])}
    assert (rows["FR-2026-0007"]["涉及诉求数"], rows["FR-2026-0007"]["涉及人数"]) == ("少于5", "少于5")
    assert (rows["FR-2026-0006"]["涉及诉求数"], rows["FR-2026-0006"]["涉及人数"]) == (9, "少于5")
    assert rows["FR-2026-0006"]["地点"] == "辖区内"
    assert rows["FR-2026-0003"]["地点"] == "韶山北路"
    assert rows["FR-2026-0001"]["首次反映"] == "2026年1月"
    assert rows["FR-2026-0007"]["首次反映"] == rows["FR-2026-0006"]["最近反映"] == "不写"
    for path in (outputs / "整改台账").glob("*.xlsx"):
        for row in _table(openpyxl.load_workbook(path)["整改台账"]):
            for heading in ("涉及诉求数", "涉及人数"):
                assert row[heading] == "少于5" or int(str(row[heading])) >= 5


def test_a_units_book_has_the_columns_of_the_offices_ledger_and_explains_each(outputs: Path) -> None:
    book = openpyxl.load_workbook(outputs / _POLICE_BOOK)
    assert book.sheetnames[:2] == ["填写说明", "整改台账"]
    headings = list(_table(book["整改台账"])[0])
    expected = (
        "序号 问题编号 问题来源 问题类别 问题小类 具体问题 涉及诉求数 涉及人数 地点 "
        "责任单位 配合单位 责任领导 责任人 整改目标 整改措施 整改时限 时限状态 整改进展 完成日期 佐证材料 佐证日期 "
        "申请事项 申请理由 申请延期至 状态 核查意见 备注 首次反映 最近反映 销号日期 "
        "行标识 版本 单位代码 导出编号 校验码"
    )
    assert headings == expected.split()
    explained = _table(book["填写说明"])
    assert [row["栏目"] for row in explained] == headings[: headings.index("行标识")]
    assert all(row["怎样填写"] for row in explained)


def test_overdue_is_told_in_colour_and_in_words(outputs: Path) -> None:
    sheet = openpyxl.load_workbook(outputs / _POLICE_BOOK)["整改台账"]
    cells = [cell for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("超期") and cell.row > 7]
    assert [cell.value for cell in cells] == ["超期3天", "超期11天"]
    assert {cell.fill.start_color.rgb for cell in cells} == {"FFF4B183"}


def test_what_the_unit_fills_in_is_checked_while_typing(outputs: Path) -> None:
    book = openpyxl.load_workbook(outputs / _POLICE_BOOK)
    sheet = book["整改台账"]
    headings = {cell.value: cell.column for cell in sheet[int(re.findall(r"\d+", sheet.auto_filter.ref)[0])]}
    rules = {}
    for rule in sheet.data_validations.dataValidation:
        (cells,) = rule.sqref.ranges
        assert cells.size["rows"] == 7
        rules[cells.min_col] = rule
    assert rules[headings["整改进展"]].formula1 == '"完成整改,达到序时进度,未达序时进度"'
    assert rules[headings["申请事项"]].formula1 == '"申请销号,申请延期,提出异议,撤回销号申请"'
    for heading in ("完成日期", "佐证日期", "申请延期至"):
        assert rules[headings[heading]].type == "date"
    assert not {rules.get(headings[heading]) for heading in ("整改时限", "销号日期", "状态")} - {None}
    assert rules[headings["配合单位"]].errorStyle == "information"


def test_a_long_list_of_units_is_chosen_from_a_hidden_sheet(tmp_path: Path, tables: dict[str, pd.DataFrame]) -> None:
    register = load_units()
    police = register["furong.traffic_police"]
    many = tuple(
        police.model_copy(update={"unit_id": f"more.{n}", "short_name": f"第{n}执法中队办公室"}) for n in range(40)
    )
    _write(tmp_path, tables, register.model_copy(update={"unit": register.unit + many}))
    book = openpyxl.load_workbook(tmp_path / _POLICE_BOOK)
    assert book["选项"].sheet_state == "hidden"
    sources = [rule.formula1 for rule in book["整改台账"].data_validations.dataValidation if rule.type == "list"]
    assert f"'选项'!$A$1:$A${len(register.unit) + 39}" in sources
    assert book["选项"].max_row == len(register.unit) + 39


def test_the_problem_list_shows_exact_reach_and_evidence(outputs: Path) -> None:
    path = outputs / "问题清单.xlsx"
    book = openpyxl.load_workbook(path, rich_text=True)
    assert book.sheetnames == [
        "问题清单",
        "单位汇总",
        "类别汇总",
        "来源汇总",
        "待定与复核",
        "诉求明细",
        "判断说明",
        "隔离区",
        "说明",
    ]
    problems = {row["问题编号"]: row for row in _table(book["问题清单"])}
    assert len(problems) == 18
    small = problems["FR-2026-0007"]
    assert (small["诉求数"], small["人数"], small["事项数"]) == (3, 3, 2)
    details = _table(book["诉求明细"])
    assert len(details) == 300 - 12
    marked = [part.text for part in details[0]["标题与内容（已去隐私；红色粗体为判断依据）"] if part.font.b]
    assert marked == ["医院、学校周边没有施划停车泊位"]
    assert details[0]["来源"] == "12345热线"
    assert (details[0]["文件"], details[0]["工作表"], details[0]["行号"]) == ("tickets/2026年工单.xlsx", "工单", 4)


def test_totals_are_of_distinct_complaints_persons_and_matters(outputs: Path, tables: dict[str, pd.DataFrame]) -> None:
    book = openpyxl.load_workbook(outputs / "问题清单.xlsx")
    by_category = _table(book["类别汇总"])
    assert by_category[-1]["诉求数"] == tables["problem_complaints"]["complaint_id"].nunique()
    assert sum(row["问题数"] for row in by_category if row["问题小类"] == "小计") == 20
    by_unit = _table(book["单位汇总"])
    assert by_unit[-1]["问题数"] == sum(row["问题数"] for row in by_unit[:-1]) == 18


def test_what_waits_for_a_decision_is_listed_once(outputs: Path) -> None:
    rows = _table(openpyxl.load_workbook(outputs / "问题清单.xlsx")["待定与复核"])
    assert [row["要决定的事"] for row in rows] == ["核定责任单位"] * 2 + ["是否纳入"] * 10
    scores = [row["纳入分"] for row in rows[2:]]
    assert scores == sorted(scores, reverse=True)
    assert CANARY not in str(rows)


def test_what_units_of_higher_offices_must_do_is_listed_without_leads(
    outputs: Path, tables: dict[str, pd.DataFrame]
) -> None:
    rows = _table(openpyxl.load_workbook(outputs / "移送上级清单.xlsx")["移送上级清单"])
    problems, scheme = tables["problems"], load_scheme()
    is_lead = problems["sub_problem_code"].map(lambda code: scheme.category_of(code).is_restricted)
    is_theirs = problems["unit_id"].isin(["furong.traffic_police", "hunan.expressway_police"])
    assert is_lead[is_theirs].any()
    assert {row["问题编号"] for row in rows} == set(problems.loc[is_theirs & ~is_lead, "problem_id"])
    assert {row["办理方式"] for row in rows} == {"垂直管理：提请整改并上报", "市属：移送上级"}
    assert "少于5" in {row["诉求数"] for row in rows}


def test_books_with_nothing_left_to_show_are_set_aside(tmp_path: Path, tables: dict[str, pd.DataFrame]) -> None:
    _write(tmp_path, tables)
    old = (tmp_path / _POLICE_BOOK).read_bytes()
    stranger = tmp_path / "整改台账" / "返回的台账.xlsx"
    stranger.write_bytes(b"mine")
    keep = tables["problems"]["unit_id"] == "furong.parking"
    kept = tables["problems"][keep]
    links = tables["problem_complaints"]
    left = tables | {
        "problems": kept,
        "problem_complaints": links[links["problem_id"].isin(kept["problem_id"])],
        "assessments": tables["assessments"].iloc[:0],
    }
    written = _write(tmp_path, left)
    assert [p.name for p in written] == ["区停车管理中心整改台账.xlsx", "问题清单.xlsx", "夜报.md"]
    assert not (tmp_path / _POLICE_BOOK).exists()
    assert (tmp_path / "整改台账/已停用/芙蓉交警大队整改台账.xlsx").read_bytes() == old
    assert stat.S_IMODE((tmp_path / "已停用/线索移送清单.xlsx").stat().st_mode) == 0o600
    assert stranger.read_bytes() == b"mine"


def test_units_of_one_short_name_and_of_odd_names_get_books_of_their_own(
    tmp_path: Path, tables: dict[str, pd.DataFrame]
) -> None:
    register = load_units()
    renamed = tuple(unit.model_copy(update={"short_name": "执法/大队:*"}) for unit in register.unit)
    _write(tmp_path, tables, register.model_copy(update={"unit": renamed}))
    names = {p.name for p in (tmp_path / "整改台账").iterdir()}
    assert "执法_大队__（furong.traffic_police）整改台账.xlsx" in names
    assert len(names) == 5


def test_an_empty_site_gets_its_list_and_digest(tmp_path: Path, tables: dict[str, pd.DataFrame]) -> None:
    empty = {name: frame.iloc[:0] for name, frame in tables.items()}
    assert [p.name for p in _write(tmp_path, empty)] == ["问题清单.xlsx", "夜报.md"]
    assert "没有需要人处理的事。" in (tmp_path / "夜报.md").read_text()


def test_hostile_statements_and_names_stay_text(tmp_path: Path, tables: dict[str, pd.DataFrame]) -> None:
    problems = tables["problems"].assign(statement='=HYPERLINK("http://x")\x00\n\'|<b>')
    files = tables["raw_files"].assign(file_name="=cmd|' /C calc'!A0")
    _write(tmp_path, tables | {"problems": problems, "raw_files": files})
    for name, book in _books(tmp_path):
        assert not any(c.data_type == "f" for sheet in book for row in sheet.iter_rows() for c in row), name


def test_the_run_is_named_on_every_sheet(outputs: Path) -> None:
    for name, book in _books(outputs):
        for sheet in book:
            if sheet.sheet_state != "hidden":
                assert RUN.run_id in str(sheet.cell(2, 1).value), name
    assert RUN.run_id in (outputs / "夜报.md").read_text()


def test_a_run_without_model_says_so(tmp_path: Path, tables: dict[str, pd.DataFrame]) -> None:
    run = replace(RUN, model_id=None)
    write_outputs(
        tmp_path, shown(tables), load_settings(), load_scheme(), load_units(), run, ISSUE, time_left=time_left
    )
    assert "模型 无" in (tmp_path / "夜报.md").read_text()
