"""Closed problems are looked back at: a sample anybody can draw again, findings read back, a bound that is exact."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from analysis.exchange.look_back_return import LookBackWorkbookError
from analysis.ledger.life_cycle import Role
from analysis.ledger.look_back import draw, failing_at_most
from analysis.pipeline.looking_back import draw_sample, import_findings, look_back_report
from analysis.site import SitePaths
from tests.command import hotline
from tests.review_site import TODAY, copy_site
from tests.supervised_site import (
    NOTICE,
    POLICE_RUDE,
    URBAN_RUDE,
    assert_history_is_told,
    build_supervised_site,
    kinds,
    problem,
    problem_of,
    take,
)

CLOSING = {"handler": "张某", "measure": "培训", "completed_on": TODAY, "evidence": "记录", "evidence_on": TODAY}
VERIFIED = {"verification": "属实", "verified_by": "李某", "verified_on": TODAY}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> SitePaths:
    site = build_supervised_site(tmp_path_factory.mktemp("site"))
    for complaint in (NOTICE, POLICE_RUDE, URBAN_RUDE):
        problem_id = problem_of(site, complaint)
        take(site, problem_id, "closure_requested", Role.UNIT, **CLOSING)
        take(site, problem_id, "closed", Role.SUPERVISOR, **VERIFIED)
    return site


@pytest.fixture
def site(built: SitePaths, tmp_path: Path) -> SitePaths:
    return copy_site(built.processed.parent, tmp_path)


def fill(book: Path, row: int, **values: object) -> None:
    """Fill cells of the first data rows by heading."""
    workbook = openpyxl.load_workbook(book)
    sheet = workbook["回头看核查表"]
    header = next(r for r in sheet.iter_rows() if any(c.value == "结论" for c in r))
    columns = {str(c.value).replace("\n", ""): c.column for c in header if c.value}
    for heading, value in values.items():
        sheet.cell(header[0].row + row, columns[heading], value)
    workbook.save(book)


def sound(**more: object) -> dict[str, object]:
    return {"问卷": "符合", "访谈": "符合", "参加人": "王某、赵某", "回头看日期": TODAY, "结论": "巩固"} | more


def closed(count: int) -> pd.DataFrame:
    rows = [
        (f"FR-2026-{n:04d}", f"unit{n % 3}", ("rough", "irregular")[n % 2], date(2026, 1, 1) + timedelta(days=9 * n))
        for n in range(count)
    ]
    return pd.DataFrame(rows, columns=["problem_id", "unit_id", "category_code", "closed_on"])


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 70), st.text(max_size=5))
def test_a_sample_has_its_size_and_every_stratum_its_share(count: int, size: int, seed: str) -> None:
    problems = closed(count)
    drawn = draw(problems, size, seed)
    assert len(drawn) == drawn["problem_id"].nunique() == min(size, count)
    pd.testing.assert_frame_equal(drawn, draw(problems.sample(frac=1, random_state=1), size, seed))
    of_unit = Counter(problems["unit_id"])
    for unit, own in Counter(stratum.split("|")[0] for stratum in drawn["stratum"]).items():
        assert abs(own - min(size, count) * of_unit[unit] / count) < 1 + 1e-9


def test_another_seed_draws_others() -> None:
    assert len({tuple(draw(closed(40), 5, str(seed))["problem_id"]) for seed in range(5)}) > 1


@settings(deadline=None)
@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), st.integers(0, 40))
def test_the_bound_is_the_largest_count_that_the_sample_does_not_rule_out(pair: tuple[int, int], failed: int) -> None:
    population, looked = pair
    failed = min(failed, looked)
    bound = failing_at_most(failed, looked, population, 0.95)
    assert failed <= bound <= population - (looked - failed)
    if bound < population - (looked - failed):
        assert hypergeom.cdf(failed, population, bound + 1, looked) <= 0.05


def test_findings_come_back_and_bound_what_did_not_hold(site: SitePaths, tmp_path: Path) -> None:
    book = tmp_path / "核查表.xlsx"
    done = draw_sample(site, book, "王主任", size=3, seed="四季度")
    assert (done.sample_count, done.population_count) == (3, 3)
    fill(book, 1, **sound())
    fill(book, 2, **sound(结论="反弹", 现场查验="不符合", 情况说明="仍有贴单不告知，电话13812345678"))
    before = site.ledger.read_bytes()
    would = import_findings(site, book, "王主任", is_dry_run=True)
    assert site.ledger.read_bytes() == before
    said = import_findings(site, book, "王主任")
    assert said == would
    assert (sum(said.recorded.values()), said.skipped) == (2, 1)
    states = [problem(site, problem_of(site, c)) for c in (NOTICE, POLICE_RUDE, URBAN_RUDE)]
    assert sorted(p["status"] for p in states) == ["closed", "consolidated", "relapsed"]
    failed = next(p for p in states if p["status"] == "relapsed")
    assert "13812345678" not in failed["status_reason"]
    assert failed["look_back_methods"] == "问卷（符合）、现场查验（不符合）、访谈（符合）"
    assert kinds(site, failed["problem_id"])[-3:] == ["look_back_drawn", "look_back_failed", "deadline_set"]
    assert_history_is_told(site)
    figures = look_back_report(site).iloc[0]
    assert (figures["looked_at_count"], figures["failed_count"], figures["failing_at_most_count"]) == (2, 1, 2)
    again = import_findings(site, book, "王主任")
    assert (sum(again.recorded.values()), again.unchanged) == (0, 2)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ({"结论": "还行"}, "“还行”不是结论"),
        ({"问卷": None, "访谈": None}, "至少要用一种回头看方式"),
        ({"参加人": None}, "没有填参加人"),
        ({"回头看日期": TODAY + timedelta(days=9)}, "晚于"),
        ({"结论": "反弹"}, "必须写明情况"),
        ({"具体问题": "别的问题"}, "锁定的栏被改动了"),
        ({"行标识": "FR-2026-9999"}, "隐藏栏与内容对不上"),
        ({"问卷": "=1+1"}, "公式"),
    ],
)
def test_what_cannot_stand_is_told_with_its_cell_and_nothing_is_recorded(
    site: SitePaths, tmp_path: Path, edit: dict[str, object], reason: str
) -> None:
    book = tmp_path / "核查表.xlsx"
    draw_sample(site, book, "王主任", seed="一")
    fill(book, 1, **sound())
    fill(book, 2, **(sound() | edit))
    before = site.ledger.read_bytes()
    with pytest.raises(LookBackWorkbookError) as refused:
        import_findings(site, book, "王主任")
    assert [reason in str(fault) for fault in refused.value.faults] == [True]
    assert str(refused.value.faults[0]).startswith("第 ")
    assert site.ledger.read_bytes() == before


def test_the_command_line_tells_faults_and_findings(site: SitePaths, tmp_path: Path) -> None:
    book = tmp_path / "核查表.xlsx"
    draw_sample(site, book, "王主任", seed="一")
    fill(book, 1, **sound(结论="还行"))
    arguments = ("lookback", "import", str(book), "--person", "王主任", "--processed", str(site.processed))
    refused = hotline(*arguments)
    assert (refused.returncode, "“还行”不是结论" in refused.stderr.decode()) == (2, True)
    fill(book, 1, **sound())
    assert "记入 1 个结果（回头看：巩固 1 个）" in hotline(*arguments).stdout.decode()
    told = hotline("lookback", "report", "--processed", str(site.processed)).stdout.decode()
    assert "总体 3 个，抽 3 个，已查 1 个，反弹 0 个；总体中没有守住的至多 2 个（67%，单侧 95% 上限）" in told


def test_nothing_closed_gives_nothing_to_draw(site: SitePaths, tmp_path: Path) -> None:
    output = str(tmp_path / "a.xlsx")
    late = ("--since", (TODAY + timedelta(days=1)).isoformat())
    done = hotline("lookback", "sample", output, "--person", "王", *late, "--processed", str(site.processed))
    assert not Path(output).exists()
    assert done.returncode == 2
    assert "没有可以回头看的已销号问题" in done.stderr.decode()
