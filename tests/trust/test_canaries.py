"""Canaries in tickets and posts, looked for in all that comes of them, from databases to notebooks (row 10)."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.ledger.store import Reader
from analysis.site import SitePaths, site_paths
from tests.command import hotline, hotline_here
from tests.review_site import AS_OF, record, review
from tests.supervised_site import SAID
from tests.test_notebooks import NOTEBOOKS, run_notebook, shown
from tests.trust.canaries import Canary, Search, cells, files, plant
from tests.trust.tally import Tally

Times = Callable[[int, int], int]
"""How often to try: few in the suite, many with --full."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, times: Times) -> tuple[SitePaths, list[Canary], str]:
    """A site after a night, in full after two with reviews, returns and reports; and all that was printed."""
    home = tmp_path_factory.mktemp("canaries")
    shutil.copytree(site_paths().models, home / "data" / "models")
    paths = site_paths(base=home)
    canaries = plant(paths.raw, times(40, 1000))
    said = []

    def do(*arguments: object) -> None:
        done = hotline_here(*arguments)
        said.append(done.stdout + done.stderr)
        assert done.returncode == 0, done.stderr

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLINE_HOME", str(home))
        do("run", "--plain", "--as-of", AS_OF)
        if times(0, 1):
            decide(paths)
            do("run", "--plain", "--as-of", AS_OF)
            for workbook in sorted((paths.processed / "整改台账").glob("*.xlsx")):
                do("import", workbook, "--person", "某人")
            do("report", "--period", "2026-03")
            do("report", "--period", "2026", "--public")
            do("review", "export", paths.processed / "复核.xlsx")
            do("export")
            said.append(str(hotline_here("doctor")))
        do("status")
        with Reader.open(paths.snapshot) as reader:
            ids = reader.tables()["complaints"]["complaint_id"][: times(0, 50)]
        for complaint_id in ids:
            said.append(str(hotline_here("explain", complaint_id)))
            said.append(str(hotline_here("trace", complaint_id)))
    return paths, canaries, "\n".join(said)


def decide(paths: SitePaths) -> None:
    """Let a reviewer put all complaints in scope, so that they reach ledger and workbooks."""
    with Reader.open(paths.snapshot) as reader:
        complaints = reader.tables()["complaints"]
    rows = []
    for complaint in complaints.itertuples():
        code, kind = next(
            ((code, kind) for title, _, code, kind in SAID if complaint.title.startswith(title)), SAID[0][2:]
        )
        decided = {"decision": "in_scope", "codes": code, "unit_kind": kind}
        rows.append(review(complaint.complaint_id, (complaint.title, complaint.text), **decided))
    record(paths, *rows)


@pytest.mark.promise("canary")
def test_no_canary_stands_in_anything_written(site: tuple[SitePaths, list[Canary], str], tally: Tally) -> None:
    paths, canaries, said = site
    search = Search(canaries)
    raw = b"".join(path.read_bytes() for path in files(paths.raw))
    assert len(search.in_bytes(raw)) > 4 * len(canaries), "the search finds what is there"
    found = search.in_text(said)
    for path in (*files(paths.processed), *files(paths.models)):
        found |= {f"{word} {path.name}" for word in search.in_bytes(path.read_bytes())}
    for database in (paths.ledger, paths.snapshot):
        for table, text in cells(database):
            found |= {f"{word} {table}" for word in search.in_text(text)}
    missed = {line.split(" ")[0] for line in found}
    for canary in canaries:
        tally.count(not any(word in missed for word in canary.words), f"{canary.complaint_id} {sorted(found)[:3]}")


@pytest.mark.slow
@pytest.mark.promise("canary")
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_no_canary_is_shown_by_a_notebook(
    notebook: Path,
    site: tuple[SitePaths, list[Canary], str],
    tmp_path: Path,
    tally: Tally,
    request: pytest.FixtureRequest,
) -> None:
    if not request.config.getoption("full"):
        pytest.skip("笔记本只在 --full 时逐个运行；平时见 tests/test_notebooks.py")
    paths, canaries, _ = site
    found = Search(canaries).in_text(shown(run_notebook(notebook, paths.models.parent.parent, tmp_path)))
    for canary in canaries:
        tally.count(found.isdisjoint(canary.words), f"{notebook.name} {canary.complaint_id}")


@pytest.mark.promise("canary")
def test_no_canary_reaches_prefect(
    site: tuple[SitePaths, list[Canary], str], tmp_path: Path, tally: Tally, request: pytest.FixtureRequest
) -> None:
    if not request.config.getoption("full"):
        pytest.skip("Prefect 的数据库平时由 tests/test_flow.py 查")
    paths, canaries, _ = site
    done = hotline(
        "run", "--raw", paths.raw, "--processed", tmp_path / "out", env={"PREFECT_HOME": str(tmp_path / "prefect")}
    )
    assert done.returncode == 0, done.stderr.decode()
    search = Search(canaries)
    found = search.in_bytes(done.stdout + done.stderr)
    for path in files(tmp_path / "prefect"):
        found |= search.in_bytes(path.read_bytes())
    for canary in canaries:
        tally.count(found.isdisjoint(canary.words), f"prefect {canary.complaint_id}")
