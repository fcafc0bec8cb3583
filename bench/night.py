"""Times a whole night on the shipped sample, without Prefect, and the share of each stage.

python bench/night.py [--runs 3]
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from analysis.pipeline.night import open_night
from analysis.pipeline.stages import STAGES, run_stage
from analysis.site import site_paths

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    seconds: dict[str, list[float]] = {stage.code: [] for stage in STAGES}
    for _ in range(args.runs):
        with (
            tempfile.TemporaryDirectory() as folder,
            open_night(site_paths(ROOT / "data" / "raw", Path(folder) / "processed")) as night,
        ):
            for stage in STAGES:
                start = time.perf_counter()
                run_stage(night, stage)
                seconds[stage.code].append(time.perf_counter() - start)
    medians = {code: statistics.median(times) for code, times in seconds.items()}
    for code, median in medians.items():
        print(f"{code:10}{median:8.2f} s")
    print(f"{'together':10}{sum(medians.values()):8.2f} s, median of {args.runs}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
