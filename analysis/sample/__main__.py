"""`python -m analysis.sample data`: writes the sample's exports to data/raw and the truth to data/sample."""

import csv
import random
import sys
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from analysis.sample.compose import compose
from analysis.sample.exports import TruthRow, write_exports
from analysis.sample.texts import load_fillings, load_stories

SEED = 20230704


def write_sample(data: Path) -> None:
    """Write the exports below `data/raw`, `data/sample/truth.csv` and `data/sample/labels.csv`; the same every time."""
    rng = random.Random(SEED)  # noqa: S311  # invented data need no secrets
    truth = write_exports(compose(load_stories(), load_fillings(), rng), data / "raw", rng)
    sample = data / "sample"
    sample.mkdir(parents=True, exist_ok=True)
    _write(sample / "truth.csv", [f.name for f in fields(TruthRow)], map(asdict, truth))
    # What a site would hand to `hotline evaluate --labels`: the texts stand in the ledger.
    labels = [
        {"complaint_id": r.complaint_id, "in_scope": int(bool(r.codes)), "codes": r.codes, "unit": r.unit}
        for r in truth
        if r.complaint_id and r.expected == "accepted"
    ]
    _write(sample / "labels.csv", ["complaint_id", "in_scope", "codes", "unit"], labels)


def _write(path: Path, columns: list[str], rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns)
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    write_sample(Path(sys.argv[1]))
