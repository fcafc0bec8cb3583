"""Tables of the commands classify, group and mask: in without a trace, out whole and harmless."""

import io
import os
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from analysis.errors import UsageError
from analysis.tables import STANDARD, read_table, write_table
from tests.ingest_files import LIMITS, csv_text, put

ROWS = (("编号", "内容"), ("1", "路灯不亮。"), ("2", "井盖坏了。"))
TABLE = pd.DataFrame(ROWS[1:], columns=list(ROWS[0]))


def test_standard_input_leaves_no_named_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen: list[list[Path]] = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            seen.append([*tmp_path.iterdir()])
            return super().read(size)

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Watched(csv_text(*ROWS).encode())))
    pd.testing.assert_frame_equal(read_table(STANDARD, LIMITS), TABLE.astype(object))
    assert seen
    assert not any(seen)


def test_a_pipe_can_be_read(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, csv_text(*ROWS).encode())
    os.close(writing)
    assert len(read_table(Path(f"/dev/fd/{reading}"), LIMITS)) == 2
    os.close(reading)


@pytest.mark.parametrize("is_piped", [True, False])
def test_too_large_an_input_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_piped: bool) -> None:
    content = csv_text(*ROWS, ("3", "长" * 500_000))
    path = STANDARD if is_piped else put(tmp_path, "a.csv", content)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    with pytest.raises(UsageError, match="max_file_mb"):
        read_table(path, LIMITS.model_copy(update={"max_file_mb": 1}))


def test_what_is_no_ordinary_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path, tmp_path / "pipe.csv"):
        with pytest.raises(UsageError, match="不是普通文件"):
            write_table(TABLE, path)
    assert (tmp_path / "pipe.csv").is_fifo()
    (tmp_path / "nothing").symlink_to(os.devnull)
    write_table(TABLE, tmp_path / "nothing")
    assert (tmp_path / "nothing").is_char_device()


def test_text_that_a_cell_cannot_hold_is_not_cut(tmp_path: Path) -> None:
    long = pd.DataFrame({"编号": ["1", "2"], "内容": ["短", "长" * 32_768]})
    with pytest.raises(UsageError, match=r"第 3 行“内容”.*\.csv"):
        write_table(long, tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []
    write_table(long, tmp_path / "a.csv")
    assert len(read_table(tmp_path / "a.csv", LIMITS)["内容"][1]) == 32_768


@pytest.mark.parametrize("text", ["=1+1", "+86", "-2", "@a", " =1+1"])
def test_text_that_reads_as_a_formula_stays_text(tmp_path: Path, text: str) -> None:
    write_table(pd.DataFrame({"内容": [text, "路灯"], "分数": [0.5, 1.0]}), tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert (sheet["A2"].value, sheet["A2"].data_type, sheet["A2"].quotePrefix) == (text, "s", True)
    assert (sheet["A3"].quotePrefix, sheet["B2"].value) == (False, 0.5)
