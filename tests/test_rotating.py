"""`hotline key rotate`: every digest changes, everybody is still known, and no old digest stays in a file."""

from pathlib import Path

import pytest

from analysis.errors import SettingsError
from analysis.pipeline.verifying import verify_ledger
from analysis.site import SitePaths
from tests.command import Told, hotline_here
from tests.review_site import OUT_OF_SCOPE, build_site, copy_site, next_night, put, tables


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(tmp_path_factory.mktemp("built"))


def rotate(site: SitePaths) -> Told:
    said = ("--person", "王主任", "--reason", "管理人离任")
    return hotline_here("key", "rotate", *said, "--processed", site.processed)


def test_who_was_known_before_is_known_after_two_rotations(built: Path, tmp_path: Path) -> None:
    site = copy_site(built, tmp_path)
    seen = [set(tables(site)["complaints"]["complainant_key"])]
    for number in (2, 3):
        assert rotate(site).returncode == 0
        seen.append(set(tables(site)["complaints"]["complainant_key"]))
        assert (site.key.parent / f"complainant.key.{number}").stat().st_mode & 0o777 == 0o600
    put(site, "12328工单2.csv", OUT_OF_SCOPE, first=22030020)
    next_night(site)
    assert set(tables(site)["complaints"]["complainant_key"]) == seen[-1]
    assert [len(keys) for keys in seen] == [1, 1, 1]
    assert len(set.union(*seen)) == 3
    assert not [told for finding in verify_ledger(site) for told in finding.differences]
    for path in (site.ledger, site.snapshot):
        content = path.read_bytes()
        assert not [key for keys in seen[:-1] for key in keys if key.encode() in content], path.name
    told = hotline_here("audit", "--processed", site.processed, "--person", "王主任").stdout
    assert "更换密钥　第 2 个；理由：管理人离任" in told
    assert "更换密钥　第 3 个" in told


def test_a_later_key_that_is_gone_is_not_made_anew(built: Path, tmp_path: Path) -> None:
    site = copy_site(built, tmp_path)
    assert (
        hotline_here("key", "rotate", "--person", "王", "--reason", "换", "--processed", site.processed).returncode == 0
    )
    later = site.key.parent / "complainant.key.2"
    later.unlink()
    with pytest.raises(SettingsError, match="从备份恢复"):
        next_night(site)
    assert not later.exists()


def test_a_key_that_a_killed_rotation_left_is_taken_and_changes_nothing_before(built: Path, tmp_path: Path) -> None:
    site = copy_site(built, tmp_path)
    left = site.key.parent / "complainant.key.2"
    left.write_text("ab" * 32 + "\n", encoding="ascii")
    left.chmod(0o600)
    before = set(tables(site)["complaints"]["complainant_key"])
    put(site, "12328工单2.csv", OUT_OF_SCOPE, first=22030020)
    next_night(site)
    assert set(tables(site)["complaints"]["complainant_key"]) == before
    assert (
        hotline_here("key", "rotate", "--person", "王", "--reason", "换", "--processed", site.processed).returncode == 0
    )
    assert left.read_text(encoding="ascii") == "ab" * 32 + "\n"
    assert set(tables(site)["complaints"]["complainant_key"]).isdisjoint(before)
