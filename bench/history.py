"""Times a night of new complaints on a ledger with a long history against the same night on an empty one.

python bench/history.py [--old 1000000] [--new 5000] [--stages ingest,judge,explain,merge,publish] [--keep FOLDER]

The history is one real night on invented complaints, multiplied by SQL: other ids, earlier days, the same problems.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from analysis.contracts import EVENTS
from analysis.ledger.chain import SYSTEM, event_record, extend
from analysis.ledger.store import Store
from analysis.pipeline.night import open_night
from analysis.pipeline.stages import STAGES, run_night, run_stage
from analysis.sample.compose import compose
from analysis.sample.texts import load_fillings, load_stories
from analysis.site import SitePaths, site_paths

ROOT = Path(__file__).resolve().parent.parent
AS_OF = date(2026, 11, 20)
_HISTORY_SEED, _NIGHT_SEED = 1, 1000
_YEARS = 10
_AT_ONCE = 2500
_KEYS = {  # how the ids of a copy differ from those of the night that is multiplied
    "complaints": "text || md5(complaint_id || i) AS text, tokens || md5(complaint_id || i) AS tokens,"
    " complaint_id || '-' || i AS complaint_id, file_id || '-' || i AS file_id, 'H-' || i AS run_id,"
    " received_at - to_days(($days * i // $copies)::INTEGER) AS received_at",
    "intake_rows": "complaint_id || '-' || i AS complaint_id, file_id || '-' || i AS file_id",
    "raw_files": "file_id || '-' || i AS file_id, 'H-' || i AS run_id",
    "gate_decisions": "complaint_id || '-' || i AS complaint_id, 'H-' || i AS run_id",
    "assessments": "complaint_id || '-' || i AS complaint_id, 'H-' || i AS run_id",
    "explanations": "complaint_id || '-' || i AS complaint_id, 'H-' || i AS run_id",
    "matters": "matter_id || '-' || i AS matter_id, canonical_complaint_id || '-' || i AS canonical_complaint_id",
    "complaint_matters": "complaint_id || '-' || i AS complaint_id, matter_id || '-' || i AS matter_id",
    "matter_keys": "complaint_id || '-' || i AS complaint_id, 'H-' || i AS run_id,"
    " CASE WHEN key = 0 THEN 0 ELSE (hash(key, i) >> 2)::BIGINT END AS key, sequence + i * $each AS sequence",
    "problem_complaints": "complaint_id || '-' || i AS complaint_id, 'H-' || i AS run_id",
    "judgement_profiles": "'H-' || i AS run_id",
    "runs": "'H-' || i AS run_id, -i AS sequence,"
    " (as_of_date - to_days(($days * i // $copies)::INTEGER))::DATE AS as_of_date",
}


def put_tickets(paths: SitePaths, name: str, seed: int, count: int) -> None:
    """Write an export of `count` invented tickets."""
    stories, fillings, rows = load_stories(), load_fillings(), []
    while len(rows) < count:
        for complaint in compose(stories, fillings, random.Random(seed)):
            native_id = f"{seed:04d}{len(rows):09d}"
            rows.append((native_id, f"{complaint.at:%Y-%m-%d %H:%M}", complaint.person.phone, complaint.title,
                         complaint.text, complaint.place))  # fmt: skip
        seed += 1
    headings = ["受理编号", "登记时间", "来电号码", "标题", "工单内容", "地址"]
    pd.DataFrame(rows[:count], columns=headings).to_csv(paths.raw / "tickets" / name, index=False, encoding="utf-8")


def site(folder: Path) -> SitePaths:
    """Make the folders of a site below `folder`."""
    for kind in ("tickets", "posts"):
        (folder / "raw" / kind).mkdir(parents=True, exist_ok=True)
    return site_paths(folder / "raw", folder / "processed")


def multiply(paths: SitePaths, copies: int) -> None:
    """Add `copies` copies of everything that the one night left, and the events of their coming into problems."""
    numbers = {"days": _YEARS * 365, "copies": copies, "each": _AT_ONCE}
    with duckdb.connect(str(paths.ledger)) as connection:
        for table, replaced in _KEYS.items():
            used = {name: value for name, value in numbers.items() if f"${name}" in replaced}
            source = f"{table} t, range(1, {copies + 1}) c(i)"
            connection.execute(f"INSERT INTO {table} BY NAME SELECT t.* REPLACE ({replaced}) FROM {source}", used)
        connection.execute(f"UPDATE runs SET sequence = sequence + {copies + 1}")
        links = connection.execute(
            "SELECT problem_id, complaint_id, run_id FROM problem_complaints WHERE run_id LIKE 'H-%'"
        ).df()
    added = {"kind": "complaint_added", "actor": SYSTEM, "at": pd.Timestamp(AS_OF)}
    records = [
        event_record(problem_id=problem_id, subject=subject, payload={"complaint_id": subject}, run_id=run_id, **added)
        for problem_id, subject, run_id in links.itertuples(index=False, name=None)
    ]
    with Store.open(paths.ledger) as store:
        chained, _ = extend(store.head(), pd.DataFrame(records))
        store.append(EVENTS, chained)
        store.keep_head()
        store.publish(paths.snapshot)


def build(folder: Path, old: int) -> None:
    """Make a site with about `old` complaints behind it."""
    paths = site(folder)
    put_tickets(paths, "12328历史.csv", _HISTORY_SEED, min(old, _AT_ONCE))
    run_night(paths, AS_OF)
    if old > _AT_ONCE:
        multiply(paths, old // _AT_ONCE - 1)


def time_night(folder: Path, stages: set[str], begun_at: float) -> dict[str, tuple[float, float]]:
    """Run the stages on the site in `folder` and return wall and CPU seconds of each, and the peak of memory in MB."""
    seconds = {"start": (time.time() - begun_at, time.process_time())}
    start = time.perf_counter(), time.process_time()

    def lap(name: str) -> None:
        nonlocal start
        now = time.perf_counter(), time.process_time()
        seconds[name] = now[0] - start[0], now[1] - start[1]
        start = now

    with open_night(site(folder), AS_OF) as night:
        lap("open")
        for stage in STAGES:
            if stage.code in stages:
                run_stage(night, stage)
                lap(stage.code)
    lap("close")
    # Not that of getrusage: it counts the process that started this one.
    peak = int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024
    return seconds | {"MB": (peak, peak)}


def main() -> int:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--old", type=int, default=1_000_000)
    parser.add_argument("--new", type=int, default=5000)
    parser.add_argument("--stages", default=",".join(stage.code for stage in STAGES))
    parser.add_argument("--keep", type=Path, help="build the history here, or take it from here")
    parser.add_argument("--night", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--begun-at", type=float, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.night:
        print(json.dumps(time_night(args.night, set(args.stages.split(",")), args.begun_at)))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        history = args.keep or Path(temporary) / "history"
        if not (history / "processed").is_dir():
            start = time.perf_counter()
            build(history, args.old)
            print(f"history of {args.old} built in {time.perf_counter() - start:.0f} s")
        figures = {}
        for name in ("empty", "history"):
            folder = Path(temporary) / "night" / name
            folder.parent.mkdir(exist_ok=True)
            if name == "history":
                subprocess.run(["cp", "-r", str(history), str(folder)], check=True)
            put_tickets(site(folder), "12328本夜.csv", _NIGHT_SEED, args.new)
            command = [sys.executable, __file__, "--night", str(folder), "--stages", args.stages]
            command += ["--begun-at", str(time.time())]
            done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
            figures[name] = json.loads(done.stdout.splitlines()[-1])
    print(f"{'':10}{'wall':>9}{'':>9}{'':12}{'CPU':>9}")
    totals = {name: [sum(v[k] for c, v in figures[name].items() if c != "MB") for k in (0, 1)] for name in figures}
    for code in (*figures["empty"], "together"):
        pairs = list(
            zip(*(totals[name] if code == "together" else figures[name][code] for name in figures), strict=True)
        )
        told = [f"{one:9.2f}{other:9.2f}   × {other / max(one, 0.01):<7.2f}" for one, other in pairs]
        print(f"{code:10}{''.join(told)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
