"""`hotline audit`: who did what and when, on the screen and as a workbook."""

import stat
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from analysis.ledger.life_cycle import Role
from analysis.site import SitePaths
from tests.command import Told, hotline_here
from tests.review_site import TODAY
from tests.supervised_site import (
    NOTICE,
    NOTICE_2,
    URBAN_RUDE,
    build_supervised_site,
    problem_of,
    take,
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SitePaths:
    site = build_supervised_site(tmp_path_factory.mktemp("audit"))
    rude = problem_of(site, URBAN_RUDE)
    at = ("--processed", site.processed)
    who = ("--person", "王主任", "--reason", "两件不同")
    assert hotline_here("place", "split", problem_of(site, NOTICE), NOTICE_2, *who, *at).returncode == 0
    assert hotline_here("place", "different", NOTICE, NOTICE_2, *who, *at).returncode == 0
    take(site, rude, "transferred", Role.SUPERVISOR, receiver="市局", status_reason="市级职责")
    return site


def told(site: SitePaths, *arguments: object) -> Told:
    return hotline_here("audit", "--processed", site.processed, *arguments)


def test_every_act_of_a_person_is_told_and_runs_are(site: SitePaths) -> None:
    done = told(site)
    assert done.returncode == 0
    *lines, last = done.stdout.splitlines()
    assert last == f"共 {len(lines)} 项。"
    assert lines == sorted(lines, key=lambda line: line[:16])
    assert sum("　系统　夜间运行　" in line for line in lines) == 2
    assert sum("　张三　人工复核　" in line and "纳入：" in line for line in lines) == 7
    assert any("　王主任　人工确定同一事项　" in line and f"与 {NOTICE_2}：不同事项" in line for line in lines)
    assert any("　王主任　人工确定诉求归属　" in line and "两件不同" in line for line in lines)
    assert any(f"　某人　移送　{problem_of(site, URBAN_RUDE)}　移送单位；理由：市级职责" in line for line in lines)
    assert not [line for line in lines if "　系统　登记　" in line]


def test_a_part_is_told(site: SitePaths) -> None:
    by_person = told(site, "--person", "张三").stdout.splitlines()
    assert len(by_person) == 8
    assert told(site, "--since", TODAY + timedelta(days=1)).stdout == "共 0 项。\n"
    problem_id = problem_of(site, URBAN_RUDE)
    of_problem = told(site, "--problem", problem_id).stdout.splitlines()[:-1]
    assert {line.split("　")[3] for line in of_problem} == {problem_id}
    assert any("　系统　登记　" in line for line in of_problem)


def test_nothing_that_a_complainant_wrote_is_told(site: SitePaths) -> None:
    done = told(site)
    assert done.returncode == 0
    assert "短信" not in done.stdout


def test_the_workbook_is_its_owners_and_says_which_part_it_is(site: SitePaths, tmp_path: Path) -> None:
    path = tmp_path / "操作记录.xlsx"
    assert told(site, "--person", "王主任", "--output", path).returncode == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = list(openpyxl.load_workbook(path)["操作记录"].iter_rows(values_only=True))
    assert "王主任，共" in str(rows[1][0])
    assert {row[1] for row in rows[3:]} == {"王主任"}
    for wrong in (tmp_path / "记录.csv", tmp_path / "没有" / "记录.xlsx"):
        done = told(site, "--output", wrong)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_where_nothing_was_run_it_says_so(tmp_path: Path) -> None:
    done = hotline_here("audit", "--processed", tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
