"""Hostile input, made in code: every file with what must become of it."""

import csv
import datetime as dt
import io
import json
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import openpyxl
import xlsxwriter

from tests.biff import write_ole, write_xls

HEADER = ("工单编号", "受理时间", "标题", "诉求内容")
TIME = "2023-03-05 08:01"
TEXT = "市民来电反映：某路口信号灯时间太短，希望核实。"
ROW = ("2023030500001", TIME, "路口信号灯", TEXT)
OTHER = ("2023030500002", "2023/3/6 9:15:30", "停车收费", "停车场出口处排队很久。")
_MEGABYTE = 1 << 20


@dataclass(frozen=True)
class HostileCase:
    """A hostile file and what must become of it.

    accepted: text by native id of the rows that must be accepted (all of them, unchanged).
    rejected: reason codes by row number of what must be quarantined; None for the file or a sheet.
    skipped: rows without data.
    note: a part of a note that must be given.
    """

    name: str
    file_name: str
    accepted: Mapping[str, str] = field(default_factory=dict)
    rejected: Mapping[int | None, set[str]] = field(default_factory=dict)
    skipped: int = 0
    note: str = ""


@dataclass(frozen=True)
class _Hostile:
    case: HostileCase
    write: Callable[[Path], object]


def write_hostile(directory: Path) -> list[HostileCase]:
    """Write all hostile files below `directory` (a raw directory) and return what must become of each."""
    cases = []
    for hostile in _all():
        path = directory / hostile.case.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        hostile.write(path)
        cases.append(hostile.case)
    names = [c.name for c in cases]
    assert len(set(names)) == len(names)
    return cases


def _all() -> Iterator[_Hostile]:
    for group in (_broken_files, _wrong_kinds, _encodings, _texts, _ids, _dates, _books, _old_books, _json, _names):
        yield from group()


def _case(
    name: str,
    content: bytes | str | Callable[[Path], object],
    accepted: Sequence[Sequence[str]] = (),
    rejected: str | Mapping[int | None, str] | None = None,
    *,
    file: str = "",
    skipped: int = 0,
    note: str = "",
) -> _Hostile:
    """`accepted`: rows like ROW; `rejected`: a code for the whole file, or codes by row (several joined by a space)."""
    codes: Mapping[int | None, str] = {None: rejected} if isinstance(rejected, str) else rejected or {}
    case = HostileCase(
        name,
        f"tickets/{file or name + '.csv'}",
        {row[0]: row[3] for row in accepted},
        {row: set(code.split()) for row, code in codes.items()},
        skipped,
        note,
    )
    if callable(content):
        return _Hostile(case, content)
    data = content.encode("utf-8") if isinstance(content, str) else content
    return _Hostile(case, lambda path: path.write_bytes(data))


def _csv(*rows: Sequence[str], header: Sequence[str] = HEADER, **dialect: Any) -> str:
    out = io.StringIO()
    csv.writer(out, **dialect).writerows([header, *rows])
    return out.getvalue()


def _xlsx(*rows: Sequence[Any], header: Sequence[Any] = HEADER) -> bytes:
    book = openpyxl.Workbook()
    for row in (header, *rows):
        book.active.append(row)  # type: ignore[union-attr]
    return _saved(book)


