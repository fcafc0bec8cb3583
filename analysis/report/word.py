"""The report as a Word document, filled into a template that the office can change."""

import re
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from docx.shared import Cm, Emu
from docxtpl import DocxTemplate, InlineImage
from jinja2 import StrictUndefined, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import SandboxedEnvironment

from analysis.errors import SettingsError
from analysis.exchange.cells import clean_text, display_width
from analysis.line import one_line
from analysis.report.content import Content, TableOf
from analysis.report.template import TEMPLATE

_LONGEST = 20_000_000
_PICTURE_WIDTH = 16
_EXTERNAL = re.compile(rb"""TargetMode\s*=\s*["']External""")
_ACTIVE = re.compile(r"vbaProject|vbaData|activeX|embeddings/|\.bin$", re.IGNORECASE)
_FIELD = re.compile(rb"<w:instrText[^>]*>([^<]*)|w:instr=[\"']([^\"']*)")
_REACHING = re.compile(rb"\b(DDE|DDEAUTO|INCLUDE\w*|LINK|IMPORT|DATABASE|HYPERLINK|MACROBUTTON|RD)\b", re.IGNORECASE)
"""Fields by which Word runs a program or fetches something from elsewhere."""
_TABLES = ("units", "problems", "later", "overdue", "look_back")
_MARGIN = 3
"""Halves of a Chinese character that the margins of a cell take."""
_WIDEST = 40
"""A column gets no more room for its longest line than this; longer ones wrap."""


class _Filling(SandboxedEnvironment):
    """Fills in what there is: a template neither reaches into objects nor counts until memory or time run out."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, _context: Any, operator: str, _left: Any, _right: Any) -> Any:
        """Refuse to multiply."""
        raise SecurityError(f"模板里不能用 {operator}")


def word_report(content: Content, codebook: Path | None) -> bytes:
    """Return the report as a .docx, from the site's own template in its codebook folder, else the shipped one.

    Raises:
        SettingsError: the template is no Word document, holds macros or references to elsewhere, or asks for what is
            not there.
    """
    own = codebook / TEMPLATE if codebook else None
    is_own = own is not None and own.is_file()
    shipped = files("analysis.report").joinpath(TEMPLATE)
    source = own.read_bytes() if own is not None and is_own else shipped.read_bytes()
    name = str(own) if is_own else TEMPLATE
    _require_harmless(source, name)
    template = DocxTemplate(BytesIO(source))
    environment = _Filling(autoescape=True, undefined=StrictUndefined)
    try:
        values = _values(content, template)
        unknown = template.get_undeclared_template_variables(environment) - set(values)
        if unknown:
            raise SettingsError(f"模板 {name} 里用了没有的名称“{min(unknown)}”。可用的名称见 docs/报告.md。")
        template.render(values, environment)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        words = one_line(str(error))
        raise SettingsError(f"模板 {name} 填不进去：{words}。请对照随附的模板修改。") from error
    for table in template.docx.tables:
        _share_width(table)
    written = BytesIO()
    template.save(written)
    return written.getvalue()


def _require_harmless(source: bytes, name: str) -> None:
    try:
        with ZipFile(BytesIO(source)) as parts:
            names = parts.namelist()
            if sum(part.file_size for part in parts.infolist()) > _LONGEST:
                raise SettingsError(f"模板 {name} 解压后太大。请去掉里面的大图。")
            if "word/document.xml" not in names:
                raise BadZipFile
            fields = [n for n in names if n.startswith("word/") and n.endswith(".xml") and _reaches(parts.read(n))]
            links = [n for n in names if n.endswith(".rels") and _EXTERNAL.search(parts.read(n))]
    except BadZipFile as error:
        raise SettingsError(f"模板 {name} 不是 Word 文档（.docx）。请另存为 .docx。") from error
    if any(_ACTIVE.search(part) for part in names):
        raise SettingsError(f"模板 {name} 里有宏或嵌入的对象。请去掉后另存为 .docx。")
    if fields:
        raise SettingsError(f"模板 {name} 里有运行程序或取外部内容的域。请选中后按 Ctrl+Shift+F9 变成文字。")
    if links:
        raise SettingsError(f"模板 {name} 里引用了外部文件或网址。请去掉链接、外部图片和附加模板。")


def _reaches(part: bytes) -> bool:
    """Say whether a field of a part reaches out; a field may be written in several pieces."""
    instructions = b"".join(b"".join(found) for found in _FIELD.findall(part))
    return _REACHING.search(instructions) is not None


def _values(content: Content, template: Any) -> dict[str, Any]:
    tables = {name: getattr(content, name) for name in _TABLES}
    return {
        "title": clean_text(content.title),
        "subtitle": clean_text(content.subtitle),
        "news": [clean_text(line) for line in content.news],
        "decisions": [clean_text(line) for line in content.decisions],
        "method": [clean_text(line) for line in content.method],
        "numbers": [
            {"label": e.label, "now": e.values["本期"], "before": e.values["上期"], "code": e.code}
            for e in content.numbers
        ],
        **{name: _table(table) for name, table in tables.items()},
        "pictures": [
            {
                "title": p.chart.title,
                "code": p.code,
                "image": InlineImage(template, BytesIO(p.png), width=Cm(_PICTURE_WIDTH)),
                "shows": p.chart.shows,
                "counts_what": p.counts_what,
                "reading": p.chart.reading,
                "caution": p.chart.caution,
            }
            for p in content.drawn
        ],
        "not_drawn": [clean_text(line) for line in content.not_drawn],
    }


def _table(table: TableOf) -> dict[str, Any]:
    rows = [list(map(clean_text, row)) for row in table.rows]
    return {"title": table.title, "columns": list(table.columns), "rows": rows, "when_empty": table.when_empty}


def _share_width(table: Any) -> None:
    """Share the width of a table among its columns by what stands in them; left alone they would be equally wide."""
    grid = table._tbl.tblGrid.gridCol_lst  # noqa: SLF001 - python-docx has no other way
    rows = [row.tc_lst for row in table._tbl.tr_lst]  # noqa: SLF001
    if len(rows) < 2 or any(len(row) != len(grid) for row in rows):  # headings alone, or cells merged by hand
        return
    lines = [[line for row in rows for p in row[n].p_lst for line in p.text.split("\n")] for n in range(len(grid))]
    needed = [min(_WIDEST, max(map(display_width, own))) + _MARGIN for own in lines]
    room = sum(column.w for column in grid)
    for column, need, cells in zip(grid, needed, zip(*rows, strict=True), strict=True):
        column.w = Emu(round(room * need / sum(needed)))
        for cell in cells:
            cell.width = column.w
