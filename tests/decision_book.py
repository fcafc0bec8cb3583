"""A 监督台账 as tests fill it in: its cells by problem and heading."""

from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

SHEETS = ("待决定", "其他在办问题", "已办结问题")


class Book:
    """A 监督台账 that decisions are put into."""

    def __init__(self, path: Path) -> None:
        self.book = openpyxl.load_workbook(path)

    def sheet(self, name: str) -> tuple[Worksheet, int, list[Any]]:
        sheet = self.book[name]
        header = next(r for r in range(1, 15) if "校验码" in [cell.value for cell in sheet[r]])
        return sheet, header, [cell.value for cell in sheet[header]]

    def find(self, problem_id: str) -> tuple[Worksheet, int, list[Any]]:
        for name in SHEETS:
            sheet, header, headings = self.sheet(name)
            key = headings.index("行标识") + 1
            for row in range(header + 1, sheet.max_row + 1):
                if sheet.cell(row, key).value == problem_id:
                    return sheet, row, headings
        raise KeyError(problem_id)

    def put(self, problem_id: str, **values: Any) -> None:
        sheet, row, headings = self.find(problem_id)
        for heading, value in values.items():
            sheet.cell(row, headings.index(heading) + 1).value = value

    def value(self, problem_id: str, heading: str) -> Any:
        sheet, row, headings = self.find(problem_id)
        return sheet.cell(row, headings.index(heading) + 1).value

    def address(self, problem_id: str, heading: str) -> str:
        sheet, row, headings = self.find(problem_id)
        return f"工作表“{sheet.title}”第 {row} 行 {get_column_letter(headings.index(heading) + 1)}{row}"

    def offered(self, problem_id: str) -> list[str]:
        sheet, row, headings = self.find(problem_id)
        place = f"{get_column_letter(headings.index('决定') + 1)}{row}"
        for rule in sheet.data_validations.dataValidation:
            if place in rule.sqref:
                return str(rule.formula1).strip('"').split(",")
        return []
