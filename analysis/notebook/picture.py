"""A figure in a notebook, with what it shows, how to read it and what to beware of under it."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import pandas as pd

from analysis.figures import Chart

_DPI = 130
_PRINTED_DPI = 200


@dataclass(frozen=True)
class Picture:
    """One figure; shown when it is the last thing in a cell.

    Attributes:
        title: what it is called.
        numbers: the numbers behind it; columns in `docs/图表.md`.
        png: draws it at so many dots an inch.
        words: what is said under it, by heading.
    """

    title: str
    numbers: pd.DataFrame
    png: Callable[[int], bytes]
    words: Mapping[str, str] = field(default_factory=dict)

    def save(self, path: str | Path) -> None:
        """Write it as a PNG, fit to print."""
        Path(path).write_bytes(self.png(_PRINTED_DPI))

    def __repr__(self) -> str:
        return f"图：{self.title}"

    def _repr_html_(self) -> str:
        picture = b64encode(self.png(_DPI)).decode()
        lines = "<br>".join(f"<b>{name}</b>　{escape(words)}" for name, words in self.words.items())
        return (
            f'<figure style="margin:0;max-width:46rem"><img style="width:100%" alt="{escape(self.title)}" '
            f'src="data:image/png;base64,{picture}"><figcaption style="font-size:13px;line-height:1.6;color:#5a6570">'
            f"{lines}</figcaption></figure>"
        )


def picture_of(chart: Chart, numbers: pd.DataFrame, source: str) -> Picture:
    """Return a figure of the catalogue with these numbers; `source` is the line that says where they come from."""
    words = {"画的是": chart.shows, "怎么看": chart.reading, "要小心": chart.caution}
    return Picture(chart.title, numbers, lambda dpi: chart.png(numbers, source, dpi=dpi), words)
