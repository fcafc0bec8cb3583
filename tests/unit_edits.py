"""Seeded edits of a unit's 整改台账 of many kinds, each with what must become of it, told without our code."""

import random
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

from tests.review_edits import open_form
from tests.unit_site import CLOSING, FILED, OBJECTED, PLAIN, RECTIFYING, RELAPSED, TODAY

Values = dict[str, Any]
SHEET = "整改台账"
HEADINGS = {
    "supporting_unit": "配合单位",
    "leader": "责任领导",
    "handler": "责任人",
    "goal": "整改目标",
    "measure": "整改措施",
    "progress": "整改进展",
    "completed_on": "完成日期",
    "evidence": "佐证材料",
    "evidence_on": "佐证日期",
    "remark": "备注",
}
LOCKED = [
    *("问题编号", "问题来源", "问题类别", "问题小类", "具体问题", "涉及诉求数", "涉及人数", "地点"),
    *("首次反映", "最近反映", "责任单位", "整改时限", "时限状态", "状态", "核查意见", "销号日期"),
]
EDITABLE = [*HEADINGS.values(), "申请事项", "申请理由", "申请延期至"]
EDITED = [*PLAIN, RECTIFYING, RELAPSED]
"""Problems whose cells may be filled in."""
BEFORE: dict[str, Values] = {RECTIFYING: FILED, RELAPSED: {name: CLOSING[name] for name in ("handler", "measure")}}
"""What their cells hold when the ledger is sent out; the other problems' cells are empty."""
_TEXTS = (
    "增设标志标线",
    "1. 开展培训\n2. 首违提醒",
    "落实“首违不罚”，每周复盘",
    "=不是公式",
    "－ 待续",
    "12",
    "见附件（一）",
    "Ａ类路段　限时",
    "“三公示”\n\n已上墙",
)
_NAMES = ("陈某", "黄某某", "刘某、周某", "区停车管理中心")
_PROGRESS = ("完成整改", "达到序时进度", "未达序时进度")


@dataclass
class Grid:
    """The sheet as rows of plain values, its heading's place, merged ranges and the cells that are errors."""

    rows: list[list[Any]]
    header: int
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    name: str = SHEET
    more_sheets: int = 0
    is_1904: bool = False

    @property
    def headings(self) -> list[Any]:
        return self.rows[self.header]

    @property
    def body(self) -> range:
        return range(self.header + 1, len(self.rows))

    def column(self, heading: str) -> int:
        return self.headings.index(heading)

    def row(self, problem_id: str) -> int:
        key = self.column("行标识")
        return next(r for r in self.body if self.rows[r][key] == problem_id)

    def put(self, problem_id: str, heading: str, value: Any) -> str:
        """Put a value in a cell and return its address."""
        row, column = self.row(problem_id), self.column(heading)
        self.rows[row][column] = value
        return self.address(row, column)

    @staticmethod
    def address(row: int, column: int) -> str:
        return f"{xlsxwriter.utility.xl_col_to_name(column)}{row + 1}"

    def save(self, path: Path) -> Path:
        with xlsxwriter.Workbook(path, {"date_1904": self.is_1904}) as book:
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            for n in range(self.more_sheets):
                book.add_worksheet(f"草稿{n}").write_row(0, 0, ["问题编号", "备注"])
            sheet = book.add_worksheet(self.name)
            for merge in self.merges:
                sheet.merge_range(*merge, "")
            for r, row in enumerate(self.rows):
                for c, value in enumerate(row):
                    self._write(sheet, r, c, value, day)
        return path

    def _write(self, sheet: Any, r: int, c: int, value: Any, day: Any) -> None:
        if (r, c) in self.errors:
            sheet.write_formula(r, c, "=1/0", None, self.errors[r, c])
        elif isinstance(value, Formula):
            sheet.write_formula(r, c, value.text, None, value.result)
        elif isinstance(value, str):
            sheet.write_string(r, c, value)
        elif isinstance(value, date):
            sheet.write_datetime(r, c, value, day)
        elif value is not None:
            sheet.write_number(r, c, value)


@dataclass(frozen=True)
class Formula:
    text: str
    result: Any = 0


@dataclass
class Expected:
    """What must become of a file.

    Attributes:
        filed: by problem, the columns that must change, and to what.
        asked: by problem, the step that must be applied for.
        refused_at: addresses of which each must be told; nothing may be written then.
        words: what else must be told where the file is refused.
    """

    filed: dict[str, Values] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    refused_at: set[str] = field(default_factory=set)
    words: str = ""

    @property
    def is_refused(self) -> bool:
        return bool(self.refused_at or self.words)


