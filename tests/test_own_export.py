"""The example of an own export is true: refused before its entry, read after, and the program says what is shown."""

import re
from pathlib import Path

import pytest

from analysis.ingest.sources import load_sources
from analysis.site import HOME_VARIABLE, site_paths
from tests.command import ROOT, hotline_here
from tests.ingest_files import intake_of

PAGE = (ROOT / "docs" / "接入自己的热线.md").read_text(encoding="utf-8")
SHIPPED = (ROOT / "analysis" / "codebook" / "columns.toml").read_text(encoding="utf-8")
FILE_NAME = "posts/掌上办2024年10月.csv"


_BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXPORT, ENTRY = (next(block for kind, block in _BLOCKS if kind == wanted) for wanted in ("csv", "toml"))
BEFORE, AFTER = (block for _, block in _BLOCKS if block.startswith("$ hotline"))


def _shown(session: str, processed: Path) -> str:
    """Run the commands of a session and return it as it is now, with the folder of the results as the page has it."""
    lines = []
    for command in re.findall(r"^\$ hotline (.*)$", session, re.MULTILINE):
        told = hotline_here(*command.split())
        assert (told.returncode, told.stderr) == (0, "")
        lines.append(f"$ hotline {command}\n{told.stdout.replace(str(processed), 'data/processed')}")
    return "".join(lines)


def test_the_example_is_refused_before_its_entry_and_read_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = site_paths().models.resolve()
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    paths = site_paths()
    (paths.raw / FILE_NAME).parent.mkdir(parents=True)
    (paths.raw / FILE_NAME).write_text(EXPORT, encoding="utf-8")
    paths.models.symlink_to(models)
    assert _shown(BEFORE, paths.processed) == BEFORE
    paths.codebook.mkdir()
    (paths.codebook / "columns.toml").write_text(f"{SHIPPED}\n{ENTRY}", encoding="utf-8")
    assert _shown(AFTER, paths.processed) == AFTER
    digest = paths.digest.read_text(encoding="utf-8")
    for told in re.findall("“(表头在第 2 行[^；]*)；(不认识的列[^”]*)”", PAGE)[0]:
        assert told in digest
    assert "ZS0001" in hotline_here("trace", "ZS0001").stdout


def test_a_forgotten_heading_is_told_as_the_page_says(tmp_path: Path) -> None:
    entry = re.sub(r"^received_at.*\n", "", ENTRY, flags=re.MULTILINE)
    assert entry != ENTRY
    (tmp_path / "columns.toml").write_text(f"{SHIPPED}\n{entry}", encoding="utf-8")
    intake = intake_of(tmp_path / "raw", FILE_NAME, EXPORT.encode(), load_sources(tmp_path))
    assert intake.rejects["reason"].to_list() == re.findall(r"^> (.*)$", PAGE, re.MULTILINE)
