"""The command line: Chinese, with examples, quick to start, one line for every error."""

import json
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from analysis.contracts import UNIT_KINDS
from flows.cli import _COMMANDS
from flows.cli import hotline as root
from tests.command import ROOT, hotline, hotline_here

POSTS = """complaint_id,title,text
a1,交警贴单不告知,"交警在巷子里贴了我六张罚单，一条短信都没有发过，年审时才知道，没有任何告知。"
a2,路灯不亮,"小区门口的路灯坏了一个星期，请尽快维修。"
a3,,"城管把我的车拖走，电话也不打一个，找了三天才知道在停车场，还要交拖车费。"
"""


def test_help_is_chinese_and_does_not_import_what_it_does_not_need() -> None:
    code = (
        "import sys; sys.argv = ['hotline', '--help']\n"
        "from flows.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'prefect', 'pandas', 'duckdb', 'sklearn', 'jieba'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "用法：" in done.stdout
    assert "退出码" in done.stdout
    for name in _COMMANDS:
        assert f"  {name} " in done.stdout


@pytest.mark.parametrize("name", [*_COMMANDS, "quarantine list", "quarantine export", "quarantine resubmit"])
def test_every_command_explains_itself_in_chinese(name: str) -> None:
    done = hotline_here(*name.split(), "--help")
    text = done.stdout
    assert done.returncode == 0
    assert "用法：" in text
    assert not [w for w in ("Usage", "Options:", "Commands:", "Show this") if w in text]
    if " " not in name:
        assert "例：" in text


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nix"], 2, "没有命令“nix”"),
        (["run", "--nix"], 2, "没有选项 --nix"),
        (["run", "--as-of", "3/4"], 2, "2023-03-05"),
        (["run", "foo"], 2, "多余的参数“foo”"),
        (["run", "--raw"], 2, "选项 --raw 缺少值"),
        (["run", "--plain=1"], 2, "不该带值"),
        (["run", "--raw", "README.md"], 2, "不是目录"),
        (["classify", "--input", "tests"], 2, "是目录"),
        (["quarantine"], 2, "子命令"),
        (["quarantine", "foo"], 2, "没有命令“foo”"),
        (["trace"], 2, "缺少参数"),
        (["classify", "--input", "no-such-file.csv"], 2, "no-such-file.csv"),
        (["status", "--processed", "no-such-folder"], 2, "hotline run"),
        (["trace", "X-1", "--processed", "no-such-folder"], 2, "hotline run"),
        (["quarantine", "resubmit", "no-such-file.xlsx"], 2, "没有文件"),
    ],
)
def test_wrong_calls_get_one_chinese_line_and_a_code(arguments: list[str], code: int, words: str) -> None:
    done = hotline_here(*arguments)
    error = done.stderr.strip()
    assert done.returncode == code
    assert words in error
    assert error.startswith("错误：")
    assert "\n" not in error


