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
from tests.ledger_frames import AS_OF, CANARY, EARLIER_RUN, ISSUE, RUN, build_tables, shown, time_left


def _digest(directory: Path, tables: dict[str, pd.DataFrame]) -> str:
    write_outputs(
        directory, shown(tables), load_settings(), load_scheme(), load_units(), RUN, ISSUE, time_left=time_left
    )
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
    overdue, due_soon = _section(digest, "超期"), _section(digest, "临期")
    assert re.findall(r"超期\d+天", overdue) == ["超期11天", "超期3天", "超期1天"]
    assert re.findall(r"临期，[^ （]*", due_soon) == ["临期，今天到期", "临期，剩3天", "临期，剩6天"]


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


def test_what_relapsed_stands_first_with_the_rates(tmp_path: Path, tables: dict[str, pd.DataFrame]) -> None:
    problems = tables["problems"].copy()
    problems.loc[0, ["status", "status_reason"]] = ["relapsed", "销号后1.0个月2件"]
    problems.loc[1, "status"] = "closed"
    found = _digest(tmp_path, tables | {"problems": problems})
    headings = re.findall(r"^## (.*)$", found, re.MULTILINE)
    assert headings[:8] == [
        "今天要办",
        "反弹",
        "新登记的问题",
        "有新诉求的老问题",
        "超期",
        "临期",
        "判断有变的诉求",
        "责任单位交来的",
    ]
    section = _section(found, "反弹")
    assert re.search(r"\| FR-2026-0001 \|.*销号后1.0个月2件 \| 48 \| 41 \| 24 \|", section)
    is_grown = "FR-2026-0002" in _section(found, "有新诉求的老问题")
    assert ("没有反弹：FR-2026-0002" in section) == is_grown
    assert "**1** 个问题销号后反弹" in _section(found, "今天要办")


def test_a_long_table_is_cut_and_says_so(tmp_path: Path, tables: dict[str, pd.DataFrame]) -> None:
    problems = tables["problems"].assign(due_on=AS_OF - timedelta(days=1))
    settings = load_settings()
    short = settings.model_copy(update={"exchange": settings.exchange.model_copy(update={"longest_digest_table": 3})})
    write_outputs(
        tmp_path,
        shown(tables | {"problems": problems}, short),
        short,
        load_scheme(),
        load_units(),
        RUN,
        ISSUE,
        time_left=time_left,
    )
    section = _section((tmp_path / "夜报.md").read_text(encoding="utf-8"), "超期")
    open_count = len(tables["problems"]) - 2  # two are leads
    assert len(re.findall(r"FR-2026-\d{4}", section)) == 3
    assert f"另有 {open_count - 3} 行没有列出" in section


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"decided_by": "reviewer"}, "人工复核"),
        ({"model_id": "m-new"}, "换了模型"),
        ({"codebook_version": "2027.1"}, "代码本变更"),
        ({}, "人工意见变动"),
    ],
)
def test_changed_judgements_are_told_with_the_reason(
    tmp_path: Path, tables: dict[str, pd.DataFrame], change: dict[str, str], why: str
) -> None:
    gate = tables["gate_decisions"].copy()
    concerned = gate.index[(gate["run_id"] == RUN.run_id) & (gate["decision"] == "in_scope")][:2]
    former = gate.loc[concerned, ["complaint_id", "decided_by", "model_id", "codebook_version"]].assign(
        run_id=EARLIER_RUN, decision="out_of_scope", codes=""
    )
    gate.loc[concerned, list(change)] = list(change.values())
    complaints = tables["complaints"].assign(run_id=EARLIER_RUN)
    changed = tables | {"gate_decisions": gate, "former_judgements": former, "complaints": complaints}
    section = _section(_digest(tmp_path, changed), "判断有变的诉求")
    assert f"| {why} | 不纳入 | 纳入：" in section
    assert set(former["complaint_id"]) <= set(re.findall(r"T2026\d{8}", section))
    codes = tables["assessments"].set_index("complaint_id")["sub_problem_code"]
    same = former.assign(decision="in_scope", codes=former["complaint_id"].map(codes))
    assert "没有诉求的判断改变" in _digest(tmp_path, tables | {"former_judgements": same})


def test_what_units_handed_in_and_what_waits_is_told(tmp_path: Path, tables: dict[str, pd.DataFrame]) -> None:
    assert "没有收到" in _section(_digest(tmp_path / "a", tables), "责任单位交来的")
    problems = tables["problems"].copy()
    problems.loc[[0, 1, 2], "status"] = ["objected", "closure_requested", "rectifying"]
    problems.loc[[1, 2], "extension_due_on"] = AS_OF  # the first of them can be closed now, but not extended
    runs = pd.DataFrame(
        [
            {"run_id": run_id, "sequence": n, "started_at": pd.Timestamp(AS_OF) - pd.Timedelta(days=days)}
            for n, (run_id, days) in enumerate([("earlier", 1), (RUN.run_id, 0)], 1)
        ]
    ).assign(
        finished_at=pd.NaT, as_of_date=AS_OF, status="finished", software_version="1", codebook_version="1", counts=None
    )
    events = pd.DataFrame(
        [
            {"sequence": n, "problem_id": problem_id, "kind": kind, "occurred_at": runs["started_at"].iloc[0] + shift}
            for n, (problem_id, kind, shift) in enumerate(
                [
                    ("FR-2026-0001", "rectification_filed", pd.Timedelta(hours=8)),
                    ("FR-2026-0001", "objection_raised", pd.Timedelta(hours=8)),
                    ("FR-2026-0002", "closure_requested", pd.Timedelta(hours=9)),
                    ("FR-2026-0003", "rectification_filed", pd.Timedelta(hours=-9)),
                ],
                1,
            )
        ]
    ).assign(event_id="e", actor="某人", payload="{}", previous_hash="", hash="h", run_id="")
    digest = _digest(tmp_path / "b", tables | {"problems": problems, "runs": runs, "events": events})
    assert "- **1** 个问题申请延期：批复" in digest
    section = _section(digest, "责任单位交来的")
    assert "填报整改 1 个，申请销号 1 个，提出异议 1 个" in section
    assert re.findall(r"^\| (异议待核|申请销号待核查|延期待批) \| (FR-2026-\d{4})", section, re.MULTILINE) == [
        ("异议待核", "FR-2026-0001"),
        ("申请销号待核查", "FR-2026-0002"),
        ("延期待批", "FR-2026-0003"),
    ]


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
