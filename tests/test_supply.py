"""What comes with an installation: locked by hash, under licences that fit, and listed as it is."""

import tomllib

import pytest

from deploy.licences import is_compatible, page, rows
from tests.command import ROOT


def test_every_locked_file_has_its_hash() -> None:
    locked = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    files = [file for p in locked for file in (*p.get("wheels", []), *([p["sdist"]] if "sdist" in p else []))]
    assert len(files) > 500
    assert [file["url"] for file in files if not file.get("hash", "").startswith("sha256:")] == []
    assert [p["name"] for p in locked if "registry" not in p["source"] and p["source"] != {"editable": "."}] == []


def test_licences_fit_and_are_listed() -> None:
    assert [row for row in rows() if not is_compatible(row[2])] == []
    assert page() == (ROOT / "docs" / "第三方许可.md").read_text(encoding="utf-8"), "make licences"


@pytest.mark.parametrize("words", ["", "Proprietary", "GPL-3.0-only", "AGPL-3.0", "GNU General Public License v3"])
def test_other_licences_do_not_fit(words: str) -> None:
    assert not is_compatible(words)