def _saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _parts(workbook: bytes, changes: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    """Return a workbook with some of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, bytes)(old.read(name)))
        for name in changes.keys() - set(old.namelist()):
            new.writestr(name, changes[name](b""))
    return out.getvalue()


def _zip(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_DOT_", "."), content)
    return out.getvalue()


_SHEET = "xl/worksheets/sheet1.xml"


def _bomb(megabytes: int) -> bytes:
    filler = b"<!--" + b" " * (megabytes * _MEGABYTE) + b"-->"
    return _parts(_xlsx(ROW), {_SHEET: lambda part: part.replace(b"</sheetData>", b"</sheetData>" + filler)})


def _lying_bomb() -> bytes:
    """Return a workbook whose directory gives a far smaller size than the sheet unpacks to."""
    data = _bomb(40)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = archive.getinfo(_SHEET).file_size
    return data.replace(size.to_bytes(4, "little"), (5000).to_bytes(4, "little"))


def _cell_at(reference: str, value: str = "1") -> bytes:
    row = re.sub(r"\D", "", reference)
    cell = f'<row r="{row}"><c r="{reference}"><v>{value}</v></c></row></sheetData>'.encode()
    return _parts(_xlsx(ROW), {_SHEET: lambda part: part.replace(b"</sheetData>", cell)})


def _many_entries() -> bytes:
    return _parts(_xlsx(ROW), {f"xl/media/{i}.txt": bytes for i in range(10_001)})


def _broken_files() -> Iterator[_Hostile]:
    yield _case("empty", b"", rejected="empty_file")
    yield _case("only_bom", b"\xef\xbb\xbf", rejected="empty_file")
    yield _case("only_white_space", b"\r\n \t\r\n", rejected="empty_file")
    yield _case("empty_workbook_name", b"", rejected="empty_file", file="empty.xlsx")
    yield _case("truncated_workbook", _xlsx(ROW)[:-900], rejected="damaged_zip", file="truncated.xlsx")
    yield _case("zip_with_flipped_bytes", _flipped(_xlsx(ROW)), rejected="damaged_zip", file="flipped.xlsx")
    broken_sheet = _parts(_xlsx(ROW), {_SHEET: lambda part: part[: len(part) // 2]})
    yield _case("sheet_cut_short", broken_sheet, rejected="damaged_workbook", file="cut.xlsx")
    yield _case("unpacks_to_300_mb", _bomb(300), rejected="zip_bomb", file="bomb.xlsx")
    yield _case("lies_about_its_size", _lying_bomb(), rejected="damaged_zip", file="lying.xlsx")
    yield _case("ten_thousand_parts", _many_entries(), rejected="zip_bomb", file="parts.xlsx")
    yield _case("cell_at_the_far_corner", _cell_at("XFD1048576"), rejected="far_cell", file="far.xlsx")
    yield _case("cell_far_down_and_right", _cell_at("ZZ1048576"), rejected="out_of_memory", file="far2.xlsx")
    yield _case("far_cell_said_by_dimension_only", _false_dimension(), [ROW], file="dimension.xlsx")
    yield _case("gzip_named_csv", b"\x1f\x8b\x08\x00" + b"\x00" * 50, rejected="wrong_kind", file="gz.csv")
    yield _case(
        "nested_path_in_zip", _parts(_xlsx(ROW), {"../../evil.xml": lambda _: b"<x/>"}), [ROW], file="path.xlsx"
    )


def _flipped(data: bytes) -> bytes:
    middle = data.index(b"xl/worksheets/sheet1.xml") + 60
    return data[:middle] + bytes(255 - b for b in data[middle : middle + 40]) + data[middle + 40 :]


def _false_dimension() -> bytes:
    return _parts(
        _xlsx(ROW), {_SHEET: lambda part: re.sub(rb'dimension ref="[^"]+"', b'dimension ref="A1:XFD1048576"', part)}
    )


_HTML = (
    "<html><head><meta charset='gb2312'></head><body>"
    "<table border=1><tr>{head}</tr><tr>{row}</tr></table></body></html>"
)


def _html() -> str:
    head = "".join(f"<th>{h}</th>" for h in HEADER)
    return _HTML.format(head=head, row="".join(f"<td> {c}&nbsp;</td>" for c in ROW))


def _wrong_kinds() -> Iterator[_Hostile]:
    suffix_note = "已按内容读取"
    yield _case("csv_named_xlsx", _csv(ROW), [ROW], file="text.xlsx", note=suffix_note)
    yield _case("xlsx_named_csv", _xlsx(ROW), [ROW], file="book.csv", note=suffix_note)
    yield _case("xlsx_named_xls", _xlsx(ROW), [ROW], file="book.xls", note=suffix_note)
    yield _case("html_named_xls", _html(), [ROW], file="page.xls")
    yield _case("gb_html_named_xls", _html().encode("gb18030"), [ROW], file="page_gb.xls")
    yield _case("html_cut_short", _html()[:-30], rejected="broken_html", file="page_cut.xls")
    yield _case("page_without_table", "<html><body>请登录</body></html>", rejected="broken_html", file="login.xls")
    yield _case("png_named_xls", b"\x89PNG\r\n\x1a\n" + bytes(100), rejected="wrong_kind", file="picture.xls")
    yield _case("pdf_named_csv", b"%PDF-1.7\n" + bytes(100), rejected="wrong_kind", file="paper.csv")
    docx = _zip(word__document_DOT_xml=b"<w/>")
    yield _case("docx_named_xlsx", docx, rejected="wrong_kind", file="letter.xlsx")
    yield _case("zip_named_xlsx", _zip(a_DOT_csv=_csv(ROW).encode()), rejected="wrong_kind", file="packed.xlsx")
    yield _case("xlsb_named_xlsx", _zip(xl__workbook_DOT_bin=b"x"), rejected="unsupported_format", file="binary.xlsx")
    yield _case("zip_without_parts", b"PK\x05\x06" + bytes(18), rejected="wrong_kind", file="nothing.xlsx")
    xml = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
    yield _case("excel_2003_xml", xml, rejected="unsupported_format", file="old.xls")
    yield _case("other_suffix", _csv(ROW), rejected="unsupported_suffix", file="data.dbf")
    yield _case("no_suffix", _csv(ROW), rejected="unsupported_suffix", file="data")


def _timeless() -> Iterator[_Hostile]:
    head = "序号,工单编号,标题,内容\n"
    first, second = ("A1", "", "标题", "内容"), ("A2", "", "标题", "第二件")
    body = "1,A1,标题,内容\n2,A2,标题,第二件\n"
    note = "没有时间列，受理时间留空"
    yield _case("no_time_column", head + body, [first, second], note=note)
    closing = "合计,,2,\n合计,2,2,2\n,合计,2,\n共2条,,,\n制表人：某某,,,\n序号,工单编号,标题,内容\n3,,,\n"
    yield _case("no_time_column_but_footers", head + body + closing, [first, second], skipped=7)
    faulty = "3,,标题,没有编号\n4,4.3E+17,标题,编号损坏\n5,A5,,\n,,以上问题,没有编号\n"
    yield _case(
        "no_time_column_and_bad_rows",
        head + body + faulty,
        [first, second],
        {4: "missing_value", 5: "scientific_id", 6: "missing_value", 7: "missing_value"},
    )
    torn = "2,A2,标题,第一行\n半角,逗号的第二行\n3,A3,标题,内容\n"
    yield _case(
        "no_time_column_and_a_torn_row",
        head + "1,A1,标题,内容\n" + torn,
        [first, ("A3", "", "标题", "内容")],
        {3: "torn_row", 4: "ragged_row"},
    )
    yield _case("no_time_column_and_a_short_row", head + "1,A1,标题,内容\n2,A2,标题\n", [first], {3: "ragged_row"})
    swallowed = '3,A3,标题,"开了引号\n4,A4,标题,被吞掉的内容\n5,A5,标题,引号在这里关上"\n'
    yield _case("no_time_column_and_swallowed_rows", head + body + swallowed, [first, second], {4: "swallowed_rows"})
    commas = '2,A2,标题,"第二件\n门前,路口,桥下,都是车"\n'
    quoted = ("A2", "", "标题", "第二件\n门前,路口,桥下,都是车")
    yield _case("no_time_column_and_commas_in_lines", head + "1,A1,标题,内容\n" + commas, [first, quoted])
    yield _case("unknown_time_column", "工单编号,建档时间,内容\n1,2023-03-05,内容\n", rejected="missing_columns")
    yield _case("neither_time_nor_id", "序号,标题,内容\n1,标题,内容\n", rejected="missing_columns")


def _encodings() -> Iterator[_Hostile]:
    text = _csv(ROW, OTHER)
    yield _case("utf8_bom", b"\xef\xbb\xbf" + text.encode(), [ROW, OTHER])
    yield _case("utf16_le_bom", b"\xff\xfe" + text.encode("utf-16-le"), [ROW, OTHER])
    yield _case("utf16_be_bom", b"\xfe\xff" + text.encode("utf-16-be"), [ROW, OTHER])
    yield _case("utf16_le_without_bom", text.encode("utf-16-le"), [ROW, OTHER])
    yield _case("utf16_be_without_bom", text.encode("utf-16-be"), [ROW, OTHER])
    yield _case("utf16_cut_short", b"\xff\xfe" + text.encode("utf-16-le")[:-1], rejected="unknown_encoding")
    rare = ("1", TIME, "标题", "𠮷野家门口，䶮字，表情😀，〇")
    yield _case("gb18030_with_rare_characters", _csv(rare).encode("gb18030"), [rare])
    yield _case(
        "gb18030_row_in_utf8",
        text.encode() + _csv(("3", *ROW[1:]))[len(_csv()) :].encode("gb18030"),
        [ROW, OTHER],
        {4: "mixed_encoding"},
    )
    yield _case(
        "utf8_row_in_gb18030",
        text.encode("gb18030") + _csv(("3", *ROW[1:]))[len(_csv()) :].encode(),
        [ROW, OTHER],
        {4: "mixed_encoding"},
    )
    yield _case("utf8_cut_in_a_character", text.encode().rstrip()[:-1], [ROW], {3: "mixed_encoding"})
    yield _case("neither_encoding", b"\xff\xff\xff,\xff\xfe\n" * 5, rejected="unknown_encoding")
    yield _case(
        "big5",
        _csv(("1", TIME, "標題", "內容"), header=("工單編號", "受理時間", "標題", "訴求內容")).encode("big5"),
        rejected="no_header",
    )
    nul = ("3", TIME, "标题", "内容里有\x00空字符")
    yield _case("nul_in_a_cell", _csv(ROW, nul), [ROW], {3: "nul_character"})
    yield _case("nuls_only", bytes(1000), rejected="empty_file")
    lost = ("3", TIME, "标题", "原导出丢了一个\ufffd字")
    yield _case("replacement_character", _csv(lost), [lost], note="丢失的字")


def _texts() -> Iterator[_Hostile]:
    long_row = ("3", TIME, "标题", "长" * 1_000_000)
    yield _case("a_million_characters", _csv(ROW, long_row, OTHER), [ROW, OTHER], {3: "long_text"})
    limit_row = ("3", TIME, "标题", "长" * 100_000)
    yield _case("as_long_as_allowed", _csv(limit_row), [limit_row])
    multiline = ("3", TIME, "标题", '第一行\r\n第二行，带逗号,和"引号"')
    yield _case("line_breaks_in_a_cell", _csv(multiline, OTHER), [multiline, OTHER])
    yield _case("tabs", _csv(ROW, OTHER, delimiter="\t"), [ROW, OTHER], file="tabs.tsv")
    yield _case("semicolons", _csv(ROW, OTHER, delimiter=";"), [ROW, OTHER])
    yield _case("sep_directive", "sep=;\r\n" + _csv(ROW, delimiter=";"), [ROW])
    yield _case("old_mac_line_ends", _csv(ROW, OTHER, lineterminator="\r"), [ROW, OTHER])
    ragged = f"3,{TIME},标题,内容没有引号,有逗号\n4,{TIME},少一列\n"
    yield _case(
        "ragged_rows", _csv(ROW) + ragged + _csv(OTHER)[len(_csv()) :], [ROW, OTHER], {3: "ragged_row", 4: "ragged_row"}
    )
    torn = f"3,{TIME},标题,内容没有引号\n却换了行\n"
    yield _case("torn_row", _csv(ROW) + torn, [ROW], {3: "torn_row", 4: "ragged_row"})
    yield _case("trailing_commas", _csv(ROW).replace("\r\n", ",,\r\n", 2), [ROW])
    open_quote = f'3,{TIME},"标题,内容\n'
    yield _case(
        "open_quote", _csv(ROW) + open_quote + _csv(OTHER)[len(_csv()) :], [ROW, OTHER], {3: "unbalanced_quotes"}
    )
    stray_quote = f'3,{TIME},"标"题,内容\n'
    yield _case(
        "stray_quote", _csv(ROW) + stray_quote + _csv(OTHER)[len(_csv()) :], [ROW, OTHER], {3: "unbalanced_quotes"}
    )
    swallowed = f'3,{TIME},标题,"开了引号\n4,{TIME},标题,被吞掉的内容\n5,{TIME},标题,引号在这里关上"\n'
    yield _case(
        "quote_swallows_rows", _csv(ROW) + swallowed + _csv(OTHER)[len(_csv()) :], [ROW, OTHER], {3: "swallowed_rows"}
    )
    yield _case("quotes_broken_everywhere", _csv(ROW) + '"x"y,1,2,3\n' * 300, rejected="broken_quotes")
    injection = ("3", TIME, "=cmd|'/c calc'!A1", "@SUM(1+1)*cmd|' /C calc'!A0")
    yield _case("formula_injection", _csv(injection), [injection])
    emoji = ("3", TIME, "标题👮‍♂️", "罚款200元😡\u200b真是\u202e服了")
    yield _case("emoji_and_marks_in_text", _csv(emoji), [emoji])
    yield _case("header_only", _csv(), note="没有数据")
    yield _case("no_header", "1,2023-03-05,张某,内容\n2,2023-03-06,李某,内容\n", rejected="no_header")
    yield from _timeless()
    twice = ("工单编号", "受理时间", "标题", "诉求内容", "诉求内容")
    yield _case(
        "heading_twice", _csv((*ROW, TEXT), (*OTHER, "另一个内容"), header=twice), [ROW], {3: "conflicting_columns"}
    )
    yield _case("totals_and_footers", _csv(ROW, ("合计", "", "1", ""), ("制表人：某某", "", "", "")), [ROW], skipped=2)
    yield _case("header_repeated", _csv(ROW, HEADER, OTHER), [ROW, OTHER], skipped=1)
    yield _case(
        "missing_values",
        _csv(("", *ROW[1:]), ("2", "", *ROW[2:]), ("3", TIME, "", " \t"), OTHER),
        [OTHER],
        {2: "missing_value", 3: "missing_value", 4: "missing_value"},
    )
    title_only = ("3", TIME, "只有标题", "")
    yield _case("title_without_text", _csv(title_only), [(*title_only[:3], "只有标题")])
    yield _case("nothing_is_not_null", _csv(("NA", TIME, "NULL", "NA")), [("NA", TIME, "NULL", "NA")])
    wide = [f"附加列{i}" for i in range(5000)]
    yield _case("five_thousand_columns", _csv((*ROW, *wide), header=(*HEADER, *wide)), [ROW], note="不认识的列")
    yield _case("duplicate_rows", _csv(OTHER, OTHER), [OTHER])


def _ids() -> Iterator[_Hostile]:
    long_id = ("4301202303050000123", *ROW[1:])
    yield _case("nineteen_digits_as_text", _csv(long_id), [long_id])
    leading_zero = ("0139000123", *ROW[1:])
    yield _case("leading_zero", _csv(leading_zero), [leading_zero])
    yield _case("e_notation", _csv(("4.30120E+18", *ROW[1:]), OTHER), [OTHER], {2: "scientific_id"})
    yield _case("decimal_point", _csv(("188774.0", *ROW[1:]), OTHER), [OTHER], {2: "decimal_id"})
    cut = [("430120230305000000", *ROW[1:]), ("430120230306000000", *ROW[1:])]
    yield _case("zeros_after_digit_15", _csv(*cut, OTHER), [OTHER], {2: "truncated_id", 3: "truncated_id"})
    serial = [("430120230305001000", *ROW[1:]), ("430120230305001001", *ROW[1:])]
    yield _case("serial_numbers_with_zeros", _csv(*serial), serial)
    forced = [('="0042"', *ROW[1:]), ("'0043", *OTHER[1:])]
    yield _case("text_forced_on_excel", _csv(*forced), [("0042", *ROW[1:]), ("0043", *OTHER[1:])])
    invisible = [("430\u200b1", *ROW[1:]), ("\u202e4302", *ROW[1:]), ("4303\x07", *ROW[1:]), ("\ufeff4304", *ROW[1:])]
    codes: dict[int | None, str] = dict.fromkeys(range(2, 6), "invisible_in_id")
    yield _case("invisible_characters_in_ids", _csv(*invisible, OTHER), [OTHER], codes)
    malformed = [("43 01", *ROW[1:]), ("４３０２", *ROW[1:]), ("9" * 65, *ROW[1:]), ("43\n05", *ROW[1:])]
    codes = {2: "malformed_id", 3: "malformed_id", 4: "malformed_id", 5: "malformed_id"}
    yield _case("malformed_ids", _csv(*malformed, OTHER), [OTHER], codes)
    numbers = [(20230305, *ROW[1:]), (4301202303050000123, *ROW[1:]), (12.5, *ROW[1:]), (dt.date(2023, 3, 5), *ROW[1:])]
    yield _case(
        "ids_as_numbers",
        _xlsx(*numbers),
        [("20230305", *ROW[1:])],
        {3: "damaged_id", 4: "decimal_id", 5: "date_as_id"},
        file="numbers.xlsx",
    )


def _dates() -> Iterator[_Hostile]:
    bad = {
        "3/5/2023": "ambiguous_date",
        "05-03-2023 8:01": "ambiguous_date",
        "23-03-05": "two_digit_year",
        "05/03/23": "two_digit_year",
        "2023-02-30": "impossible_date",
        "2023/3/5 24:30": "impossible_date",
        "2023年3月": "incomplete_date",
        "3月5日 8:01": "incomplete_date",
        "8:01": "incomplete_date",
        "昨天下午": "unknown_date",
        "0": "unknown_date",
        "-3": "unknown_date",
        "1678003261": "unknown_date",
        "0000-00-00 00:00:00": "impossible_date",
        "1899/12/31": "early_date",
        "2099-01-01": "future_date",
        "上午": "unknown_date",
        "2023年3月5日上午12点": "ambiguous_hour",
    }
    rows = [(str(i), date, "标题", TEXT) for i, date in enumerate(bad)]
    yield _case("dates_that_cannot_be_told", _csv(*rows), (), dict(enumerate(bad.values(), start=2)))
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    for number, serial in enumerate((0, -5, 60, 3_000_000, 0.334, 44990.334), start=2):
        sheet.append((str(number), serial, "标题", TEXT))
        sheet.cell(number, 2).number_format = "yyyy-mm-dd hh:mm"
    codes = {2: "incomplete_date", 3: "incomplete_date", 4: "early_date", 5: "unknown_date", 6: "incomplete_date"}
    yield _case("serials_that_are_no_dates", _saved(book), [("7", "", "", TEXT)], codes, file="serials.xlsx")


def _book(write: Callable[[xlsxwriter.Workbook, Any], object], options: dict[str, Any] | None = None) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, options or {}) as book:
        sheet = book.add_worksheet("数据")
        write(book, sheet)
    return out.getvalue()


def _books() -> Iterator[_Hostile]:
    formulas = _parts(_book(_formula_rows), {_SHEET: lambda part: part.replace(b'<c r="C3">', b'<c r="C3" t="str">')})
    yield _case(
        "formula_with_result",
        formulas,
        [("A1", "", "", "公式结果"), ("A2", "", "", TEXT)],
        {4: "error_value"},
        file="formula.xlsx",
        note="公式单元格",
    )
    yield _case(
        "formula_without_result",
        _xlsx(("A1", TIME, "标题", '="甲"&"乙"'), ROW),
        [ROW],
        {2: "uncached_formula"},
        file="uncached.xlsx",
    )
    yield _case("error_cells", _error_cells(), [ROW], {3: "error_value", 4: "error_value"}, file="errors.xlsx")
    yield _case(
        "merged_body_cells",
        _book(_merged_rows),
        [("A1", "", "", TEXT), ("A2", "", "", TEXT)],
        {4: "merged_id"},
        file="merged.xlsx",
        note="合并单元格",
    )
    yield _case(
        "header_in_two_rows", _book(_two_row_header), [ROW], skipped=1, file="two_rows.xlsx", note="表头占第 2–3 行"
    )
    yield _case(
        "hidden_and_empty_sheets", _hidden_sheets(), [ROW], {None: "hidden_sheet"}, file="hidden.xlsx", note="隐藏"
    )
    yield _case("empty_sheets_only", _saved(openpyxl.Workbook()), rejected="no_table", file="blank.xlsx", note="空的")
    yield _case(
        "epoch_of_1904",
        _book(_rows_1904, {"date_1904": True}),
        [("A1", "", "", TEXT), ("A2", "", "", TEXT)],
        file="mac.xlsx",
        note="1904",
    )
    xxe = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    for part, name in (("xl/sharedStrings.xml", "strings"), (_SHEET, "sheet"), ("xl/workbook.xml", "workbook")):
        data = _parts(_xlsx(ROW), {part: lambda content: xxe + content.split(b"?>", 1)[-1]})
        yield _case(f"external_entity_in_{name}", data, rejected="dtd_in_xml", file=f"xxe_{name}.xlsx")
    laughs = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    data = _parts(_xlsx(ROW), {"xl/styles.xml": lambda content: laughs + content})
    yield _case("entity_bomb", data, rejected="dtd_in_xml", file="laughs.xlsx")
    linked = _parts(_xlsx(ROW), {"xl/externalLinks/externalLink1.xml": lambda _: b"<externalLink/>"})
    yield _case("external_links", linked, [ROW], file="linked.xlsx", note="链接")
    yield _case("odd_sheet_name", _odd_sheet(), [ROW], file="odd.xlsx")


def _formula_rows(_: xlsxwriter.Workbook, sheet: Any) -> None:
    sheet.write_row(0, 0, HEADER)
    sheet.write_row(1, 0, ("A1", TIME, "标题"))
    sheet.write_formula(1, 3, '="公式"&"结果"', None, "公式结果")
    sheet.write_row(2, 0, ("A2", TIME, "", TEXT))
    sheet.write_formula(2, 2, '=""', None, "")
    sheet.write_row(3, 0, ("A3", TIME, "标题"))
    sheet.write_formula(3, 3, "=1/0", None, "#DIV/0!")


def _error_cells() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEADER, ROW, ("A2", TIME, "#REF!", TEXT), ("A3", "#N/A", "标题", TEXT)):
        sheet.append(row)
    return _saved(book)


def _merged_rows(_: xlsxwriter.Workbook, sheet: Any) -> None:
    sheet.write_row(0, 0, HEADER)
    sheet.write_row(1, 0, ("A1", "", "标题", TEXT))
    sheet.write_row(2, 0, ("A2", "", "标题", TEXT))
    sheet.merge_range(1, 1, 4, 1, TIME)
    sheet.merge_range(2, 0, 3, 0, "A2")
    sheet.write_row(3, 2, ("标题", TEXT))


def _two_row_header(_: xlsxwriter.Workbook, sheet: Any) -> None:
    sheet.merge_range(0, 0, 0, 4, "某区热线工单明细")
    sheet.merge_range(1, 0, 2, 0, "工单编号")
    sheet.merge_range(1, 1, 1, 2, "受理")
    sheet.merge_range(1, 3, 1, 4, "诉求")
    sheet.write_row(2, 1, ("时间", "单位", "标题", "内容"))
    sheet.write_row(3, 0, (ROW[0], ROW[1], "某单位", ROW[2], ROW[3]))
    sheet.merge_range(4, 0, 4, 4, "二〇二三年三月")


def _hidden_sheets() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet.append(ROW)
    book.create_sheet("空表")
    secret = book.create_sheet("旧数据")
    secret.sheet_state = "hidden"
    secret.append(HEADER)
    secret.append(OTHER)
    choices = book.create_sheet("选项")
    choices.sheet_state = "veryHidden"
    choices.append(("咨询", "投诉"))
    return _saved(book)


def _rows_1904(book: xlsxwriter.Workbook, sheet: Any) -> None:
    sheet.write_row(0, 0, HEADER)
    sheet.write_row(1, 0, ("A1", "", "标题", TEXT))
    sheet.write_datetime(1, 1, dt.datetime(2023, 3, 5, 8, 1), book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
    sheet.write_row(2, 0, ("A2", 44990.334028 - 1462, "标题", TEXT))


def _odd_sheet() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([h.replace("诉求内容", "诉求\n内容 | ＊") for h in HEADER[:3]] + ["诉求\n内容"])
    sheet.append(ROW)
    return _parts(_saved(book), {"xl/workbook.xml": lambda part: part.replace(b'name="Sheet"', b'name="../a|b&#10;c"')})


def _old_books() -> Iterator[_Hostile]:
    rows = [HEADER, ROW, ("A2", 44990.334028, "标题", TEXT), ("A3", TIME, "#REF!", TEXT), ("A4", TIME, "标题", "=#N/A")]
    yield _case(
        "xls_with_errors",
        lambda p: write_xls(p, rows),
        [ROW, ("A2", "", "", TEXT)],
        {4: "error_value", 5: "error_value"},
        file="old_errors.xls",
    )
    yield _case(
        "xls_ids_as_numbers",
        lambda p: write_xls(p, [HEADER, (4.3012e18, *ROW[1:]), OTHER]),
        [OTHER],
        {2: "damaged_id"},
        file="old_numbers.xls",
    )
    mac = [HEADER, ("A1", 44990.334028 - 1462, "标题", TEXT)]
    yield _case(
        "xls_epoch_of_1904",
        lambda p: write_xls(p, mac, is_1904=True),
        [("A1", "", "", TEXT)],
        file="old_mac.xls",
        note="1904",
    )
    yield _case(
        "xls_with_twin_sheets",
        lambda p: write_xls(p, [HEADER, ROW], copies=2),
        rejected="damaged_workbook",
        file="old_twins.xls",
    )
    yield _case("xls_cut_short", _cut_xls, rejected="damaged_workbook", file="old_cut.xls")
    yield _case(
        "encrypted_workbook",
        lambda p: write_ole(p, "EncryptedPackage", b"x" * 5000),
        rejected="encrypted",
        file="locked.xlsx",
    )
    yield _case(
        "doc_named_xls", lambda p: write_ole(p, "WordDocument", b"x" * 5000), rejected="wrong_kind", file="doc.xls"
    )
    yield _case(
        "ole_without_book", lambda p: write_ole(p, "Other", b"x" * 5000), rejected="wrong_kind", file="other.xls"
    )
    yield _case(
        "ole_garbage",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xa5" * 3000,
        rejected="damaged_workbook",
        file="garbage.xls",
    )
    yield _case(
        "xls_book_of_garbage",
        lambda p: write_ole(p, "Workbook", b"\x09\x08\x10\x00" + b"\x77" * 6000),
        rejected="damaged_workbook",
        file="garbage2.xls",
    )
    yield _case("excel_4_sheet", b"\x09\x04\x06\x00\x00\x00\x10\x00", rejected="unsupported_format", file="ancient.xls")


def _cut_xls(path: Path) -> None:
    write_xls(path, [HEADER, *((f"A{i}", TIME, "标题", TEXT) for i in range(100))])
    path.write_bytes(path.read_bytes()[:-6000])


def _object(row: Sequence[Any], **more: Any) -> dict[str, Any]:
    return dict(zip(HEADER, row, strict=True)) | more


def _json() -> Iterator[_Hostile]:
    def dumped(content: Any) -> str:
        return json.dumps(content, ensure_ascii=False)

    yield _case("json_list", dumped([_object(ROW), _object(OTHER)]), [ROW, OTHER], file="list.json")
    wrapped = {"code": 0, "data": {"total": 1, "rows": [_object(ROW)]}}
    yield _case("json_wrapped", dumped(wrapped), [ROW], file="wrapped.json")
    nested = _object(("3", TIME, "标题", {"html": "内容"}))
    yield _case(
        "json_nested_value",
        dumped([_object(ROW, 照片=[{"名": "a.jpg"}]), nested]),
        [ROW],
        {2: "nested_value"},
        file="nested.json",
        note="照片",
    )
    big = f'[{{"工单编号": 9007199254740993, "受理时间": "{TIME}", "标题": "甲", "诉求内容": "乙"}}]'
    yield _case("json_id_beyond_2_53", big, (), {1: "damaged_id"}, file="big.json")
    small = big.replace("9007199254740993", "20230305001")
    yield _case("json_id_as_number", small, [("20230305001", "", "", "乙")], file="small.json")
    odd = big.replace("9007199254740993", "NaN")
    yield _case("json_nan", odd, (), {1: "decimal_id"}, file="nan.json")
    yield _case(
        "json_key_twice",
        big.replace('"标题": "甲"', '"诉求内容": "甲"').replace("9007199254740993", "1"),
        (),
        {1: "repeated_keys"},
        file="twice.json",
    )
    half = json.dumps([_object(("3", TIME, "标题", "半个\ud83d字"))])
    yield _case("json_half_character", half, (), {1: "broken_character"}, file="half.json")
    yield _case("json_cut_short", dumped([_object(ROW)])[:-20], rejected="broken_json", file="cut.json")
    yield _case("json_nested_too_deep", "[" * 200_000, rejected="broken_json", file="deep.json")
    yield _case(
        "json_of_no_rows", dumped({"code": 401, "message": "未登录"}), rejected="missing_columns", file="login.json"
    )
    yield _case("json_empty_list", "[]", rejected="no_table", file="none.json")
    lines = f"{dumped(_object(ROW))}\n{{'broken': \n\n{dumped(_object(OTHER))}\n42\n"
    yield _case(
        "jsonl_with_broken_lines",
        lines,
        [ROW, OTHER],
        {2: "broken_json_line", 5: "broken_json_line"},
        file="lines.jsonl",
    )


def _names() -> Iterator[_Hostile]:
    for name, label in (
        ("换行\n在名.csv", "line_break"),
        ("引\"号'.csv", "quote"),
        ("a|b..%2e.csv", "pipe"),
        ("--help.csv", "dash"),
    ):
        yield _case(f"{label}_in_file_name", _csv(ROW), [ROW], file=name)
    yield _case("folder_named_csv", _csv(ROW), [ROW], file="folder.csv/2023年12328工单.csv")
    yield _case("name_not_in_utf8", _csv(ROW), [ROW], file=os.fsdecode("名字.csv".encode("gb18030")))
    yield _case("upper_case_suffix", _csv(ROW), [ROW], file="UPPER.CSV")
    yield _case("link_that_leads_out", _link_out, rejected="outside_raw", file="out.csv")
    yield _case(
        "link_to_nowhere", lambda p: p.symlink_to(p.parent / "gone.csv"), rejected="no_access", file="gone_link.csv"
    )
    yield _case("link_to_a_folder", lambda p: p.symlink_to(p.parent), rejected="linked_folder", file="loop.csv")
    yield _case("pipe", os.mkfifo, rejected="not_regular_file", file="fifo.csv")
    if os.geteuid() != 0:
        yield _case("no_permission", lambda p: p.touch(mode=0), rejected="no_access", file="secret.csv")


def _link_out(path: Path) -> None:
    outside = path.parents[2] / "outside.csv"
    outside.write_text(_csv(ROW), encoding="utf-8")
    path.symlink_to(outside)


def with_sheet_names(names: Sequence[str], ids: Iterator[int]) -> bytes:
    """Return a workbook with a sheet of each name, whatever Excel thinks of it: a row to accept, one to quarantine."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for number in range(len(names)):
        sheet = book.create_sheet(f"表{number}号")
        for row in (HEADER, (str(next(ids)), *ROW[1:]), (str(next(ids)), "3/5/2022", *ROW[2:])):
            sheet.append(row)

    def renamed(part: bytes) -> bytes:
        for number, name in enumerate(names):
            part = part.replace(f'"表{number}号"'.encode(), quoteattr(name).encode())
        return part

    return _parts(_saved(book), {"xl/workbook.xml": renamed})
