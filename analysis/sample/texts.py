"""The written stories that the sample is made of, and the words that fill their blanks."""

import json
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

_FOLDER = files("analysis.sample")


@dataclass(frozen=True)
class Story:
    """One written complaint with blanks such as {road}; codes, unit and theme are empty when out of scope."""

    story_id: str
    voice: str
    title: str
    text: str
    codes: tuple[str, ...]
    unit: str
    theme: str


@dataclass(frozen=True)
class Fillings:
    """Words for the blanks, parts of people, and phrases with personal data."""

    slots: dict[str, list[str]]
    people: dict[str, list[str]]
    phrases: dict[str, list[str]]


def load_stories() -> list[Story]:
    """Return all stories of `texts/*.jsonl`, in the order of files and lines."""
    paths = sorted((p for p in _FOLDER.joinpath("texts").iterdir() if p.name.endswith(".jsonl")), key=lambda p: p.name)
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [_story(json.loads(line)) for line in lines]


def _story(row: dict[str, Any]) -> Story:
    return Story(row["id"], row["voice"], row["title"], row["text"], tuple(row["codes"]), row["unit"], row["theme"])


def load_fillings() -> Fillings:
    """Return the content of `fillings.toml`."""
    content = tomllib.loads(_FOLDER.joinpath("fillings.toml").read_text(encoding="utf-8"))
    return Fillings(content["slots"], content["people"], content["phrases"])
