"""Texts that begin as a formula does, in every text of every workbook that is written: none is one when read again."""

import random
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pandas as pd
import pytest

from analysis.codebook.look_back import load_look_back
from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.config import load_settings
from analysis.exchange import decision_workbook, look_back_workbook
from analysis.exchange.audit_list import write_audit
from analysis.exchange.conflict_list import ListedConflict, write_conflicts
from analysis.exchange.found_problems import write_found_problem_form
from analysis.exchange.ledger_view import LedgerRules, build_ledger
from analysis.exchange.outputs import write_outputs
from analysis.exchange.places import load_coarse_places
from analysis.exchange.quarantine_workbook import RawRow, write_quarantine_workbook
from analysis.exchange.review_workbook import write_review_workbook
from analysis.exchange.sheet_writer import write_book
from analysis.exchange.sheets import Book, Marked, Sheet, SheetRow, Value
from analysis.figures.charts import Chart
from analysis.ledger.review_queue import QUEUE_COLUMNS
from analysis.report.book import write_numbers
from analysis.report.content import build_content
from analysis.tables import write_tables
from tests.ledger_frames import AS_OF, ISSUE, RUN, SOURCE_NAMES, build_tables, shown, time_left
from tests.test_report import edition
from tests.trust.tally import Tally

_LEADS = ("=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "＝", "＋", "－", "＠", "\ufeff=", "\u200b=", "'=", "{=", "%=")
_BODIES = ("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://a.example","看")', "SUM(1;2)", "WEBSERVICE(A1)")
PAYLOADS = [lead + body for lead, body in product(_LEADS, _BODIES)]
random.Random(6).shuffle(PAYLOADS)
_LIVE = re.compile(rb"<f[ >/]|<hyperlink|<externalReference|<ddeLink")
_MOST_ROWS = 5
_Poison = Callable[[str], str]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Book]]:
    """What every writer of a workbook hands to the one that writes them all, by the writer's module."""
    folder = tmp_path_factory.mktemp("books")
    found: dict[str, list[Book]] = {}
    writers = [name for name, module in sys.modules.items() if getattr(module, "write_book", None) is write_book]
    with pytest.MonkeyPatch.context() as patch:
        for name in set(writers) - {write_book.__module__, __name__}:
            if name.startswith("analysis."):
                kept = found.setdefault(name, [])
                patch.setattr(f"{name}.write_book", lambda path, book, *_, kept=kept: (kept.append(book), path)[1])
        patch.setattr(Chart, "png", lambda *_, **__: b"")  # no workbook holds a picture
        _write_all(folder)
    return found


def _write_all(folder: Path) -> None:
    settings, scheme, units, tables = load_settings(), load_scheme(), load_units(), build_tables()
    rules = LedgerRules(time_left, load_coarse_places())
    told, path = shown(tables), folder / "本.xlsx"
    write_outputs(folder, told, settings, scheme, units, RUN, ISSUE, time_left=time_left, source_names=SOURCE_NAMES)
    ledger = build_ledger(told.problems, told.links, scheme, units, AS_OF, rules)
    decision = decision_workbook.DecisionIssue("某办", "FR", AS_OF, ISSUE.seal, units, with_leads=True)
    decision_workbook.write_decision_workbook(path, ledger, {}, {}, decision)
    look_back = look_back_workbook.Issue("某办", "FR", AS_OF, "H1", "种子", 9, ISSUE.seal)
    look_back_workbook.write_look_back_workbook(path, ledger.head(), load_look_back(), look_back)
    write_review_workbook(path, pd.DataFrame(columns=QUEUE_COLUMNS), scheme, SOURCE_NAMES, "某办", AS_OF)
    write_found_problem_form(path, scheme, units, "某办", AS_OF)
    raw = [RawRow("f1", "工单", 101, ("编号", "内容"), ("1", "值"))]
    write_quarantine_workbook(path, tables["quarantine"], raw, "某办", AS_OF)
    act = dict.fromkeys(("person", "what", "problem_id", "object", "detail"), "字")
    write_audit(path, [act], "全部", "某办", AS_OF)
    write_conflicts(path, [ListedConflict(*"一二三四五六七八")], "单位", "文件", "某办", AS_OF)
    write_numbers(path, build_content(edition()), "某办", date(2026, 5, 31), "少于 5")


