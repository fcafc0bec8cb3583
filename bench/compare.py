"""Times `hotline classify` against the analyst's script on the same posts: interleaved, medians, peak memory.

    python bench/compare.py [--posts 10000] [--runs 5] [--shared ../shared]

Without the shared folder (a user's clone) there is nothing to compare with, and the script says so.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def measure(command: list[str]) -> tuple[float, float]:
    """Run a command; return wall seconds and peak memory in MB of the largest process in it."""
    code = (
        "import resource, subprocess, sys; "
        "status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode; "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(status)"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, *command], stdout=subprocess.PIPE, text=True, check=True)
    return time.perf_counter() - start, int(done.stdout) / 1024


def main() -> int:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    args = parser.parse_args()
    labels, bench = args.shared / "eval" / "dev.csv", args.shared / "bench"
    if not labels.exists():
        print(f"{labels} is not here: nothing to compare with.")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        posts = Path(folder) / "posts.csv"
        subprocess.run([sys.executable, bench / "posts.py", str(args.posts), labels, posts], check=True)
        commands = {
            "naive.py": [sys.executable, str(bench / "naive.py"), str(posts), str(labels), f"{folder}/out.duckdb"],
            "hotline classify": [
                str(Path(sys.executable).with_name("hotline")), "classify",
                "--input", str(posts), "--output", f"{folder}/scored.csv",
            ],
        }  # fmt: skip
        figures: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(args.runs):
            for name, command in commands.items():
                figures[name].append(measure(command))
    print(f"{args.posts} posts, {args.runs} interleaved runs, {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    print(f"{'':20}{'median s':>10}{'min':>8}{'max':>8}{'peak MB':>10}")
    for name, runs in figures.items():
        walls, peaks = zip(*runs, strict=True)
        print(f"{name:20}{statistics.median(walls):10.2f}{min(walls):8.2f}{max(walls):8.2f}{max(peaks):10.0f}")
    ratios = [a[0] / b[0] for a, b in zip(figures["naive.py"], figures["hotline classify"], strict=True)]
    print(f"naive.py / hotline classify, median of pairs: {statistics.median(ratios):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
