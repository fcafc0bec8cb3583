"""Small raw directories for the tests of ingest."""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl

from analysis.config import Ingest, load_settings
from analysis.ingest.discover import discover
from analysis.ingest.intake import Intake, read_intake
from analysis.ingest.sources import Sources, load_sources

AS_OF = dt.date(2026, 11, 23)
LIMITS = load_settings().ingest
SOURCES = load_sources()


def put(raw: Path, file_name: str, content: bytes | str) -> Path:
    """Write a raw file and return its path."""
    path = raw / file_name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def csv_text(*rows: Sequence[object], **dialect: Any) -> str:
    """Return rows as CSV."""
    out = io.StringIO()
    csv.writer(out, **dialect).writerows(rows)
    return out.getvalue()


def xlsx_bytes(*rows: Sequence[object]) -> bytes:
    """Return rows as a workbook with one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def twin_sheets_xlsx(names: Sequence[str], sheets: Sequence[Sequence[Sequence[object]]]) -> bytes:
    """Return a workbook whose sheets have these names, even the same ones, which no office program would write."""
    book, made = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.worksheets[0])
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"made {number}")
        for row in rows:
            sheet.append(row)
    book.save(made)
    out = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            for number, name in enumerate(names):
                content = content.replace(f'"made {number}"'.encode(), f'"{name}"'.encode())
            new.writestr(part, content)
    return out.getvalue()


def intake_of(
    raw: Path, file_name: str, content: bytes | str, sources: Sources = SOURCES, limits: Ingest = LIMITS
) -> Intake:
    """Write a raw file and read it."""
    path = put(raw, file_name, content)
    raw_file = next(f for f in discover(raw) if f.path == path)
    return read_intake(raw_file, sources, limits, AS_OF)