def _poisoned(book: Book, poison: _Poison) -> Book:
    def value(v: Value) -> Value:
        if isinstance(v, Marked):
            grown = len(poisoned := poison(v.text)) - len(v.text)
            return Marked(poisoned, v.start + grown, v.end + grown)
        return poison(v) if isinstance(v, str) and v else v

    def row(r: SheetRow) -> SheetRow:
        choices = {name: tuple(map(poison, found)) for name, found in r.choices.items()}
        return replace(r, values={name: value(v) for name, v in r.values.items()}, choices=choices)

    def sheet(s: Sheet) -> Sheet:
        columns = [
            replace(c, heading=poison(c.heading), band=c.band and poison(c.band), choices=tuple(map(poison, c.choices)))
            for c in s.columns
        ]
        texts = {name: poison(getattr(s, name)) for name in ("title", "subtitle", "warning", "when_empty")}
        rows = [row(r) for r in s.rows[:_MOST_ROWS]]
        return replace(s, columns=columns, rows=rows, notes=tuple(map(poison, s.notes)), **texts)

    return replace(book, title=poison(book.title), office=poison(book.office), sheets=[*map(sheet, book.sheets)])


def _cycle(start: int) -> _Poison:
    """Return what puts one payload after the other before the texts that it is given."""
    state = iter(range(start, sys.maxsize))
    return lambda text: PAYLOADS[next(state) % len(PAYLOADS)] + text


def _cells(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield every text of a workbook, and whether it is a formula or leads elsewhere."""
    for sheet in openpyxl.load_workbook(path):
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str):
                    yield f"{sheet.title}!{cell.coordinate}", cell.data_type == "f" or cell.hyperlink is not None


def _parts_are_dead(path: Path) -> bool:
    with ZipFile(path) as parts:
        return not any(_LIVE.search(parts.read(name)) for name in parts.namelist() if name.startswith("xl/"))


@pytest.mark.promise("formula")
def test_no_text_of_any_workbook_is_a_formula(
    books: dict[str, list[Book]], tmp_path: Path, tally: Tally, times: Callable[[int, int], int]
) -> None:
    assert all(books.values()), [name for name, made in books.items() if not made]
    assert len(books) >= 12
    for turn in range(times(1, len(PAYLOADS))):
        for name, made in books.items():
            for book in made if turn else made[:1]:
                path = write_book(tmp_path / "毒.xlsx", _poisoned(book, _cycle(7 * turn)))
                for place, is_live in _cells(path):
                    tally.count(not is_live, f"{name} {place}")
                tally.count(_parts_are_dead(path), name)


@pytest.mark.promise("formula")
def test_no_text_of_a_table_is_a_formula(tmp_path: Path, tally: Tally) -> None:
    poison = _cycle(0)
    table = pd.DataFrame({poison(f"列{n}"): [poison(f"{n}{m}") for m in range(20)] for n in range(10)})
    path = tmp_path / "表.xlsx"
    write_tables({"一": table, "二": table}, path)
    for place, is_live in _cells(path):
        tally.count(not is_live, place)
    tally.count(_parts_are_dead(path), "parts")
    marked = {c.value for row in openpyxl.load_workbook(path)["一"].iter_rows() for c in row if c.quotePrefix}
    assert {p[0] for p in map(str, marked)} >= set("=+-@＝＋－＠")


def test_nothing_else_writes_workbooks() -> None:
    folder = Path(write_book.__code__.co_filename).parent.parent
    makers = re.compile(r"xlsxwriter\.Workbook|ExcelWriter|import openpyxl|to_excel")
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*.py") if makers.search(p.read_text("utf-8"))}
    assert found == {"exchange/sheet_writer.py", "tables.py", "sample/writers.py"}
