"""The analysts' handle: reads what was published, reaches nothing else, and lives through a publish of the night."""

import errno
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from analysis import open_snapshot
from analysis.contracts import TABLES
from analysis.errors import IntegrityError, UsageError
from analysis.site import SitePaths
from analysis.snapshot import Snapshot
from tests.command import ROOT
from tests.review_site import LIGHT_ID, POLICE_ID, build_site, copy_site, tables

PUBLISHED = [table for table in TABLES if table.is_published]
PUBLISH = """
import sys, pathlib, pandas as pd
from analysis.contracts import MATTERS
from analysis.ledger.store import Store
folder = pathlib.Path(sys.argv[1])
with Store.open(folder / "ledger.duckdb") as store:
    store.append(MATTERS, pd.DataFrame([{"matter_id": sys.argv[2], "canonical_complaint_id": "1", "run_id": "R"}]))
    store.publish(folder / "snapshot.duckdb")
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(tmp_path_factory.mktemp("built"))


@pytest.fixture
def site(built: Path, tmp_path: Path) -> SitePaths:
    return copy_site(built, tmp_path)


@pytest.fixture
def snapshot(site: SitePaths) -> Iterator[Snapshot]:
    with open_snapshot(site.snapshot) as opened:
        yield opened


def publish_elsewhere(site: SitePaths, matter_id: str) -> None:
    """Publish once more in another process, with one more matter."""
    subprocess.run([sys.executable, "-c", PUBLISH, str(site.processed), matter_id], check=True, cwd=ROOT)


def matters(snapshot: Snapshot) -> set[str]:
    return set(snapshot.table("matters")["matter_id"])


def test_importing_the_library_is_cheap_and_still_offers_the_handle() -> None:
    code = (
        "import sys, analysis; assert not {'pandas', 'duckdb', 'jieba'} & set(sys.modules);"
        " from analysis import open_snapshot; assert callable(open_snapshot)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("part", ["", "processed", "processed/snapshot.duckdb"])
def test_a_folder_of_a_site_or_of_results_or_a_file_will_do(site: SitePaths, part: str) -> None:
    with open_snapshot(str(site.processed.parent / part)) as snapshot:
        assert snapshot.path == site.snapshot
        assert POLICE_ID in set(snapshot.table("complaints")["complaint_id"])


def test_without_a_path_it_is_that_of_the_home(
    site: SitePaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home" / "data").mkdir(parents=True)
    site.processed.rename(tmp_path / "home" / "data" / "processed")
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    with open_snapshot() as one, open_snapshot(tmp_path / "home") as other:
        assert one.path == other.path == tmp_path / "home" / "data" / "processed" / "snapshot.duckdb"


def test_the_tables_are_those_of_the_ledger_in_names_or_in_chinese(site: SitePaths, snapshot: Snapshot) -> None:
    assert snapshot.tables == [table.name for table in PUBLISHED]
    ledger = tables(site)
    for table in PUBLISHED:
        plain, chinese = snapshot.table(table.name), snapshot.table(table.name, labels="zh")
        assert list(plain.columns) == table.column_names
        assert list(chinese.columns) == [c.heading for c in table.columns]
        assert chinese.columns.is_unique
        assert len(plain) == len(chinese) == len(ledger[table.name])
    problem = snapshot.table("problems").iloc[0]
    assert problem["status"] == "awaiting_handover"
    assert problem["registered_on"] == ledger["problems"]["registered_on"].iloc[0]
    assert snapshot.table("problems", "zh")["状态"].to_list() == ["待交办"]
    assert snapshot.table("problems", "zh")["整改进展"].to_list() == [None]


def test_every_published_column_is_described(snapshot: Snapshot) -> None:
    described = snapshot.describe()
    known = set(described[["table", "column"]].itertuples(index=False, name=None))
    stored = snapshot.sql("SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'snapshot'")
    assert set(stored.itertuples(index=False, name=None)) <= known
    assert (described[["heading", "type", "meaning"]] != "").all(axis=None)
    status = snapshot.describe("problems").set_index("column").loc["status"]
    assert (status["heading"], status["type"], status["is_nullable"]) == ("状态", "文本", False)
    assert "awaiting_handover＝待交办" in status["meaning"]
    assert list(snapshot.search("路灯").columns) == snapshot.describe("found_complaints")["column"].to_list()
    assert list(snapshot.similar(LIGHT_ID).columns) == snapshot.describe("similar_complaints")["column"].to_list()


def test_a_query_takes_parameters(snapshot: Snapshot) -> None:
    found = snapshot.sql("SELECT complaint_id FROM complaints WHERE complaint_id = $wanted", wanted=POLICE_ID)
    assert found["complaint_id"].to_list() == [POLICE_ID]
    assert snapshot.sql("FROM complaints").shape[0] == 3
    assert len(snapshot.sql("DESCRIBE complaints"))


def test_a_faulty_query_is_one_line_without_a_traceback_in_a_notebook(snapshot: Snapshot) -> None:
    with pytest.raises(UsageError, match=r"查询没有执行：.*nothing") as caught:
        snapshot.sql("SELECT nothing\nFROM complaints")
    assert caught.value._render_traceback_() == [str(caught.value)]


def test_the_handle_lives_through_a_publish_and_says_so(site: SitePaths) -> None:
    first = open_snapshot(site.snapshot)
    old = matters(first)
    assert not first.is_outdated
    assert "更新的快照" not in repr(first) + first._repr_html_()
    publish_elsewhere(site, "M-second")
    assert matters(first) == old
    assert first.is_outdated
    assert "已有更新的快照" in repr(first)
    assert "已有更新的快照" in first._repr_html_()

    second = open_snapshot(site.snapshot)  # while the first is open: each shows its own
    assert matters(second) == {*old, "M-second"}
    publish_elsewhere(site, "M-third")
    third = open_snapshot(site.snapshot)
    assert [matters(first), matters(second)] == [old, {*old, "M-second"}]
    assert matters(third) == {*old, "M-second", "M-third"}
    assert [first.is_outdated, second.is_outdated, third.is_outdated] == [True, True, False]

    first.search("路灯")
    assert first.refresh() is first
    assert matters(first) == matters(third)
    assert not first.is_outdated
    assert first.search("路灯")["complaint_id"].to_list() == [LIGHT_ID]
    for opened in (first, second, third):
        opened.close()


def test_nobody_outside_of_its_group_reads_it_for_it_holds_leads(site: SitePaths) -> None:
    assert stat.S_IMODE(site.snapshot.stat().st_mode) == 0o640


def test_it_tells_the_run_and_its_age(site: SitePaths, snapshot: Snapshot) -> None:
    run_id = tables(site)["runs"]["run_id"].iloc[0]
    assert snapshot.run_id == run_id
    assert snapshot.age is not None
    assert 0 <= snapshot.age.total_seconds() < 3600
    for shown in (repr(snapshot), snapshot._repr_html_()):
        assert run_id in shown
        assert "3 件诉求，1 个问题" in shown
        assert "前）" in shown or "刚刚）" in shown


def test_a_closed_handle_says_so_and_can_be_opened_again(site: SitePaths) -> None:
    with open_snapshot(site.snapshot) as snapshot:
        assert "已关闭" not in repr(snapshot)
    assert "已关闭" in repr(snapshot)
    for use in (lambda: snapshot.table("runs"), lambda: snapshot.sql("FROM runs"), lambda: snapshot.search("路灯")):
        with pytest.raises(UsageError, match="已经关闭"):
            use()
    with snapshot.refresh():
        assert len(snapshot.table("runs")) == 1


def test_a_reader_without_a_right_to_write_leaves_nothing_behind(site: SitePaths) -> None:
    before = sorted(site.processed.rglob("*"))
    site.snapshot.chmod(0o440)
    with open_snapshot(site.snapshot) as snapshot:
        snapshot.search("路灯")
        assert snapshot.sql("SELECT current_setting('temp_directory') AS place")["place"].to_list() == [""]
    assert sorted(site.processed.rglob("*")) == before


def test_what_cannot_be_opened_is_told_in_one_line(site: SitePaths, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UsageError, match=r"没有找到.*请先执行 hotline run"):
        open_snapshot(empty)
    with open_snapshot(site.snapshot) as snapshot:
        with pytest.raises(UsageError, match="没有表“nothing”。有的是"):
            snapshot.describe("nothing")
        with pytest.raises(UsageError, match="快照里没有表“superseded_complaints”"):
            snapshot.table("superseded_complaints")
    with duckdb.connect(str(site.snapshot)) as connection:
        connection.execute("ALTER TABLE problems DROP COLUMN version; DROP TABLE reviews")
    with pytest.raises(
        UsageError, match=r"旧版程序发布的，缺少 problems\.version 等 \d+ 列。请先执行 hotline run"
    ) as caught:
        open_snapshot(site.snapshot)
    assert "\n" not in str(caught.value)
    site.snapshot.write_bytes(b"not a database")
    with pytest.raises(IntegrityError, match=r"可能已损坏.*重新发布"):
        open_snapshot(site.snapshot)


def test_a_folder_that_may_not_be_entered_is_told_in_one_line(site: SitePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", refuse)  # the tests may run as root, who enters every folder
    with pytest.raises(UsageError, match=r"没有权限读 .*请向管理员要") as caught:
        open_snapshot(site.processed)
    assert "\n" not in str(caught.value)


def test_labels_are_chinese_or_none(snapshot: Snapshot) -> None:
    with pytest.raises(UsageError, match="labels"):
        snapshot.table("runs", labels="en")  # type: ignore[arg-type]
    found = snapshot.search("路灯", labels="zh")
    assert found["判断"].to_list() == ["不纳入"]
    assert isinstance(found, pd.DataFrame)
