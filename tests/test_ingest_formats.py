"""The same rows in every format and encoding give the same candidates."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from analysis.ingest.raw_rows import read_raw_rows
from tests.biff import write_xls
from tests.ingest_files import AS_OF, LIMITS, SOURCES, csv_text, intake_of, put, twin_sheets_xlsx, xlsx_bytes

HEADER = ("工单编号", "受理时间", "标题", "诉求内容", "是否保密")
ROWS = (
    ("4301202303050000123", "2023/3/5 8:01", "路口", "信号灯，时间太短", "是"),
    ("0002", "2023年3月6日", "停车", "出口排队：很久", ""),
)


def _html() -> str:
    lines = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in (HEADER, *ROWS))
    return f"<table>{lines}</table>"


def _objects() -> list[dict[str, str]]:
    return [dict(zip(HEADER, row, strict=True)) for row in ROWS]


def _xls(path: Path) -> bytes:
    write_xls(path, (HEADER, *ROWS))
    return path.read_bytes()


FORMATS: dict[str, Callable[[Path], bytes | str]] = {
    "a.csv": lambda _: csv_text(HEADER, *ROWS),
    "bom.csv": lambda _: "\ufeff" + csv_text(HEADER, *ROWS),
    "gb.csv": lambda _: csv_text(HEADER, *ROWS).encode("gb18030"),
    "wide.csv": lambda _: csv_text(HEADER, *ROWS).encode("utf-16"),
    "a.tsv": lambda _: csv_text(HEADER, *ROWS, delimiter="\t"),
    "a.xlsx": lambda _: xlsx_bytes(HEADER, *ROWS),
    "a.xls": lambda tmp: _xls(tmp / "made.xls"),
    "page.xls": lambda _: _html(),
    "a.json": lambda _: json.dumps({"data": {"list": _objects()}}),
    "a.jsonl": lambda _: "\n".join(json.dumps(o, ensure_ascii=False) for o in _objects()),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_gives_the_rows_as_written(tmp_path: Path, name: str) -> None:
    intake = intake_of(tmp_path / "raw", f"tickets/{name}", FORMATS[name](tmp_path))
    found = intake.candidates
    assert found["native_id"].to_list() == [row[0] for row in ROWS]
    assert found["received_at"].to_list() == [pd.Timestamp("2023-03-05 08:01"), pd.Timestamp("2023-03-06")]
    assert found["text"].to_list() == [row[3] for row in ROWS]
    assert found["is_confidential"].to_list() == [True, pd.NA]
    assert (intake.row_count, len(intake.rejects), intake.is_readable) == (2, 0, True)


def test_types_of_the_candidates(tmp_path: Path) -> None:
    types = intake_of(tmp_path, "tickets/a.csv", csv_text(HEADER, *ROWS)).candidates.dtypes
    empty = intake_of(tmp_path, "tickets/b.csv", csv_text(HEADER)).candidates.dtypes
    assert types.equals(empty)
    assert str(types["received_at"]) == str(types["replied_at"]) == "datetime64[us]"
    assert (str(types["is_confidential"]), str(types["row_number"]), types["text"]) == ("boolean", "Int64", object)


def test_several_sheets_and_tables_are_all_read(tmp_path: Path) -> None:
    page = _html() + _html().replace("0002", "0003")
    found = intake_of(tmp_path, "tickets/page.xls", page).candidates
    assert found["sheet_name"].to_list() == ["表1", "表1", "表2", "表2"]


def test_sheets_of_one_name_are_two_addresses(tmp_path: Path) -> None:
    content = twin_sheets_xlsx(
        ("数据", "数据", "数据（2）"), [[HEADER, (*row[:1], *ROWS[0][1:])] for row in ("1", "2", "3")]
    )
    intake = intake_of(tmp_path, "tickets/a.xlsx", content)
    found = dict(zip(intake.candidates["sheet_name"], intake.candidates["native_id"], strict=True))
    assert found == {"数据": "1", "数据（3）": "2", "数据（2）": "3"}
    rows = read_raw_rows(tmp_path, "tickets/a.xlsx", "数据（3）", [2], sources=SOURCES, limits=LIMITS)
    assert rows[2]["工单编号"] == "2"


def test_lists_of_one_name_are_two_addresses(tmp_path: Path) -> None:
    one, other = _objects()
    found = intake_of(tmp_path, "tickets/a.json", json.dumps({"a.b": [one], "a": {"b": [other]}})).candidates
    assert found["sheet_name"].to_list() == ["a.b", "a.b（2）"]


def test_the_bytes_that_were_listed_are_the_bytes_that_are_read(tmp_path: Path) -> None:
    from analysis.ingest.discover import discover
    from analysis.ingest.intake import read_intake

    path = put(tmp_path, "tickets/a.csv", csv_text(HEADER, *ROWS))
    (listed,) = discover(tmp_path)
    path.write_text(csv_text(HEADER), encoding="utf-8")
    intake = read_intake(listed, SOURCES, LIMITS, AS_OF)
    assert intake.rejects["reason_code"].to_list() == ["changed_while_reading"]
