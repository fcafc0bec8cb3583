"""How far long work is: lines in a log now and then, and every long stage tells of itself."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from analysis.pipeline.publishing import export_snapshot
from analysis.pipeline.reporting import make_report
from analysis.pipeline.stages import run_night
from analysis.pipeline.verifying import verify_ledger
from analysis.progress import Progress
from flows.report import show_progress
from tests.command import ROOT, hotline_here
from tests.review_site import AS_OF, IN_SCOPE, OUT_OF_SCOPE, put
from tests.review_site import site_paths as paths_of


def test_a_log_gets_a_line_now_and_then_and_none_of_short_work(capsys: pytest.CaptureFixture[str]) -> None:
    seconds = 0.0
    with show_progress(lambda: seconds) as progress:
        for done in range(100):
            seconds = done * 1.0
            progress("判断诉求[1]", done, 100)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"进度　判断诉求[1] {done}/100" for done in (30, 60, 90)]


def test_a_log_and_a_file_get_nothing_but_words_of_short_commands(tmp_path: Path) -> None:
    """Standard output is a table here, standard error a log: neither holds a bar or its control characters."""
    posts = tmp_path / "诉求.csv"
    posts.write_text("complaint_id,title,text\na1,路灯不亮,路灯坏了。\n", encoding="utf-8")
    for command in ("classify", "group"):
        told = hotline_here(command, "--input", posts)
        assert (told.returncode, told.stderr) == (0, "")
        assert len(told.stdout.splitlines()) == 2


def test_a_terminal_gets_a_bar_and_the_table_stays_clean(tmp_path: Path) -> None:
    """Standard error is a terminal of our own, standard output a file."""
    posts, table = tmp_path / "诉求.csv", tmp_path / "判断.csv"
    posts.write_text("complaint_id,title,text\na1,路灯不亮,路灯坏了。\n", encoding="utf-8")
    ours, theirs = pty.openpty()
    with table.open("wb") as out:
        command = [sys.executable, "-m", "flows.cli", "classify", "--input", str(posts)]
        environment = os.environ | {"TERM": "xterm"}
        done = subprocess.run(command, stdout=out, stderr=theirs, cwd=ROOT, check=False, env=environment)
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # a terminal whose other end is closed ends so
        while part := os.read(ours, 65536):
            shown += part
    os.close(ours)
    assert done.returncode == 0
    assert "判断诉求" in shown.decode()
    assert len(table.read_text(encoding="utf-8-sig").splitlines()) == 2


def told_by(work: Callable[[Progress], object]) -> dict[str, tuple[int, int]]:
    told: dict[str, tuple[int, int]] = {}
    work(lambda what, done, total: told.update({what: (done, total)}))
    return told


def test_every_long_stage_tells_how_far_it_is(tmp_path: Path) -> None:
    site = paths_of(tmp_path / "raw", tmp_path / "out")
    (site.raw / "tickets").mkdir(parents=True)
    put(site, "12328工单1.csv", IN_SCOPE, OUT_OF_SCOPE)
    told: dict[str, tuple[int, int]] = {}
    run_night(site, AS_OF, lambda what, done, total: told.update({what: (done, total)}))
    assert told["读取文件"] == (1, 1)
    assert told["判断诉求"] == (2, 2)
    assert told["归并诉求"] == (2, 2)
    assert told["写清单"] == (4, 4)
    again = told_by(lambda progress: export_snapshot(site, tmp_path / "again", progress))
    assert (set(again), again["写清单"]) == ({"写台账", "写清单"}, (4, 4))
    assert told_by(lambda progress: verify_ledger(site, progress)) == {"核对台账": (8, 8)}
    drawn = told_by(lambda progress: make_report(site, "2026-03", tmp_path / "r", is_public=False, progress=progress))
    ((what, (done, total)),) = drawn.items()
    assert (what, done) == ("画图", total)
