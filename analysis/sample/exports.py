"""Deals the complaints out to the exports of the platforms, dirt included, and notes the truth."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from analysis.sample.compose import Complaint
from analysis.sample.layouts import LAYOUTS, POSTS, QUARTERS, Layout
from analysis.sample.writers import Row

_OVERLAP = 25
_BAD_TIMES = ("3/5/2022", "05-04-22", "2022年13月1日", "2062/1/1 8:00", "昨天下午", "2022-02-30")


@dataclass(frozen=True)
class TruthRow:
    """What is true of one data row of the sample.

    complaint_id: empty for posts without a number and for rows that no intake may accept.
    expected: the outcome that the intake should find; «known» is unchanged or updated.
    planted: JSON list of the complainant's own data, as they stand in the row.
    """

    file_name: str
    complaint_id: str
    title: str
    person: str
    matter: str
    codes: str
    unit: str
    theme: str
    expected: str
    planted: str


@dataclass
class Sheet:
    """An export under construction, with the truth of each row."""

    layout: Layout
    rows: list[Row] = field(default_factory=list)
    truth: list[TruthRow] = field(default_factory=list)

    def add(self, complaint: Complaint, native_id: str, expected: str) -> None:
        """Add a complaint."""
        self.rows.append(self.layout.row(complaint, native_id))
        own = [complaint.person.phone, complaint.person.name, *complaint.planted]
        self.truth.append(
            TruthRow(
                file_name=self.layout.file_name,
                complaint_id="" if self.layout.id_prefix == "X" else self.layout.id_prefix + native_id,
                title=complaint.title,
                person=complaint.person.person_id,
                matter=complaint.matter,
                codes=";".join(complaint.story.codes),
                unit=complaint.story.unit,
                theme=complaint.story.theme,
                expected=expected,
                planted=json.dumps(own, ensure_ascii=False),
            )
        )

    def add_dirt(self, row: Row, expected: str) -> None:
        """Add a row that is no complaint of its own."""
        self.rows.append(row)
        self.truth.append(TruthRow(self.layout.file_name, "", "", "", "", "", "", "", expected, "[]"))


def write_exports(complaints: Sequence[Complaint], raw: Path, rng: random.Random) -> list[TruthRow]:
    """Write all exports below `raw` and return the truth of their rows.

    Each quarter's export repeats the last tickets of the quarter before, as real ones do.
    """
    sheets = {name: Sheet(layout) for name, layout in LAYOUTS.items()}
    exported: list[tuple[Complaint, str]] = []
    for number, complaint in enumerate(complaints, 1):
        name = _export_of(complaint, rng)
        native_id = f"{complaint.at:%Y%m%d}{number:05d}" if name in QUARTERS else f"{complaint.at:%y%m}{number:04d}"
        if name in QUARTERS:
            if not sheets[name].rows:
                for known, known_id in exported[-_OVERLAP:]:
                    sheets[name].add(known, known_id, "known")
            exported.append((complaint, native_id))
        sheets[name].add(complaint, native_id, "accepted")
    for name, sheet in sheets.items():
        if name in QUARTERS:
            _soil(sheet, rng)
        path = raw / sheet.layout.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        sheet.layout.write(path, list(sheet.layout.columns), sheet.rows)
    return [row for sheet in sheets.values() for row in sheet.truth]


def _export_of(complaint: Complaint, rng: random.Random) -> str:
    if complaint.is_post:
        return rng.choice(list(POSTS))
    if complaint.story.unit == "交通运输" or rng.random() < 0.02:
        return "12328" if rng.random() < 0.5 else _quarter(complaint.at)
    if complaint.at.year == 2023 and complaint.story.codes and rng.random() < 0.2:
        return "report"
    return _quarter(complaint.at)


def _quarter(at: datetime) -> str:
    name = f"{at.year}Q{(at.month - 1) // 3 + 1}"
    return name if name in QUARTERS else max(QUARTERS)


def _soil(sheet: Sheet, rng: random.Random) -> None:
    """Add rows that no intake may accept, and one exact duplicate."""
    headings = list(sheet.layout.columns)
    statement = [i for i, h in enumerate(headings) if h.endswith(("标题", "内容"))]
    *models, twin = rng.sample(sheet.rows, 5)

    def empty_statement(row: Row) -> None:
        for column in statement:
            row[column] = None

    damages: list[Callable[[Row], None]] = [
        lambda row: row.__setitem__(0, "2.02203E+16"),
        lambda row: row.__setitem__(0, None),
        lambda row: row.__setitem__(1, rng.choice(_BAD_TIMES)),
        empty_statement,
    ]
    for model, damage in zip(models, damages, strict=True):
        row = [f"{model[0]}9", *model[1:]]
        damage(row)
        sheet.add_dirt(row, "quarantined")
    sheet.add_dirt(list(twin), "duplicate")
