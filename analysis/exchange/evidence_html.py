"""The text of a complaint as HTML, with the evidence marked; whatever the text holds stays text."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise


@dataclass(frozen=True)
class Evidence:
    """A span of «title + newline + text», from `start` to `end` (exclusive), and what it is evidence of."""

    start: int
    end: int
    label: str


def marked_html(title: str, text: str, evidence: Sequence[Evidence]) -> str:
    r"""Return title and text as one block of HTML in which each piece of evidence stands out and names its label.

    Spans may overlap; what lies outside the text is passed over.

    >>> marked_html("题", "a<b", [Evidence(2, 3, "乱罚款")])
    '<div style="white-space:pre-wrap;line-height:1.6"><b>题</b>\n<mark title="乱罚款">a</mark>&lt;b</div>'
    """
    document = f"{title}\n{text}"
    inside = [e for e in evidence if 0 <= e.start < e.end <= len(document)]
    edges = sorted({0, len(title), len(document), *(e.start for e in inside), *(e.end for e in inside)})
    pieces = [
        _piece(document[start:end], [e.label for e in inside if e.start <= start < e.end], is_title=end <= len(title))
        for start, end in pairwise(edges)
    ]
    return f'<div style="white-space:pre-wrap;line-height:1.6">{"".join(pieces)}</div>'


def _piece(words: str, labels: Sequence[str], *, is_title: bool) -> str:
    shown = escape(words)
    if is_title:
        shown = f"<b>{shown}</b>"
    return f'<mark title="{escape("、".join(dict.fromkeys(labels)))}">{shown}</mark>' if labels else shown