def test_wrong_settings_get_one_line_and_their_code(tmp_path: Path) -> None:
    (tmp_path / "hotline.toml").write_text("[site]\ncolour = 'red'\n", encoding="utf-8")
    (tmp_path / "data" / "raw" / "tickets").mkdir(parents=True)
    done = hotline("run", "--plain", env={"HOTLINE_HOME": str(tmp_path)})
    assert done.returncode == 3
    assert "site.colour" in done.stderr.decode()


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_classify_writes_the_agreed_columns_with_evidence_inside_the_text(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(POSTS, encoding="utf-8")
    done = hotline("classify", "--input", tmp_path / "in.csv", "--output", tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr.decode()
    scored, given = read(tmp_path / "out.csv"), read(tmp_path / "in.csv").set_index("complaint_id")
    assert list(scored.columns) == ["complaint_id", "in_scope", "scope_score", "codes", "unit", "evidence"]
    assert scored["complaint_id"].tolist() == ["a1", "a2", "a3"]
    assert scored.set_index("complaint_id").loc["a1", "in_scope"] == "1"
    assert scored.set_index("complaint_id").loc["a2", "in_scope"] == "0"
    for row in scored.itertuples():
        statement = given.loc[row.complaint_id, "title"] + "\n" + given.loc[row.complaint_id, "text"]
        spans = json.loads(row.evidence)
        assert {s["code"] for s in spans} == {c for c in row.codes.split(";") if c}
        assert all(0 <= s["start"] < s["end"] <= len(statement) for s in spans)
        assert row.unit in UNIT_KINDS  # in scope or not: whom it would concern
        assert 0 <= float(row.scope_score) <= 1


def test_classify_reads_standard_input_and_workbooks_alike(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(POSTS, encoding="gb18030")
    read_posts = pd.read_csv(tmp_path / "in.csv", encoding="gb18030", dtype=str, keep_default_na=False)
    read_posts.to_excel(tmp_path / "in.xlsx", index=False)
    piped = hotline("classify", stdin=POSTS.encode())
    hotline("classify", "--input", tmp_path / "in.csv", "--output", tmp_path / "a.csv")
    hotline("classify", "--input", tmp_path / "in.xlsx", "--output", tmp_path / "b.xlsx")
    assert piped.stdout.decode() == (tmp_path / "a.csv").read_text(encoding="utf-8")
    rows = list(openpyxl.load_workbook(tmp_path / "b.xlsx").active.values)
    assert [str(c) for c in rows[0]] == list(read(tmp_path / "a.csv").columns)
    assert [r[3] or "" for r in rows[1:]] == read(tmp_path / "a.csv")["codes"].tolist()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("id,title,text\n1,a,b\n", "缺少列 complaint_id"),
        ("complaint_id,title,text\n1,a,b\n1,a,c\n", "complaint_id 有重复"),
        ("complaint_id,title,text\n,a,b\n", "没有 complaint_id"),
        ("complaint_id,title,text\n1,a,b,c,d\n", "第 2 行"),
        ("complaint_id,title,title\n1,a,b\n", "两列"),
        ("", "空"),
    ],
)
def test_bad_tables_are_refused_with_the_place(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "in.csv").write_text(content, encoding="utf-8")
    for command in ("classify", "group"):
        done = hotline_here(command, "--input", tmp_path / "in.csv", "--output", tmp_path / "out.csv")
        assert done.returncode == 2, done.stderr
        assert words in done.stderr
        assert not (tmp_path / "out.csv").exists()


def test_group_writes_one_matter_for_the_same_matter(tmp_path: Path) -> None:
    rows = POSTS + 'a4,路灯不亮,"我们小区门口的路灯坏了一个星期，请尽快维修。"\n'
    done = hotline("group", stdin=rows.encode())
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().splitlines() == [
        "complaint_id,matter_id", "a1,M-a1", "a2,M-a2", "a3,M-a3", "a4,M-a2",
    ]  # fmt: skip


def test_mask_keeps_columns_and_rows_and_takes_out_the_person(tmp_path: Path) -> None:
    rows = (
        "工单编号,诉求人,联系电话,诉求标题,诉求内容,受理时间\n"
        "2023030500001,欧阳小芳,13800138000,路灯,欧阳小芳反映人民东路路灯不亮，电话138 0013 8000。,2023/3/5 8:01\n"
        "2023030500002,,,违停,我叫赵铁柱，车牌湘A12345，12345已派单。,2023/3/5 8:02\n"
    )
    done = hotline("mask", stdin=rows.encode())
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode()
    assert text.splitlines()[0] == rows.splitlines()[0]
    assert len(text.splitlines()) == 3
    for gone in ("欧阳小芳", "13800138000", "138 0013 8000", "赵铁柱", "湘A12345"):
        assert gone not in text
    for kept in ("2023030500001", "人民东路", "12345已派单", "2023/3/5 8:01"):
        assert kept in text


def test_a_reader_that_goes_away_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m flows.cli dictionary | head -1", shell=True, capture_output=True, cwd=ROOT, check=False
    )
    assert done.stdout.decode().startswith("# 数据字典")
    assert done.stderr == b""


def test_commands_in_the_table_are_the_commands_there_are() -> None:
    assert set(root.list_commands(None)) == set(_COMMANDS)  # type: ignore[arg-type]
    for name in _COMMANDS:
        command = root.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        assert (
            command.get_short_help_str(100)
            .rstrip("。")
            .startswith(_COMMANDS[name][1].split("，")[0].split("（")[0][:6])
        )
