"""What a sheet is made of: columns, rows, title and notes, declared as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from analysis.exchange.style import Filler, Tone


class Kind(StrEnum):
    """How the values of a column are written and aligned."""

    TEXT = "text"
    SHORT = "short"
    COUNT = "count"
    SCORE = "score"
    DATE = "date"
    TIME = "time"


@dataclass(frozen=True)
class SheetColumn:
    """One column of a sheet: which field it shows, its heading, width and use.

    Attributes:
        field: name of the value in a row; a row that lacks it has an empty cell.
        heading: what users read.
        width: in Excel's units, two for each Chinese character.
        kind: how values are written.
        filler: who fills it in.
        band: heading over a group of columns, where the sheet has such groups.
        choices: drop-down list; other text is refused unless `has_free_text`.
        has_free_text: the choices are only proposals.
        has_tone: the cell shows the row's tone.
        hint: how to fill it in.
        is_hidden: for the program that reads the sheet back; such columns stand last.
        is_printed: part of the print-out; columns that are only read and filled in on the screen stand right of it.
    """

    field: str
    heading: str
    width: float
    kind: Kind = Kind.TEXT
    filler: Filler = Filler.SYSTEM
    band: str = ""
    choices: tuple[str, ...] = ()
    has_free_text: bool = False
    has_tone: bool = False
    hint: str = ""
    is_hidden: bool = False
    is_printed: bool = True


@dataclass(frozen=True)
class Marked:
    """A text of which the part from `start` to `end` (exclusive) is to stand out."""

    text: str
    start: int
    end: int


Value = str | int | float | date | datetime | Marked | None


@dataclass(frozen=True)
class SheetRow:
    """One row of a sheet."""

    values: Mapping[str, Value]
    tone: Tone = Tone.NONE
    is_total: bool = False
    flagged: frozenset[str] = frozenset()
    """Fields whose cells have to be mended."""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By field the drop-down list of this row's cell, where it is not that of the column."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: a table under a title, with the notes that a reader of a print-out needs."""

    name: str
    title: str
    subtitle: str
    columns: Sequence[SheetColumn]
    rows: Sequence[SheetRow]
    warning: str = ""
    notes: Sequence[str] = ()
    has_tone_legend: bool = False
    is_portrait: bool = False
    frozen_columns: int = 0
    is_protected: bool = False
    """Only the columns that somebody fills in can be changed, until the protection (without password) is lifted."""
    when_empty: str = "（无）"


@dataclass(frozen=True)
class Book:
    """A workbook: its title and office go into the document's properties, no person's name does."""

    title: str
    office: str
    created_on: date
    sheets: Sequence[Sheet]
