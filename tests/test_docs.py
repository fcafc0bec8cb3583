"""The documents cannot drift: every command, setting and column is in them, and they name nothing that is not there."""

import re
import tomllib
from pathlib import Path

import pytest

from flows.cli import _COMMANDS

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.zh-CN.md")


@pytest.mark.parametrize("name", READMES)
def test_every_command_and_exit_code_is_in_the_readme(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert [c for c in _COMMANDS if f"`hotline {c}" not in text and f"`{c}`" not in text] == []
    assert [
        code for code in ("0", "1", "2", "3", "4", "5", "6", "70", "130") if not re.search(rf"\b{code} ", text)
    ] == []
    assert "@@" not in text


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md"])
def test_what_the_documents_point_to_is_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if not link.startswith("http")]
    assert [link for link in links if not (ROOT / link).exists()] == []
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", text)) <= targets


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
