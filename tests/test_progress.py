"""How far long work is: lines in a log now and then, and every long stage tells of itself."""

from pathlib import Path

import pytest

from analysis.pipeline.stages import run_night
from flows.report import show_progress
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


def test_every_long_stage_tells_how_far_it_is(tmp_path: Path) -> None:
    site = paths_of(tmp_path / "raw", tmp_path / "out")
    (site.raw / "tickets").mkdir(parents=True)
    put(site, "12328工单1.csv", IN_SCOPE, OUT_OF_SCOPE)
    told: dict[str, tuple[int, int]] = {}
    run_night(site, AS_OF, lambda what, done, total: told.update({what: (done, total)}))
    assert told["读取文件"] == (1, 1)
    assert told["判断诉求"] == (2, 2)
    assert told["归并诉求"] == (2, 2)
