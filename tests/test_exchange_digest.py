"""The night digest: balances, what is new, what is due, what to do, and no text of any complaint."""

import re
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.config import load_settings
from analysis.exchange.markdown import escape_markdown
from analysis.exchange.outputs import write_outputs
from tests.ledger_frames import AS_OF, CANARY, ISSUE, RUN, build_tables, time_left


def _digest(directory: Path, tables: dict[str, pd.DataFrame]) -> str:
    write_outputs(directory, tables, load_settings(), load_scheme(), load_units(), RUN, ISSUE, time_left=time_left)
    return (directory / "夜报.md").read_text()


def _section(digest: str, heading: str) -> str:
    return digest.split(f"## {heading}\n")[1].split("\n## ")[0]


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return build_tables()


@pytest.fixture(scope="module")
def digest(tmp_path_factory: pytest.TempPathFactory, tables: dict[str, pd.DataFrame]) -> str:
    return _digest(tmp_path_factory.mktemp("processed"), tables)


def test_no_text_of_a_complaint_stands_in_it(digest: str, tables: dict[str, pd.DataFrame]) -> None:
    assert CANARY not in digest
    assert not [complaint for complaint in tables["complaints"]["complaint_id"] if complaint in digest]


def test_only_files_of_this_run_are_balanced(digest: str) -> None:
    section = _section(digest, "收件对账")
    assert "2026年工单" not in section
    assert "| 平 | 14 | 10 | 2 | 1 | 0 | 1 | 1 |" in section
    assert "以前读过的 1 个文件没有重读" in section


def test_a_file_that_does_not_balance_is_called_out(tmp_path: Path, tables: dict[str, pd.DataFrame]) -> None:
    files = tables["raw_files"].assign(row_count=99)
    section = _section(_digest(tmp_path, tables | {"raw_files": files}), "收件对账")
    assert section.count("不平") == 3


def test_new_problems_and_old_ones_with_new_complaints_are_apart(digest: str) -> None:
    new, grown = _section(digest, "新登记的问题"), _section(digest, "有新诉求的老问题")
    assert re.findall(r"FR-2026-\d{4}", new) == [f"FR-2026-00{n}" for n in ("15", "03", "09", "12", "06", "18")]
    assert not set(re.findall(r"FR-2026-\d{4}", new)) & set(re.findall(r"FR-2026-\d{4}", grown))
    assert "| FR-2026-0001 | 机械执法过度执法 | 芙蓉交警大队 | 1 | 48 | 41 | 24 |" in grown


def test_overdue_comes_first(digest: str) -> None:
    section = _section(digest, "超期和临期")
    words = re.findall(r"超期\d+天|临期，[^ （]*", section)
    assert words == ["超期11天", "超期3天", "超期1天", "临期，今天到期", "临期，剩3天", "临期，剩6天"]


def test_each_task_is_counted_and_nothing_else_is_asked(tmp_path: Path, tables: dict[str, pd.DataFrame]) -> None:
    section = _section(_digest(tmp_path / "a", tables), "今天要办")
    assert re.findall(r"\*\*(\d+)\*\*", section) == ["3", "3", "2", "2", "16", "10", "1", "2"]
    calm = tables | {
        "problems": tables["problems"].assign(due_on=AS_OF + timedelta(days=90)),
        "gate_decisions": tables["gate_decisions"].assign(decision="in_scope"),
        "quarantine": tables["quarantine"].iloc[:0],
    }
    section = _section(_digest(tmp_path / "b", calm), "今天要办")
    assert re.findall(r"\*\*(\d+)\*\*", section) == ["2", "2", "16"]


def test_complaints_without_a_time_are_counted(tmp_path: Path, digest: str, tables: dict[str, pd.DataFrame]) -> None:
    assert "没有受理时间" not in digest
    complaints = tables["complaints"].copy()
    complaints.loc[:2, "received_at"] = pd.NaT
    assert "累计有 3 件诉求没有受理时间" in _section(_digest(tmp_path, tables | {"complaints": complaints}), "说明")


def test_quarantine_is_counted_by_reason_and_resolved_ones_are_not_open(digest: str) -> None:
    section = _section(digest, "隔离")
    assert "| “受理时间”不是能认出的时间，请写成 2026-11-20 08:30。 | 2 | 2 |" in section
    assert "另有 1 项已经改好重收" in section


def test_every_table_has_as_many_cells_in_each_row(digest: str) -> None:
    for block in digest.split("\n\n"):
        lines = [line for line in block.splitlines() if line.startswith("|")]
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
        assert len(counts) <= 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a|b", r"a\|b"),
        ("<script>", "&lt;script&gt;"),
        ("`x`\n# y", r"\`x\` \# y"),
        ("![i](http://e.cn)", r"!\[i\](http&#58;//e.cn)"),
        ("a_b*c.xlsx", r"a\_b\*c.xlsx"),
        ("&amp;", "&amp;amp;"),
        ("\\|", r"\\\|"),
        ("a\x00\u2028b", "a b"),
    ],
)
def test_names_of_files_are_shown_as_they_are(name: str, shown: str) -> None:
    assert escape_markdown(name) == shown


@given(st.text(st.characters(), max_size=80))
def test_no_name_breaks_out_of_its_cell(name: str) -> None:
    escaped = escape_markdown(name)
    assert len(escaped.splitlines()) <= 1
    assert "<" not in escaped
    assert not re.search(r"(?<!\\)(?:\\\\)*[|`\[\]]", escaped)
    escaped.encode()
