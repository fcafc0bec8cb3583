"""What the workbook reader does not tell about an xlsx: error cells, formulas without results, 1904 dates, links."""

import io
import posixpath
import re
from dataclasses import dataclass, field
from zipfile import ZipFile

from lxml import etree

from analysis.ingest.grid import MOST_FORMULAS, Tag, distinct_names
from analysis.ingest.guard import DAMAGED_ZIP, scan_sheet_part
from analysis.ingest.reasons import ReadFault

_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION_ID = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")

_ERROR = re.compile(r"#[A-Z0/_]{2,14}[!?]?")


@dataclass(frozen=True)
class SheetFacts:
    """Cells that the workbook reader shows as empty, by (row, column) from 0, as tagged cells; formulas.

    Of the formulas all are counted, and the places of the first are kept.
    """

    cells: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    formula_count: int = 0
    formulas: list[list[int]] = field(default_factory=list)


@dataclass(frozen=True)
class WorkbookFacts:
    """Facts of a workbook; `sheets` by name, repeated names numbered."""

    sheets: dict[str, SheetFacts]
    is_1904: bool = False
    has_external_links: bool = False


def xlsx_facts(archive: ZipFile) -> WorkbookFacts:
    """Gather the facts of an xlsx.

    Raises:
        ReadFault: the parts cannot be read, or a sheet reaches too far.
    """
    try:
        workbook = _parse(archive.read("xl/workbook.xml"))
        relations = _parse(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {r.get("Id"): r.get("Target", "") for r in relations}
        names = set(archive.namelist())
        sheets = {}
        listed = workbook.findall(".//{*}sheets/{*}sheet")
        for sheet, name in zip(listed, distinct_names(s.get("name", "") for s in listed), strict=True):
            target = targets.get(sheet.get(_RELATION_ID) or sheet.get(_STRICT_RELATION_ID), "")
            part = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
            if part in names and scan_sheet_part(archive, part):
                sheets[name] = _sheet_facts(archive, part)
    except (etree.XMLSyntaxError, *DAMAGED_ZIP) as error:
        raise ReadFault("damaged_workbook") from error
    properties = workbook.find(".//{*}workbookPr")
    return WorkbookFacts(
        sheets,
        is_1904=properties is not None and properties.get("date1904") in {"1", "true"},
        has_external_links=any(n.startswith("xl/externalLinks/") for n in names),
    )


def with_distinct_names(data: bytes) -> bytes:
    """Return an xlsx whose sheets have names of their own, because its reader looks sheets up by name."""
    out = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, _renamed(old.read(name)) if name == "xl/workbook.xml" else old.read(name))
    return out.getvalue()


def _renamed(content: bytes) -> bytes:
    workbook = _parse(content)
    listed = workbook.findall(".//{*}sheets/{*}sheet")
    for sheet, name in zip(listed, distinct_names(s.get("name", "") for s in listed), strict=True):
        sheet.set("name", name)
    return bytes(etree.tostring(workbook, encoding="UTF-8", xml_declaration=True))


def _parse(content: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(content, parser)


def _sheet_facts(archive: ZipFile, part: str) -> SheetFacts:
    cells: dict[tuple[int, int], list[str]] = {}
    formula_count, formulas = 0, []
    with archive.open(part) as stream:
        position = -1
        for _, row in etree.iterparse(stream, tag="{*}row", resolve_entities=False, no_network=True):
            position = int(row.get("r", position + 2)) - 1
            column = -1
            for cell in row.iterfind("{*}c"):
                column = _column(cell.get("r"), column + 1)
                if cell.find("{*}f") is not None:
                    formula_count += 1
                    formulas += [[position, column]] if formula_count <= MOST_FORMULAS else []
                tagged = _hidden_value(cell)
                if tagged:
                    cells[position, column] = tagged
            row.clear()
            while row.getprevious() is not None:
                del row.getparent()[0]
    return SheetFacts(cells, formula_count, formulas)


def _hidden_value(cell: etree._Element) -> list[str] | None:
    value = cell.find("{*}v")
    if cell.get("t") == "e":
        shown = (value.text if value is not None else None) or ""
        return [Tag.ERROR, shown if _ERROR.fullmatch(shown) else "#ERROR"]
    has_result = value is not None and (bool(value.text) or cell.get("t") == "str")
    if cell.find("{*}f") is not None and not has_result and cell.find("{*}is") is None:
        return [Tag.UNCACHED, ""]
    return None


def _column(reference: str | None, expected: int) -> int:
    match = _REFERENCE.fullmatch(reference or "")
    if not match:
        return expected
    number = 0
    for letter in match[1]:
        number = number * 26 + ord(letter) - 64
    return number - 1
