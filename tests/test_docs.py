"""The documents cannot drift: every command, setting and column is in them, and they name nothing that is not there."""

import re
import tomllib
from pathlib import Path

import pytest

from analysis.exchange.decision_workbook import TASKS
from analysis.exchange.unit_columns import EDITABLE_FIELDS, LEDGER_COLUMNS
from flows.cli import _COMMANDS

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.zh-CN.md")
PAGES = [*(ROOT / name for name in (*READMES, "CONTRIBUTING.md")), *sorted((ROOT / "docs").rglob("*.md"))]
PICTURES = ROOT / "docs" / "img"
ROLES = ("值班员", "监督员", "责任单位", "分析员", "管理员")
LARGEST_PICTURE = 150_000


def _links(page: Path) -> list[Path]:
    """Return the files that a page links to or shows."""
    found = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    return [(page.parent / link).resolve() for link in found if "://" not in link]


@pytest.mark.parametrize("name", READMES)
def test_every_command_and_exit_code_is_in_the_readme(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert [c for c in _COMMANDS if f"`hotline {c}" not in text and f"`{c}`" not in text] == []
    assert [
        code for code in ("0", "1", "2", "3", "4", "5", "6", "70", "130") if not re.search(rf"\b{code} ", text)
    ] == []
    assert "@@" not in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_documents_point_to_is_there(page: Path) -> None:
    assert [link for link in _links(page) if not link.exists()] == []
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
    assert set(re.findall(r"(?:`|^\$ |^)hotline ([a-z]+)", text, re.MULTILINE)) <= {*_COMMANDS}


def test_every_page_and_every_small_picture_is_linked() -> None:
    linked = {link for page in PAGES for link in _links(page) if link != page}
    assert [page.name for page in PAGES[2:] if page not in linked] == []
    assert [picture.name for picture in PICTURES.iterdir() if picture not in linked] == []
    assert [p.name for p in PICTURES.iterdir() if p.stat().st_size > LARGEST_PICTURE] == []


@pytest.mark.parametrize("name", READMES)
def test_the_readme_names_the_page_of_each_role(name: str) -> None:
    links = _links(ROOT / name)
    assert [role for role in ROLES if ROOT / "docs" / f"{role}.md" not in links] == []


def test_units_read_what_each_open_column_is_for_and_supervisors_what_each_task_asks() -> None:
    unit, supervisor = ((ROOT / "docs" / f"{role}.md").read_text(encoding="utf-8") for role in ("责任单位", "监督员"))
    assert [c.heading for c in LEDGER_COLUMNS if c.field in EDITABLE_FIELDS and c.heading not in unit] == []
    assert [task for task in TASKS if task not in supervisor] == []


def test_decisions_are_listed_and_say_what_a_decision_has_to() -> None:
    folder = ROOT / "docs" / "decisions"
    records = sorted(p for p in folder.glob("*.md") if p.name != "README.md")
    assert [p for p in records if p not in _links(folder / "README.md")] == []
    for record in records:
        parts = re.findall(r"^\*\*(\w+)", record.read_text(encoding="utf-8"), re.MULTILINE)
        assert [p for p in ("Context", "Decision", "Alternatives", "Consequences", "Revisit") if p not in parts] == []


def test_every_setting_carries_its_reason() -> None:
    lines = (ROOT / "analysis" / "defaults.toml").read_text(encoding="utf-8").splitlines()
    settings = [line for line in lines if re.match(r"\w+ = ", line)]
    assert len(settings) >= 20
    assert [line for line in settings if "#" not in line] == []


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[<>=\[ ]", d)[0] for d in project["dependencies"]]
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [n for n in names if n not in text] == []


def test_both_readmes_have_the_same_structure() -> None:
    one, other = ((ROOT / name).read_text(encoding="utf-8") for name in READMES)
    assert len(re.findall(r"^## ", one, re.MULTILINE)) == len(re.findall(r"^## ", other, re.MULTILINE))
    assert re.findall(r"\]\((docs/[^)]+)\)", one) == re.findall(r"\]\((docs/[^)]+)\)", other)
