"""`python -m analysis.sample data`: writes the sample's exports to data/raw and the truth to data/sample."""

import csv
import random
import sys
from dataclasses import asdict, fields
from pathlib import Path

from analysis.sample.compose import compose
from analysis.sample.exports import TruthRow, write_exports
from analysis.sample.texts import load_fillings, load_stories

SEED = 20230704


def write_sample(data: Path) -> None:
    """Write the exports below `data/raw` and `data/sample/truth.csv`; the same every time."""
    rng = random.Random(SEED)  # noqa: S311  # invented data need no secrets
    truth = write_exports(compose(load_stories(), load_fillings(), rng), data / "raw", rng)
    path = data / "sample" / "truth.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, [f.name for f in fields(TruthRow)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in truth)


if __name__ == "__main__":
    write_sample(Path(sys.argv[1]))
