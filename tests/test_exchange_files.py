"""Outputs appear whole, with the promised mode, under names that every system can store."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.exchange.files import PRIVATE_MODE, SHARED_MODE, safe_file_name, write_atomically


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("mode", [PRIVATE_MODE, SHARED_MODE])
def test_mode_does_not_depend_on_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        path = write_atomically(tmp_path / "a.xlsx", b"x", mode)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_private_file_replaces_an_open_one_of_wider_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"old")
    path.chmod(0o666)
    write_atomically(path, b"new", PRIVATE_MODE)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == PRIVATE_MODE


def test_what_a_killed_writer_left_is_taken_over(tmp_path: Path) -> None:
    leftover = tmp_path / ".a.xlsx.partial"
    leftover.write_bytes(b"half")
    write_atomically(tmp_path / "a.xlsx", b"whole", SHARED_MODE)
    assert [p.name for p in tmp_path.iterdir()] == ["a.xlsx"]


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "other.txt"
    target.write_text("untouched")
    (tmp_path / ".a.xlsx.partial").symlink_to(target)
    write_atomically(tmp_path / "a.xlsx", b"x", SHARED_MODE)
    assert target.read_text() == "untouched"


@given(st.text(st.characters(), max_size=300))
def test_any_name_can_be_a_file_name(name: str) -> None:
    safe = safe_file_name(name)
    assert 0 < len(safe.encode()) <= 160
    assert not set(safe) & set('<>:"/\\|?*\n\x00')
    assert safe not in (".", "..")
    assert safe_file_name(safe) == safe
