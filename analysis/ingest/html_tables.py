"""HTML tables (often named .xls) to rows of text cells."""

from collections.abc import Iterator

from lxml import etree, html

from analysis.ingest.grid import Cell, Row, Sheet, SheetInfo
from analysis.ingest.reasons import ReadFault

_MAX_SPAN = 1000
"""Spans beyond this are nonsense; browsers stop there as well."""


def looks_like_html(text: str) -> bool:
    """Say whether a text is a page or fragment with a table."""
    head = text[:10_000].lstrip().lower()
    return head.startswith("<") and ("<table" in head or head.startswith(("<html", "<!doctype html", "<meta", "<head")))


def read_html(text: str, max_rows: int) -> Iterator[Sheet]:
    """Yield the outermost tables of a page that have more than one cell; named only if there are several.

    Raises:
        ReadFault: no table, a page that cannot be parsed, or more rows than allowed.
    """
    if "\x00" in text:
        raise ReadFault("broken_html", "含有空字符")
    if text.lower().count("</table") < text.lower().count("<table"):
        raise ReadFault("broken_html", "缺少 </table>，文件可能没有下载完")
    parser = etree.HTMLParser(no_network=True, huge_tree=True, remove_comments=True, encoding="utf-8")
    try:
        page = html.fromstring(text.encode("utf-8"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise ReadFault("broken_html", "无法解析") from error
    found = [t for t in page.iter("table") if next(t.iterancestors("table"), None) is None]
    tables = [t for t in found if len(t.findall(".//td")) + len(t.findall(".//th")) > 1]
    if not tables:
        raise ReadFault("broken_html", "没有表格")
    for index, table in enumerate(tables, start=1):
        rows, merges = _table(table)
        if len(rows) > max_rows:
            raise ReadFault("too_many_rows", str(max_rows))
        yield Sheet(SheetInfo(f"表{index}" if len(tables) > 1 else "", merges=merges), rows)


def _table(table: etree._Element) -> tuple[list[Row], list[list[int]]]:
    rows: list[Row] = []
    merges: list[list[int]] = []
    taken: dict[int, int] = {}
    lines = [tr for tr in table.iter("tr") if next(tr.iterancestors("table"), None) is table]
    for index, line in enumerate(lines):
        cells: list[Cell] = []
        for element in line.iterchildren("td", "th"):
            while taken.get(len(cells), 0) > index:
                cells.append(None)
            width, height = _span(element, "colspan"), _span(element, "rowspan")
            if width > 1 or height > 1:
                merges.append([index, len(cells), index + height - 1, len(cells) + width - 1])
            for offset in range(width):
                taken[len(cells)] = index + height
                cells.append(_text(element) if offset == 0 else None)
        if any(c is not None for c in cells):
            rows.append(Row(index + 1, cells))
    return rows, merges


def _span(element: etree._Element, name: str) -> int:
    value = (element.get(name) or "1").strip()
    return max(1, min(int(value), _MAX_SPAN)) if value.isascii() and value.isdigit() else 1


def _text(element: etree._Element) -> str | None:
    for br in element.iter("br"):
        br.tail = "\n" + (br.tail or "")
    return "".join(element.itertext()).strip() or None
