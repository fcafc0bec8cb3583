"""Somebody at a unit guesses who complained: from the unit's workbook, and from people whom the unit had dealings with.

For each row of the workbook the guesser has a list of people: those who complained, and others with the same kind of
grievance. Of each the guesser knows when and where it happened, and picks the one whom the row fits best.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import openpyxl
import pandas as pd

from tests.ledger_frames import build_tables

OTHERS = 20
"""How many people with the same kind of grievance who did not complain stand in each list."""

_ROADS = (
    "人民东路",
    "八一路",
    "五一大道",
    "远大一路",
    "韶山北路",
    "解放西路",
    "车站北路",
    "蔡锷中路",
    "芙蓉中路",
    "建湘路",
)


@dataclass(frozen=True)
class Person:
    """Somebody with a grievance: when and where, and whether the person complained of it."""

    at: datetime
    road: str
    has_complained: bool


@dataclass(frozen=True)
class Guess:
    """Whether a pick was right, how likely a blind one is, and whether few complained."""

    is_right: bool
    blind: float
    is_few: bool


def small_ledger(seed: int) -> tuple[dict[str, pd.DataFrame], dict[str, list[Person]]]:
    """Return a ledger whose problems have one to twelve complaints at any time and place, and who complained."""
    rng = Random(seed)
    tables = build_tables(seed)
    links = tables["problem_complaints"]
    sizes = {problem: rng.randint(1, 12) for problem in links["problem_id"].unique()}
    kept = links[links.groupby("problem_id").cumcount() < links["problem_id"].map(sizes)]
    complaints = tables["complaints"].copy()
    people = [_person(rng, has_complained=True) for _ in range(len(complaints))]
    complaints["received_at"] = pd.Series([p.at for p in people], index=complaints.index).astype(
        complaints["received_at"].dtype
    )
    complaints["place"] = [f"长沙市芙蓉区{p.road}" for p in people]
    complaints["complainant_key"] = complaints["complaint_id"]
    by_id = dict(zip(complaints["complaint_id"], people, strict=True))
    of_problem = {str(p): [by_id[i] for i in own["complaint_id"]] for p, own in kept.groupby("problem_id")}
    return tables | {"problem_complaints": kept.reset_index(drop=True), "complaints": complaints}, of_problem


def guesses(folder: Path, complained: dict[str, list[Person]], seed: int) -> Iterator[Guess]:
    """Yield a guess for each row of all the units' workbooks in the folder."""
    rng = Random(seed)
    for path in sorted(folder.glob("*.xlsx")):
        for row in _rows(path):
            own = complained[str(row["问题编号"])]
            people = own + [_person(rng, has_complained=False) for _ in range(OTHERS)]
            rng.shuffle(people)
            best = max(people, key=lambda person: _fit(person, row))
            yield Guess(best.has_complained, len(own) / len(people), len(own) < 5)


def _person(rng: Random, *, has_complained: bool) -> Person:
    return Person(datetime(2025, 12, 1) + timedelta(days=rng.randrange(350)), rng.choice(_ROADS), has_complained)


def _fit(person: Person, row: dict[str, object]) -> float:
    """Return how well what the row says of time and place fits a person."""
    score = 2.0 if person.road in str(row["地点"]) else 0.0
    spans = [_span(str(row[heading])) for heading in ("首次反映", "最近反映")]
    for span in spans:
        if span and span[0] <= person.at < span[1]:
            score += 3.0 / max(1, (span[1] - span[0]).days / 31)
    if spans[0] and spans[1] and not spans[0][0] <= person.at < spans[1][1]:
        score -= 10.0
    return score


def _span(words: str) -> tuple[datetime, datetime] | None:
    """Return the time that «2026年3月» or «2026年» spans, or None."""
    found = re.match(r"(\d{4})年\s*(?:(\d+)月)?", words)
    if not found:
        return None
    year, month = int(found[1]), int(found[2] or 0)
    if not month:
        return datetime(year, 1, 1), datetime(year + 1, 1, 1)
    return datetime(year, month, 1), datetime(year + month // 12, month % 12 + 1, 1)


def _rows(path: Path) -> Iterator[dict[str, object]]:
    sheet = openpyxl.load_workbook(path)["整改台账"]
    first, last = (int(row) for row in re.findall(r"\d+", sheet.auto_filter.ref))
    rows = list(sheet.iter_rows(min_row=first, max_row=last, values_only=True))
    headings = [str(cell).strip() for cell in rows[0]]
    for row in rows[1:]:
        yield dict(zip(headings, row, strict=True))
