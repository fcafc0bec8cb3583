"""Names of files, sheets and headings that mean something to a shell, a database, a page, a terminal: none does."""

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from itertools import count
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from lxml import html
from markdown_it import MarkdownIt

from analysis import open_snapshot
from analysis.contracts import COMPLAINTS, QUARANTINE, TABLES
from analysis.exchange.cells import clean_text
from analysis.figures.charts import Chart
from analysis.ledger.store import Reader
from analysis.report.content import build_content
from analysis.report.page import html_page
from analysis.report.word import word_report
from analysis.site import SitePaths, site_paths
from tests.command import hotline_here
from tests.hostile import with_sheet_names
from tests.test_report import edition
from tests.trust.tally import Tally

FORGED = "伪造"
"""Begins a line of its own, is the name of a file, or an element of a page only where an injection took effect."""

NAMES = (
    f"换行\n{FORGED}：一行",
    f"回车\r\n{FORGED}：一行",
    f"只回车\r{FORGED}",
    f"行分隔\u2028{FORGED}\u2029{FORGED}\x85{FORGED}",
    f"换页\x0b{FORGED}\x0c{FORGED}\x1e{FORGED}",
    "彩色\x1b[31m红\x1b[0m\x1b]0;标题\x07",
    "退格\x08\x08\x08\x7f\x9b31m",
    "反向\u202egnp.\u2066a\u2069",
    "零宽\u200b\u200d\ufeff",
    "'; DROP TABLE complaints; --",
    "' OR ''='",
    '" UNION SELECT * FROM runs --',
    "$run_id {run_id} %s %n {0}",
    f"<img src=x onerror=alert(1)><{FORGED}>",
    f"<svg onload=alert(1)>&lt;{FORGED}&gt;",
    "]]><!-- <!DOCTYPE a [<!ENTITY e SYSTEM 'file:a'>]>",
    "[点](javascript:alert(1)) <http:a> www.a.example",
    "![图](http:a) a@a.example",
    "a|b|c",
    "# 题\\|`码`**粗**~~删~~",
    "{{ 7*7 }}{% for a in b %}${7*7}#{7*7}<%= 7 %>",
    f"$(touch {FORGED})`touch {FORGED}`",
    f"; touch {FORGED} ;&& touch {FORGED} |",
    "--help",
    "-rf",
    "~",
    "CON",
    f"a..\\..\\{FORGED}",
    f"%2e%2e%2f{FORGED}",
    "=HYPERLINK(1)",
    "@SUM(1)",
    "长" * 75,
)
SHEETS = (f"../../{FORGED}", f"/{FORGED}", *(name for name in NAMES if not re.search(r"[\x00-\x1f\x7f\x85\x9b]", name)))
_BREAKS_LINE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_PICTURE = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
"""One dot, in place of figures that nothing of a name is drawn into."""
_GOOD, _BAD = "2023-03-05 08:01", "3/5/2022"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SitePaths:
    """A site in a folder of such a name, whose files, sheets and headings have them; a row of each is quarantined."""
    folder = tmp_path_factory.mktemp("site") / f"它's <{FORGED}> $(a) {{b}}"
    for kind in ("tickets", "posts"):
        (folder / "raw" / kind).mkdir(parents=True)
    ids = count(2023030500001)
    for name in NAMES:
        heading = name.replace('"', '""')
        text = f'工单编号,"受理时间（{heading}）",标题,诉求内容,"{heading}"\n' + "".join(
            f"{next(ids)},{at},路灯,某路口的路灯不亮。,甲\n" for at in (_GOOD, _BAD)
        )
        (folder / "raw" / "tickets" / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    (folder / "raw" / "tickets" / "表.xlsx").write_bytes(with_sheet_names(SHEETS, ids))
    paths = site_paths(folder / "raw", folder / "processed")
    assert hotline_here("run", "--plain", *_places(paths)).returncode == 0
    return paths


def _places(site: SitePaths) -> tuple[object, ...]:
    return "--raw", site.raw, "--processed", site.processed


@pytest.mark.promise("injection")
def test_what_commands_print_is_lines_of_their_own(
    site: SitePaths, tmp_path: Path, tally: Tally, times: Callable[[int, int], int]
) -> None:
    with Reader.open(site.ledger) as reader:
        ids = reader.table(COMPLAINTS)["complaint_id"].to_list()
    at = ("--processed", site.processed)
    for arguments in (
        ("status", *at),
        ("quarantine", "list", *at),
        ("quarantine", "export", tmp_path / "改.xlsx", *_places(site)),
        ("doctor", *_places(site)),
        ("verify", *at),
        ("export", *at),
        *(("trace", complaint_id, "--show-raw", *_places(site)) for complaint_id in ids[:: len(ids) // times(12, 60)]),
        *(("mask", "--input", site.raw / "tickets" / f"{name}.csv", "--output", "/") for name in NAMES[: times(3, 32)]),
    ):
        told = hotline_here(*arguments)
        for line in (told.stdout + told.stderr).split("\n"):
            is_one = not _BREAKS_LINE.search(line) and not line.lstrip().startswith(FORGED)
            tally.count(is_one, f"{arguments[0]}: {line!r}")


@pytest.mark.promise("injection")
def test_nothing_but_the_expected_files_is_made_and_no_row_is_lost(site: SitePaths, tally: Tally) -> None:
    made = [p for p in site.raw.parent.rglob("*") if not p.is_relative_to(site.raw)]
    for path in made:
        inside = path.relative_to(site.raw.parent).as_posix()
        tally.count(FORGED not in inside and not _BREAKS_LINE.search(inside), inside)
    tally.count(not [p for p in site.raw.parents[1].rglob(f"*{FORGED}*") if p.name == FORGED], "outside")
    with Reader.open(site.ledger) as reader:
        for table in TABLES:
            tally.count(len(reader.table(table)) >= 0, table.name)
        quarantined = reader.table(QUARANTINE).drop_duplicates(["file_id", "sheet_name", "row_number"])
        assert len(reader.table(COMPLAINTS)) + len(quarantined) == 2 * (len(NAMES) + len(SHEETS))
        files = set(reader.query("known_files")["file_id"])
    assert len(files) == len(NAMES) + 1


@pytest.mark.promise("injection")
def test_the_digest_shows_names_as_they_are(site: SitePaths, tally: Tally) -> None:
    text = site.digest.read_text(encoding="utf-8")
    for token in _inline(MarkdownIt("commonmark").enable("table").parse(text)):
        tally.count(token.type not in ("html_inline", "html_block", "image", "link_open", "code_inline"), token.content)
    for line in text.split("\n"):
        tally.count(not _BREAKS_LINE.search(line) and not line.startswith(FORGED), line)
    rows = [len(re.findall(r"(?<!\\)\|", line)) for line in text.split("\n") if line.startswith("| tickets/")]
    assert len(rows) == len(NAMES) + 1
    tally.count(len(set(rows)) == 1, "columns")


def _inline(tokens: list) -> Iterator:
    for token in tokens:
        yield token
        yield from token.children or ()


@pytest.mark.promise("injection")
def test_workbooks_show_names_as_text(site: SitePaths, tmp_path: Path, tally: Tally) -> None:
    hotline_here("quarantine", "export", tmp_path / "改.xlsx", *_places(site))
    shown = set()
    for path in (*site.processed.rglob("*.xlsx"), tmp_path / "改.xlsx"):
        for sheet in openpyxl.load_workbook(path):
            tally.count(len(sheet.title) <= 31 and not _BREAKS_LINE.search(sheet.title), sheet.title)
            for cell in (c for row in sheet.iter_rows() for c in row if isinstance(c.value, str)):
                tally.count(cell.data_type != "f" and cell.hyperlink is None, f"{path.name} {cell.coordinate}")
                shown.add(cell.value)
    assert len(shown & {f"tickets/{clean_text(name)}.csv" for name in NAMES}) >= 20


@pytest.mark.promise("injection")
def test_pages_and_documents_show_them_as_text(site: SitePaths, tally: Tally) -> None:
    with open_snapshot(site.snapshot) as snapshot:
        tally.count(_tags(snapshot._repr_html_()) <= {"table", "caption", "tr", "th", "td"}, "snapshot")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Chart, "png", lambda *_, **__: _PICTURE)
        plain = build_content(edition())
    names = (*NAMES, *SHEETS)
    rows = tuple((name, *[""] * (len(plain.problems.columns) - 1)) for name in names)
    content = replace(plain, title=" ".join(names), problems=replace(plain.problems, rows=rows))
    tally.count(_tags(html_page(content).decode()) == _tags(html_page(plain).decode()), "page")
    document = Document(BytesIO(word_report(content, None)))
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    for name in names:
        tally.count(clean_text(name) in cells, f"document {name!r}")
    marks = {element.tag.rpartition("}")[2] for element in document.element.iter()}
    tally.count(not marks & {"fldSimple", "instrText", "hyperlink", "object", "altChunk"}, "document")


def _tags(page: str) -> set[object]:
    return {element.tag for element in html.fromstring(page).iter()}
