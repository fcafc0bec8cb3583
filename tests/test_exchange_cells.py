"""Text in cells: never a formula, never an illegal character, never cut silently, with room to be read."""

from datetime import date
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.exchange.cells import CELL_LIMIT, clean_text, cut_to_cell, reads_as_formula, wrapped_line_count
from analysis.exchange.sheet_writer import write_book
from analysis.exchange.sheets import Book, Kind, Marked, Sheet, SheetColumn, SheetRow, Value
from analysis.exchange.style import Filler

_HOSTILE = [
    "=1+1",
    "+8613800000000",
    "-1",
    "@SUM(A1)",
    "\t=cmd|' /C calc'!A0",
    "\r=1",
    " =1",
    "＝1+1",
    "http://example.com/x",
    "{=A1}",
    "_x0041_",
    "a\x00b\x0bc\x1fd",
    "lone \ud800 surrogate \uffff",
    "\u202eright to left\u200b",
    "0139",
    "2026-11-20",
    "<f>1</f>&amp;",
    "字" * 40_000,
    "😀" * 20_000,
]


def _write(path: Path, values: list[Value], kind: Kind = Kind.TEXT, filler: Filler = Filler.SYSTEM) -> Path:
    columns = (SheetColumn("a", "栏", 20, kind, filler), SheetColumn("b", "栏二", 20))
    sheet = Sheet("表", "标题", "副题", columns, [SheetRow({"a": value}) for value in values])
    return write_book(path, Book("标题", "某办", date(2026, 11, 23), (sheet,)))


def _read(path: Path) -> list[openpyxl.cell.Cell]:
    return [row[0] for row in openpyxl.load_workbook(path)["表"].iter_rows(min_row=4)]


@pytest.mark.parametrize("filler", list(Filler))
def test_hostile_texts_come_back_as_text(tmp_path: Path, filler: Filler) -> None:
    path = _write(tmp_path / "a.xlsx", list(_HOSTILE), filler=filler)
    cells = _read(path)
    assert [cell.data_type for cell in cells] == ["s"] * len(_HOSTILE)
    # openpyxl gives the escape of the file format back as it is written
    shown = [str(cell.value).replace("_x005F_", "_") for cell in cells]
    assert shown == [cut_to_cell(clean_text(text)) for text in _HOSTILE]
    with ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet


def test_formula_like_text_keeps_its_apostrophe_when_typed_again(tmp_path: Path) -> None:
    cells = _read(_write(tmp_path / "a.xlsx", list(_HOSTILE)))
    assert [cell.quotePrefix for cell in cells] == [reads_as_formula(text) for text in _HOSTILE]
    assert sum(cell.quotePrefix for cell in cells) == 8


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(), max_size=60), min_size=1, max_size=8))
def test_any_text_survives_a_workbook(tmp_path: Path, texts: list[str]) -> None:
    cells = _read(_write(tmp_path / "any.xlsx", list(texts)))
    assert all(cell.data_type in ("s", "n") for cell in cells)
    for cell, text in zip(cells, texts, strict=True):
        assert (cell.value or "") == clean_text(text) or "_x" in str(cell.value)


def test_text_over_the_limit_is_cut_visibly_by_what_excel_counts() -> None:
    for character in "字😀":
        text = character * 40_000
        cut = cut_to_cell(text)
        assert len(cut.encode("utf-16-le")) // 2 <= CELL_LIMIT
        assert cut.endswith("【此处截断：单元格放不下，原文共40000字】")
    assert cut_to_cell("字" * CELL_LIMIT) == "字" * CELL_LIMIT


@pytest.mark.parametrize(
    ("text", "units", "lines"),
    [
        ("", 10, 1),
        ("整改台账", 8, 1),
        ("整改台账", 7, 2),
        ("整改\n台账", 20, 2),
        ("FR-2026-0001", 8, 2),
        ("见FR-2026", 9, 2),
        ("字" * 100, 20, 10),
    ],
)
def test_lines_are_counted_as_office_programs_wrap(text: str, units: float, lines: int) -> None:
    assert wrapped_line_count(text, units) == lines


def test_rows_grow_with_their_text(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.xlsx", ["短", "长" * 200])
    rows = openpyxl.load_workbook(path)["表"].row_dimensions
    assert rows[5].height > 10 * rows[4].height


@pytest.mark.parametrize(
    "marked",
    [Marked("前中后", 1, 2), Marked("中后", 0, 1), Marked("前中", 1, 2), Marked("=1+1", 0, 1), Marked("全", 0, 1)],
)
def test_marked_text_keeps_all_its_characters_and_one_red_part(tmp_path: Path, marked: Marked) -> None:
    path = _write(tmp_path / "a.xlsx", [marked])
    assert _read(path)[0].value == marked.text
    cell = openpyxl.load_workbook(path, rich_text=True)["表"].cell(4, 1)
    if marked.end - marked.start < len(marked.text):
        red = [part.text for part in cell.value if part.font.b]
        assert red == [marked.text[marked.start : marked.end]]
    else:
        assert cell.font.b


def test_numbers_and_dates_are_numbers_and_dates(tmp_path: Path) -> None:
    cell = _read(_write(tmp_path / "a.xlsx", [date(2026, 11, 20)], Kind.DATE))[0]
    assert cell.is_date
    assert cell.number_format == "yyyy-mm-dd"
    assert _read(_write(tmp_path / "b.xlsx", [1234], Kind.COUNT))[0].value == 1234


def test_an_empty_table_says_so_and_still_prints(tmp_path: Path) -> None:
    assert _read(_write(tmp_path / "a.xlsx", []))[0].value == "（无）"
