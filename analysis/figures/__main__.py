"""Draws all figures of the site's newest snapshot: `python -m analysis.figures FOLDER [LABELS.csv]`."""

import sys
from pathlib import Path

import pandas as pd

from analysis.contracts import TABLES
from analysis.figures.charts import ALL, NEEDED_TABLES, source_line
from analysis.figures.sheet import contact_sheet
from analysis.ledger.store import Reader
from analysis.site import site_paths
from analysis.summary.context import load_context


def draw_all(folder: Path, labels: Path | None = None) -> None:
    """Write every figure as a PNG named by its id, and `figures.png` with all of them small."""
    paths = site_paths()
    with Reader.open(paths.snapshot) as reader:
        tables = {t.name: reader.table(t) for t in TABLES if t.name in NEEDED_TABLES}
    known = pd.read_csv(labels) if labels else None
    context = load_context(paths.codebook, paths.settings, labels=known)
    folder.mkdir(parents=True, exist_ok=True)
    line = source_line(tables, context)
    pictures = {c.chart_id: c.png(c.numbers(tables, context), line) for c in ALL}
    for chart_id, picture in pictures.items():
        (folder / f"{chart_id}.png").write_bytes(picture)
    (folder / "figures.png").write_bytes(contact_sheet(list(pictures.values())))


if __name__ == "__main__":
    draw_all(Path(sys.argv[1]), *map(Path, sys.argv[2:3] or ()))