def read_grid(path: Path) -> Grid:
    form = open_form(path, SHEET)
    rows = [[plain(cell.value) for cell in row] for row in form.sheet.iter_rows()]
    return Grid(rows, form.header - 1)


def plain(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def fill(rng: random.Random, grid: Grid, expected: Expected, count: int | None = None) -> list[str]:
    """Fill some rows in as units do, and note what must come of it; return the problems."""
    chosen = rng.sample(EDITED, count or rng.randint(1, 6))
    for problem_id in chosen:
        before = BEFORE.get(problem_id, {})
        typed = {name: typed_value(rng, name) for name in rng.sample(list(HEADINGS), rng.randint(1, 6))}
        if rng.random() < 0.2:
            typed |= {name: CLOSING[name] for name in CLOSING}
            grid.put(problem_id, "申请事项", "申请销号")
            expected.asked[problem_id] = "closure_requested"
        elif rng.random() < 0.2:
            grid.put(problem_id, "申请事项", "申请延期")
            grid.put(problem_id, "申请理由", "施工工期")
            grid.put(problem_id, "申请延期至", TODAY + timedelta(days=rng.randint(11, 300)))
            expected.asked[problem_id] = "extension_requested"
        for name, value in typed.items():
            grid.put(problem_id, HEADINGS[name], value)
        news = {name: value for name, value in typed.items() if before.get(name) != value}
        if news:
            expected.filed[problem_id] = news
    return chosen


def typed_value(rng: random.Random, name: str) -> Any:
    if rng.random() < 0.1:
        return None
    if name == "progress":
        return rng.choice(_PROGRESS)
    if name.endswith("_on"):
        return TODAY - timedelta(days=rng.randint(0, 50))
    return rng.choice(_NAMES if name in ("supporting_unit", "leader", "handler") else _TEXTS)


def _legitimate(rng: random.Random, grid: Grid, expected: Expected) -> None:
    fill(rng, grid, expected)


def _deleted_rows(rng: random.Random, grid: Grid, expected: Expected) -> None:
    chosen = fill(rng, grid, expected)
    others = [r for r in grid.body if grid.rows[r][grid.column("行标识")] not in chosen]
    for r in sorted(rng.sample(others, rng.randint(1, len(others))), reverse=True):
        del grid.rows[r]


def _repeated_rows(rng: random.Random, grid: Grid, expected: Expected) -> None:
    chosen = fill(rng, grid, expected, 3)
    copied = deepcopy(grid.rows[grid.row(chosen[0])])
    place = rng.choice([len(grid.rows), grid.header + 1])
    if rng.random() < 0.5:
        copied[grid.column("备注")] = "另一种说法"
        grid.rows.insert(place, copied)
        key = grid.column("行标识")
        rows = [r for r in grid.body if grid.rows[r][key] == chosen[0]]
        expected.refused_at |= {grid.address(r, grid.column("问题编号")) for r in rows}
    else:
        grid.rows.insert(place, copied)


def _shuffled_rows(rng: random.Random, grid: Grid, expected: Expected) -> None:
    fill(rng, grid, expected)
    body = grid.rows[grid.header + 1 :]
    rng.shuffle(body)
    grid.rows[grid.header + 1 :] = body


def _sorted_rows(rng: random.Random, grid: Grid, expected: Expected) -> None:
    fill(rng, grid, expected)
    by = grid.column(rng.choice(["具体问题", "责任人", "状态", "完成日期", "问题小类"]))
    body = sorted(grid.rows[grid.header + 1 :], key=lambda row: str(row[by] or ""), reverse=rng.random() < 0.5)
    for number, row in enumerate(body, 1):
        row[grid.column("序号")] = number
    grid.rows[grid.header + 1 :] = body


def _inserted_columns(rng: random.Random, grid: Grid, expected: Expected) -> None:
    fill(rng, grid, expected)
    for n in range(rng.randint(1, 3)):
        place = rng.randint(0, len(grid.headings))
        for r, row in enumerate(grid.rows):
            row.insert(
                place, f"自加栏{n}" if r == grid.header else rng.choice([None, "自己记的", 3, Formula("=1+1", 2)])
            )


def _moved_columns(rng: random.Random, grid: Grid, expected: Expected) -> None:
    fill(rng, grid, expected)
    order = list(range(len(grid.headings)))
    rng.shuffle(order)
    for r in range(grid.header, len(grid.rows)):
        row = grid.rows[r] + [None] * (len(order) - len(grid.rows[r]))
        grid.rows[r] = [row[c] for c in order]


def _changed_locked(rng: random.Random, grid: Grid, expected: Expected) -> None:
    fill(rng, grid, expected)
    for problem_id in rng.sample(EDITED, rng.randint(1, 2)):
        heading = rng.choice(LOCKED)
        old = grid.rows[grid.row(problem_id)][grid.column(heading)]
        new = rng.choice(["已销号", "改了", None, 99, TODAY])
        if old in (new, None) and new in (old, None):
            new = "改了"
        expected.refused_at.add(grid.put(problem_id, heading, new))


def _changed_hidden(rng: random.Random, grid: Grid, expected: Expected) -> None:
    fill(rng, grid, expected)
    problem_id = rng.choice(PLAIN)
    row = grid.row(problem_id)
    heading = rng.choice(["行标识", "版本", "单位代码", "导出编号", "校验码"])
    grid.rows[row][grid.column(heading)] = rng.choice([None, "x", PLAIN[0] if problem_id != PLAIN[0] else PLAIN[1]])
    expected.refused_at.add(grid.address(row, grid.column("行标识")))


def _formulas(rng: random.Random, grid: Grid, expected: Expected) -> None:
    chosen = fill(rng, grid, expected)
    heading = rng.choice([*EDITABLE, *LOCKED])
    expected.refused_at.add(grid.put(rng.choice(chosen), heading, Formula("=TODAY()", 46000)))


def _errors(rng: random.Random, grid: Grid, expected: Expected) -> None:
    chosen = fill(rng, grid, expected)
    place = grid.row(rng.choice(chosen)), grid.column(rng.choice([*EDITABLE, *LOCKED]))
    grid.errors[place] = rng.choice(["#REF!", "#DIV/0!", "#N/A", "#VALUE!"])
    expected.refused_at.add(grid.address(*place))


def _retyped_dates(rng: random.Random, grid: Grid, expected: Expected) -> None:
    grid.is_1904 = rng.random() < 0.3
    for problem_id in rng.sample(PLAIN, 4):
        day = TODAY - timedelta(days=rng.randint(1, 50))
        serial = (day - date(1904, 1, 1) if grid.is_1904 else day - date(1899, 12, 30)).days
        forms: list[Any] = [
            f"{day.month}月{day.day}日",
            f"{day.year}.{day.month}.{day.day}",
            f"{day.year}年{day.month}月{day.day}号",
            f"{day:%Y/%m/%d}",
            f"{day:%Y%m%d}",
            f"{day.month}/{day.day}",
            f"'{day:%Y-%m-%d}",
            serial,
            day,
        ]
        name = rng.choice(["completed_on", "evidence_on"])
        grid.put(problem_id, HEADINGS[name], rng.choice(forms))
        expected.filed[problem_id] = {name: day}
    if rng.random() < 0.4:
        problem_id = rng.choice(PLAIN)
        expected.filed.clear()
        wrong: list[Any] = [
            "昨天",
            "26.11.20",
            "2026年11月",
            "20/11/2026",
            "2月30日",
            TODAY + timedelta(days=1),
            TODAY - timedelta(days=61),
            f"{TODAY + timedelta(days=400):%Y-%m-%d}",
        ]
        expected.refused_at.add(grid.put(problem_id, "完成日期", rng.choice(wrong)))


def _merged_cells(rng: random.Random, grid: Grid, expected: Expected) -> None:
    problem_ids = PLAIN[rng.randint(0, 5) :][:3]
    first, last = grid.row(problem_ids[0]), grid.row(problem_ids[-1])
    if rng.random() < 0.5:
        name = rng.choice(["leader", "handler", "supporting_unit"])
        column = grid.column(HEADINGS[name])
        expected.filed |= {problem_id: {name: "陈某"} for problem_id in problem_ids}
        value = "陈某"
    else:
        column = grid.column(rng.choice(["整改措施", "备注", "完成日期", "佐证材料"]))
        value = "同一措施"
        expected.refused_at.add(grid.address(first, column))
    grid.rows[first][column] = value
    for r in range(first + 1, last + 1):
        grid.rows[r][column] = None
    grid.merges.append((first, column, last, column))


def _other_sheet(rng: random.Random, grid: Grid, expected: Expected) -> None:
    fill(rng, grid, expected)
    grid.name = rng.choice(["Sheet1", "城管填好", "整改台账 (2)"])
    grid.more_sheets = rng.randint(0, 2)
    above = rng.randint(0, 4)
    grid.rows[:0] = [["请各股室填写"] for _ in range(above)]
    grid.header += above
    grid.rows.append([None] * 4 + ["填表人：陈某　审核：黄某"])


def _header_changed(rng: random.Random, grid: Grid, expected: Expected) -> None:
    fill(rng, grid, expected)
    heading = rng.choice([*EDITABLE, *LOCKED, "校验码", "单位代码"])
    kind = rng.choice(["renamed", "deleted", "doubled", "broken anew"])
    column = grid.column(heading)
    if kind == "renamed":
        grid.headings[column] = "我的说法"
        expected.words = "缺少栏目"
    elif kind == "deleted":
        for row in grid.rows:
            del row[column : column + 1]
        expected.words = "缺少栏目"
    elif kind == "doubled":
        grid.headings.append(heading)
        expected.words = "有两栏都叫"
    else:
        grid.headings[column] = f" {heading[:2]}\n{heading[2:]} "


def _partial(rng: random.Random, grid: Grid, expected: Expected) -> None:
    chosen = fill(rng, grid, expected)
    key = grid.column("行标识")
    kept = [row for row in grid.rows[grid.header + 1 :] if row[key] in chosen]
    grid.rows[grid.header + 1 :] = kept
    for row in kept:
        if rng.random() < 0.5:
            row[grid.column("序号")] = None


def _blank_words(rng: random.Random, grid: Grid, expected: Expected) -> None:
    """Words for nothing fill nothing in, and empty what was filled in."""
    chosen = set(fill(rng, grid, expected))
    for problem_id in set(PLAIN) - chosen:
        grid.put(problem_id, rng.choice(["配合单位", "备注", "佐证材料"]), rng.choice(["无", "—", "/", "　", " "]))
    if RECTIFYING not in chosen:
        name = rng.choice(["supporting_unit", "goal", "evidence", "progress"])
        grid.put(RECTIFYING, HEADINGS[name], rng.choice(["无", "-", None]))
        expected.filed[RECTIFYING] = {name: None}


def _wrong_words(rng: random.Random, grid: Grid, expected: Expected) -> None:
    fill(rng, grid, expected)
    problem_id = rng.choice(PLAIN)
    for heading in ("申请事项", "申请理由", "申请延期至"):
        grid.put(problem_id, heading, None)
    heading, value = rng.choice(
        [
            ("整改进展", "差不多了"),
            ("申请事项", "销号"),
            ("申请事项", "已销号"),
            ("整改措施", "长" * 1001),
            ("责任人", "某" * 61),
            ("申请延期至", TODAY - timedelta(days=1)),
        ]
    )
    address = grid.put(problem_id, heading, value)
    if heading == "申请延期至":
        grid.put(problem_id, "申请事项", "申请延期")
        grid.put(problem_id, "申请理由", "工期")
    expected.refused_at.add(address)


def _objected_row(rng: random.Random, grid: Grid, expected: Expected) -> None:
    fill(rng, grid, expected)
    expected.refused_at.add(grid.put(OBJECTED, rng.choice(["整改措施", "备注", "责任人"]), "先填上"))


KINDS: dict[str, Callable[[random.Random, Grid, Expected], None]] = {
    "filled in": _legitimate,
    "partial return": _partial,
    "rows deleted": _deleted_rows,
    "rows repeated": _repeated_rows,
    "rows in another order": _shuffled_rows,
    "rows sorted": _sorted_rows,
    "columns inserted": _inserted_columns,
    "columns moved": _moved_columns,
    "locked cells changed": _changed_locked,
    "hidden cells changed": _changed_hidden,
    "formulas": _formulas,
    "error values": _errors,
    "dates retyped": _retyped_dates,
    "cells merged": _merged_cells,
    "other sheet name, lines above and below": _other_sheet,
    "heading changed": _header_changed,
    "words for nothing": _blank_words,
    "words that are none of the choices": _wrong_words,
    "a row that is not the unit's turn": _objected_row,
}
