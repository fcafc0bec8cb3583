"""What people and office programs do to a workbook of ours: its cells by row id and heading, for tests that edit it."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

HEADER_MARK = "行标识"


class Form:
    """The sheet of a 复核表 or a 整改台账, its cells by complaint or problem and heading."""

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet = sheet
        self.header = next(r for r in range(1, 30) if HEADER_MARK in [c.value for c in sheet[r]])

    def headings(self) -> list[Any]:
        return [cell.value for cell in self.sheet[self.header]]

    def column(self, heading: str) -> int:
        return self.headings().index(heading) + 1

    def row(self, complaint_id: str) -> int:
        key = self.column("行标识")
        return next(
            r for r in range(self.header + 1, self.sheet.max_row + 1) if self.sheet.cell(r, key).value == complaint_id
        )

    def cell(self, complaint_id: str, heading: str) -> Any:
        return self.sheet.cell(self.row(complaint_id), self.column(heading))

    def fill(self, complaint_id: str, **values: Any) -> None:
        for heading, value in values.items():
            self.cell(complaint_id, heading).value = value

    def put(self, row: int, heading: str, value: Any) -> None:
        self.sheet.cell(row, self.column(heading)).value = value

    def values(self, row: int) -> list[Any]:
        return [cell.value for cell in self.sheet[row]]

    def write(self, row: int, values: Iterable[Any]) -> None:
        for column, value in enumerate(values, 1):
            self.sheet.cell(row, column).value = value

    def copy_row(self, complaint_id: str, **changes: Any) -> int:
        """Copy a row below the last one, with some of its cells changed; return where it lies."""
        target = self.sheet.max_row + 1
        self.write(target, self.values(self.row(complaint_id)))
        for heading, value in changes.items():
            self.put(target, heading, value)
        return target

    def merge(self, first: tuple[int, str], last: tuple[int, str]) -> None:
        self.sheet.merge_cells(
            start_row=first[0],
            start_column=self.column(first[1]),
            end_row=last[0],
            end_column=self.column(last[1]),
        )


def open_form(path: Path, sheet: str | None = None) -> Form:
    book = openpyxl.load_workbook(path)
    return Form(book[sheet] if sheet else book.worksheets[0])


def save(form: Form, path: Path) -> Path:
    book = form.sheet.parent
    assert book is not None
    book.save(path)
    return path


SOFFICE = shutil.which("soffice")


def resave(path: Path, kind: str) -> Path:
    """Open a workbook in LibreOffice and save it in another folder; return where it lies."""
    out = path.parent / "saved"
    profile = f"-env:UserInstallation=file://{path.parent}/profile"
    command = [str(SOFFICE), profile, "--headless", "--convert-to", kind, "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return out / f"{path.stem}.{kind}"
