"""Which files a run reads, and under which names."""

import datetime as dt
import hashlib
import os
import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from analysis.errors import UsageError
from analysis.ingest.discover import discover, find_file, misplaced
from analysis.ingest.intake import read_intake
from tests.ingest_files import AS_OF, LIMITS, SOURCES, csv_text, put


def test_files_come_in_natural_order_with_their_fingerprints(tmp_path: Path) -> None:
    for name in ("tickets/2023年10月.csv", "tickets/2023年2月.csv", "posts/a/b.json"):
        put(tmp_path, name, name)
    found = discover(tmp_path)
    assert [f.file_name for f in found] == ["posts/a/b.json", "tickets/2023年2月.csv", "tickets/2023年10月.csv"]
    assert [f.file_kind for f in found] == ["posts", "tickets", "tickets"]
    assert found[0].file_id == hashlib.sha256(b"posts/a/b.json").hexdigest()
    assert found[0].byte_count == len("posts/a/b.json")


def test_lock_files_hidden_files_and_readmes_are_left_out(tmp_path: Path) -> None:
    for name in ("~$工单.xlsx", ".gitkeep", ".a.csv", "README.md", "readme.txt", "Thumbs.db", ".git/a.csv"):
        put(tmp_path, f"tickets/{name}", "x")
    assert discover(tmp_path) == []


def test_a_run_for_an_earlier_day_reads_what_came_since(tmp_path: Path) -> None:
    now = dt.datetime.now(ZoneInfo("Asia/Shanghai"))
    times = (now, now + dt.timedelta(days=30))
    rows = [(str(n), f"{time:%Y-%m-%d %H:%M}", "内容") for n, time in enumerate(times)]
    put(tmp_path, "tickets/a.csv", csv_text(("工单编号", "受理时间", "内容"), *rows))
    intake = read_intake(discover(tmp_path)[0], SOURCES, LIMITS, dt.date(2023, 3, 1))
    assert len(intake.candidates) == 1
    assert intake.rejects["reason_code"].to_list() == ["future_date"]


def test_one_folder_is_enough_and_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tickets 或 posts"):
        discover(tmp_path)
    (tmp_path / "posts").mkdir()
    assert discover(tmp_path) == []


def test_what_must_not_be_read_is_listed_with_its_problem(tmp_path: Path) -> None:
    outside = put(tmp_path, "outside.csv", "x")
    inside = put(tmp_path, "raw/tickets/a.csv", "x")
    (inside.parent / "out.csv").symlink_to(outside)
    (inside.parent / "in.csv").symlink_to(inside)
    put(tmp_path, "raw/tickets/b.docx", "x")
    found = {f.file_name.removeprefix("tickets/"): f.problem for f in discover(tmp_path / "raw")}
    assert found == {"a.csv": None, "in.csv": None, "out.csv": "outside_raw", "b.docx": "unsupported_suffix"}


def test_a_file_is_found_by_its_listed_name_only(tmp_path: Path) -> None:
    path = put(tmp_path, "raw/tickets/2023/a.csv", "x")
    put(tmp_path, "secret.csv", "x")
    assert find_file(tmp_path / "raw", "tickets/2023/a.csv") == path
    assert find_file(tmp_path / "raw", "tickets/../../secret.csv") is None
    assert find_file(tmp_path / "raw", "tickets/b.csv") is None


def test_tables_beside_the_two_folders_are_named(tmp_path: Path) -> None:
    for name in ("tickets/a.csv", "b.xlsx", "README.md", "~$b.xlsx"):
        put(tmp_path, name, "x")
    assert misplaced(tmp_path) == ["b.xlsx"]


def test_tables_in_other_folders_are_named_too(tmp_path: Path) -> None:
    for name in ("tickets/a.csv", "工单/2023/b.csv", "工单/tickets/c.csv", ".trash/d.csv", "1/2/3/4/e.csv"):
        put(tmp_path, name, "x")
    assert misplaced(tmp_path) == ["工单/2023/b.csv", "工单/tickets/c.csv"]


def test_what_is_not_read_for_its_name_is_not_taken_for_its_readable_twin(tmp_path: Path) -> None:
    for name in ("a.bak", "a.csv", "b.bak"):
        put(tmp_path, f"tickets/{name}", "x")
    found = {f.file_name: f.file_id for f in discover(tmp_path)}
    assert len(set(found.values())) == 3
    assert found["tickets/a.csv"] == hashlib.sha256(b"x").hexdigest()


def test_empty_files_are_told_apart(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        put(tmp_path, f"tickets/{name}", "")
    assert len({f.file_id for f in discover(tmp_path)}) == 2
    intakes = [read_intake(f, SOURCES, LIMITS, AS_OF) for f in discover(tmp_path)]
    assert [i.rejects["reason_code"].to_list() for i in intakes] == [["empty_file"], ["empty_file"]]


def test_a_folder_that_cannot_be_entered_is_listed(tmp_path: Path) -> None:
    put(tmp_path, "tickets/a.csv", "x")
    top = os.open(tmp_path / "tickets", os.O_RDONLY)
    for _ in range(20):  # beyond the longest path there is, which stops root too
        os.mkdir("d" * 250, dir_fd=top)
        deeper = os.open("d" * 250, os.O_RDONLY, dir_fd=top)
        os.close(top)
        top = deeper
    os.close(top)
    found = [f.problem for f in discover(tmp_path)]
    shutil.rmtree(tmp_path / "tickets")
    assert sorted(map(str, found)) == ["None", "no_access"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root enters every folder")
def test_a_folder_without_permission_is_listed(tmp_path: Path) -> None:
    folder = put(tmp_path, "tickets/2023/a.csv", "x").parent
    folder.chmod(0)
    found = [(f.file_name, f.problem) for f in discover(tmp_path)]
    folder.chmod(0o700)
    assert found == [("tickets/2023", "closed_folder")]
