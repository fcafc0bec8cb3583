"""The report in Word: what stands in it, and which templates are refused."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Cm

from analysis.errors import SettingsError
from analysis.report.content import Content, build_content
from analysis.report.template import TEMPLATE, write_template
from analysis.report.word import word_report
from tests.test_report import EVIL, edition


@pytest.fixture(scope="module")
def content() -> Content:
    return build_content(edition())


def cells(document: bytes) -> set[str]:
    return {c.text for t in Document(BytesIO(document)).tables for r in t.rows for c in r.cells}


def own(folder: Path, *paragraphs: str) -> Path:
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    document.save(str(folder / TEMPLATE))
    return folder


def add_part(folder: Path, name: str, content: str) -> Path:
    write_template(folder / TEMPLATE)
    with zipfile.ZipFile(folder / TEMPLATE, "a") as parts:
        parts.writestr(name, content)
    return folder


def test_the_document_holds_every_number_and_shows_names_as_they_are(content: Content) -> None:
    document = word_report(content, None)
    shown = cells(document)
    assert [e.code for e in content.numbers if e.code not in shown] == []
    assert EVIL in shown
    assert len(Document(BytesIO(document)).inline_shapes) == len(content.drawn) < len(content.pictures)
    told = [p.text for p in Document(BytesIO(document)).paragraphs]
    assert set(content.not_drawn) <= set(told)
    assert content.look_back.when_empty in told
    fonts = Document(BytesIO(document)).styles["Normal"].element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == "宋体"


def test_columns_are_as_wide_as_what_stands_in_them(content: Content) -> None:
    found = Document(BytesIO(word_report(content, None))).tables
    table = next(t for t in found if [c.text for c in t.rows[0].cells] == content.units.columns)
    widths = dict(zip((c.text for c in table.rows[0].cells), (c.width or 0 for c in table.columns), strict=True))
    assert widths["编号"] > 1.5 * widths["销号"]
    assert sum(widths.values()) <= Cm(17.1)


def test_the_shipped_template_is_what_its_script_makes(tmp_path: Path) -> None:
    made = Document(str(write_template(tmp_path / TEMPLATE)))
    shipped = Document(str(Path(word_report.__code__.co_filename).with_name(TEMPLATE)))
    assert made.element.xml == shipped.element.xml
    assert made.styles.element.xml == shipped.styles.element.xml


def test_a_template_of_the_site_is_used_instead(content: Content, tmp_path: Path) -> None:
    document = word_report(content, own(tmp_path, "本站：{{ title }}"))
    assert Document(BytesIO(document)).paragraphs[0].text == f"本站：{content.title}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ nothing }}", "没有的名称“nothing”"),
        ("{{ title.nothing }}", "填不进去"),
        ("{{ title.__class__.__mro__ }}", "填不进去"),
        ("{% for x in %}", "填不进去"),
    ],
)
def test_a_template_that_asks_for_what_is_not_there_is_refused(
    content: Content, tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(SettingsError, match=reason):
        word_report(content, own(tmp_path, text))


@pytest.mark.parametrize(
    ("part", "inside", "reason"),
    [
        ("word/vbaProject.bin", "x", "有宏"),
        ("word/_rels/other.xml.rels", '<Relationship Target="http://a" TargetMode="External"/>', "外部文件"),
    ],
)
def test_a_template_with_macros_or_links_is_refused(
    content: Content, tmp_path: Path, part: str, inside: str, reason: str
) -> None:
    with pytest.raises(SettingsError, match=reason):
        word_report(content, add_part(tmp_path, part, inside))


def test_what_is_no_word_document_is_refused(content: Content, tmp_path: Path) -> None:
    (tmp_path / TEMPLATE).write_bytes(b"%PDF-1.7")
    with pytest.raises(SettingsError, match="不是 Word 文档"):
        word_report(content, tmp_path)
