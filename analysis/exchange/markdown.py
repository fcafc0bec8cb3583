"""Pieces of Markdown that show names and counts as they are, whatever they hold."""

import html
import re
from collections.abc import Iterable, Sequence

from analysis.exchange.cells import clean_text
from analysis.line import one_line

_MARKDOWN = re.compile(r"([\\`*_{}\[\]|~#])")
_LINKS = (("://", "&#58;//"), ("www.", "www&#46;"), ("@", "&#64;"))


def escape_markdown(text: str) -> str:
    r"""Return `text` as one line that Markdown and HTML show as it is, even inside a table.

    >>> print(escape_markdown("a|b <i>"))
    a\|b &lt;i&gt;
    """
    line = " ".join(one_line(clean_text(text)).split())
    line = _MARKDOWN.sub(r"\\\1", html.escape(line, quote=False))
    for plain, escaped in _LINKS:
        line = line.replace(plain, escaped)
    return line


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[object]], number_columns: int = 0) -> str:
    """Return a Markdown table; the last `number_columns` columns are set to the right."""
    rules = ["---"] * (len(headings) - number_columns) + ["---:"] * number_columns
    lines = [headings, rules, *([escape_markdown(str(cell)) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
