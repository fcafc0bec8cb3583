"""Which files a run reads, and under which names."""

import hashlib
from pathlib import Path

import pytest

from analysis.errors import UsageError
from analysis.ingest.discover import discover, find_file, misplaced
from tests.ingest_files import put


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
