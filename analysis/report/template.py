"""Makes the shipped Word template: `python -m analysis.report.template`, from the checkout."""

from datetime import datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from analysis.exchange.style import BODY_FONT, HEADING_FONT

TEMPLATE = "报告模板.docx"
_TABLES = ("units", "problems", "later", "overdue", "look_back")
_INK, _RULE, _HEAD = "000000", "1F3864", "D6DCE4"


def write_template(path: Path) -> Path:
    """Write the template and return its path; what stands in braces is filled in, the rest is for people to change."""
    document: Any = Document()
    _set_up(document)
    document.add_heading("{{ title }}", 0)
    document.add_paragraph("{{ subtitle }}").alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_heading("摘要", 1)
    _loop(document, "news")
    document.add_heading("要决定的事", 2)
    _loop(document, "decisions")
    document.add_heading("主要数字", 2)
    _numbers(document)
    document.add_page_break()
    for name in _TABLES:
        _section(document, name)
    document.add_heading("图", 1)
    document.add_paragraph("{%p for p in pictures %}")
    document.add_heading("{{ p.title }}（{{ p.code }}）", 2)
    document.add_paragraph("{{ p.image }}")
    document.add_paragraph("{{ p.shows }}；{{ p.counts_what }}。怎么看：{{ p.reading }}。")
    document.add_paragraph("不能当什么看：{{ p.caution }}。")
    document.add_paragraph("{%p endfor %}")
    document.add_paragraph("{%p if not_drawn %}")
    document.add_heading("没有可画的图", 2)
    _loop(document, "not_drawn")
    document.add_paragraph("{%p endif %}")
    document.add_heading("方法和局限", 1)
    _loop(document, "method")
    document.save(str(path))
    return path


def _set_up(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(1.8)
    properties = document.core_properties
    properties.author, properties.title, properties.comments = "", "", ""
    properties.created = properties.modified = datetime(2026, 11, 29)  # noqa: DTZ001 - of the file, the same every time
    for name, font, size in (
        ("Normal", BODY_FONT, 10),
        ("Title", HEADING_FONT, 15),
        ("Heading 1", HEADING_FONT, 13),
        ("Heading 2", HEADING_FONT, 11),
        ("List Bullet", BODY_FONT, 10),
    ):
        style = document.styles[name]
        style.font.name, style.font.size = font, Pt(size)
        style.font.color.rgb, style.font.bold = RGBColor.from_string(_INK), False
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for attribute in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(attribute), None)
        fonts.set(qn("w:eastAsia"), font)
        style.paragraph_format.space_after = Pt(2)
        style.paragraph_format.space_before = Pt(8 if "Heading" in name else 0)
    title = document.styles["Title"]
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _rule_below(title, None)
    _rule_below(document.styles["Heading 1"], _RULE)
    _page_numbers(section.footer.paragraphs[0])


def _rule_below(style: Any, colour: str | None) -> None:
    """Give the paragraphs of a style a line below, or none."""
    properties = style.element.get_or_add_pPr()
    for border in properties.findall(qn("w:pBdr")):
        properties.remove(border)
    if colour:
        borders = OxmlElement("w:pBdr")
        line = {"val": "single", "sz": "8", "space": "1", "color": colour}
        borders.append(OxmlElement("w:bottom", {qn(f"w:{name}"): value for name, value in line.items()}))
        properties.insert_element_before(borders, "w:shd", "w:spacing", "w:ind", "w:jc", "w:outlineLvl")


def _page_numbers(paragraph: Any) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for before, field, after in (("第 ", "PAGE", " 页"), (" 共 ", "NUMPAGES", " 页")):
        paragraph.add_run(before)
        paragraph._p.append(OxmlElement("w:fldSimple", {qn("w:instr"): field}))  # noqa: SLF001 - no other way
        paragraph.add_run(after)


def _loop(document: Any, name: str) -> None:
    document.add_paragraph(f"{{%p for line in {name} %}}")
    document.add_paragraph("{{ line }}", style="List Bullet")
    document.add_paragraph("{%p endfor %}")


def _numbers(document: Any) -> None:
    table = document.add_table(rows=4, cols=4, style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    cells = [
        ("数字", "本期", "上期", "编号"),
        ("{%tr for e in numbers %}", "", "", ""),
        ("{{ e.label }}", "{{ e.now }}", "{{ e.before }}", "{{ e.code }}"),
        ("{%tr endfor %}", "", "", ""),
    ]
    for number, (row, texts) in enumerate(zip(table.rows, cells, strict=True)):
        for cell, text in zip(row.cells, texts, strict=True):
            _write(cell, text, 9, is_heading=not number)


def _section(document: Any, name: str) -> None:
    """Add a table under its title, or in words that there is nothing for it."""
    document.add_heading(f"{{{{ {name}.title }}}}", 1)
    document.add_paragraph(f"{{%p if {name}.rows %}}")
    _table(document, name)
    document.add_paragraph("{%p else %}")
    document.add_paragraph(f"{{{{ {name}.when_empty }}}}")
    document.add_paragraph("{%p endif %}")


def _write(cell: Any, text: str, size: float, *, is_heading: bool) -> None:
    cell.text = text
    for run in cell.paragraphs[0].runs:
        run.font.size, run.bold = Pt(size), is_heading
    if is_heading:
        shade = {"val": "clear", "color": "auto", "fill": _HEAD}
        properties = cell._tc.get_or_add_tcPr()  # noqa: SLF001 - python-docx has no other way
        properties.append(OxmlElement("w:shd", {qn(f"w:{name}"): value for name, value in shade.items()}))


def _table(document: Any, name: str) -> None:
    """Add a table with as many columns as there are; its heading is repeated on every page, no row is parted."""
    table = document.add_table(rows=4, cols=3, style="Table Grid")
    cells = [
        (f"{{%tc for text in {name}.columns %}}", "{{ text }}", "{%tc endfor %}"),
        (f"{{%tr for row in {name}.rows %}}", "", ""),
        ("{%tc for text in row %}", "{{ text }}", "{%tc endfor %}"),
        ("{%tr endfor %}", "", ""),
    ]
    for number, (row, texts) in enumerate(zip(table.rows, cells, strict=True)):
        properties = row._tr.get_or_add_trPr()  # noqa: SLF001 - python-docx has no other way
        for mark in ("w:cantSplit", *(["w:tblHeader"] if not number else [])):
            properties.append(properties.makeelement(qn(mark), {}))
        for cell, text in zip(row.cells, texts, strict=True):
            _write(cell, text, 8, is_heading=not number)


if __name__ == "__main__":
    print(write_template(Path(__file__).with_name(TEMPLATE)))  # noqa: T201 - a tool's own output
