"""Times the analysts' search on a snapshot of invented complaints, and tells what its index costs.

python bench/search.py [--count 100000] [--questions 50] [--keep FOLDER]
"""

import argparse
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import pandas as pd

from analysis import open_snapshot
from analysis.codebook.scheme import load_scheme
from analysis.contracts import ASSESSMENTS, COMPLAINTS, GATE_DECISIONS, UNIT_KINDS, Table
from analysis.ledger.store import Store
from analysis.sample.compose import compose
from analysis.sample.texts import load_fillings, load_stories
from analysis.segment.jieba_segmenter import load_segmenter

_CHANNELS = ("12345热线", "网络", "来信")
_SHARE_IN_SCOPE = 0.06
_AT_ONCE = 20_000


def complaints(count: int) -> pd.DataFrame:
    """Return invented complaints, columns of COMPLAINTS."""
    stories, fillings, rows, seed = load_stories(), load_fillings(), list[dict[str, Any]](), 0
    while len(rows) < count:
        for c in compose(stories, fillings, random.Random(seed)):
            rows.append({"received_at": c.at, "title": c.title, "text": c.text, "place": c.place})
        seed += 1
    frame = pd.DataFrame(rows[:count])
    frame["complaint_id"] = [f"H{number:09d}" for number in range(count)]
    frame["channel"] = [_CHANNELS[number % len(_CHANNELS)] for number in range(count)]
    frame["tokens"] = load_segmenter().segment(frame["title"] + "\n" + frame["text"])
    return _whole(frame, COMPLAINTS, source_code="hotline_12345", file_id="F", row_number=range(count), run_id="R")


def judgements(complaint_ids: pd.Series, rng: random.Random) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return invented decisions and assessments, so that filters have something to do."""
    codes, count = list(load_scheme().sub_problems), len(complaint_ids)
    gate = pd.DataFrame({"complaint_id": complaint_ids, "unit_kind": rng.choices(UNIT_KINDS, k=count)})
    gate["decision"] = ["in_scope" if rng.random() < _SHARE_IN_SCOPE else "out_of_scope" for _ in range(count)]
    said = {"scope_score": 0.5, "reason": "", "model_id": "m", "codebook_version": "1", "decided_by": "model"}
    held = gate.loc[gate["decision"] == "in_scope", ["complaint_id"]]
    held = held.assign(sub_problem_code=rng.choices(codes, k=len(held)))
    return (
        _whole(gate, GATE_DECISIONS, run_id="R", **said),
        _whole(held, ASSESSMENTS, score=0.5, assessor="model", evidence_start=0, evidence_end=1, run_id="R"),
    )


def _whole(frame: pd.DataFrame, table: Table, **values: object) -> pd.DataFrame:
    return frame.assign(**values).reindex(columns=table.column_names)


def build(folder: Path, count: int) -> None:
    """Publish a snapshot of `count` complaints in `folder`."""
    frame = complaints(count)
    gate, held = judgements(frame["complaint_id"], random.Random(1))
    with Store.open(folder / "ledger.duckdb") as store:
        for table, rows in ((COMPLAINTS, frame), (GATE_DECISIONS, gate), (ASSESSMENTS, held)):
            for first in range(0, len(rows), _AT_ONCE):
                store.append(table, rows.iloc[first : first + _AT_ONCE])
        store.publish(folder / "snapshot.duckdb")


def questions(tokens: pd.Series, texts: pd.Series, count: int, rng: random.Random) -> list[str]:
    """Return varied questions: words of one complaint, a piece of its text, a single character."""
    found = []
    for number in range(count):
        place = rng.randrange(len(tokens))
        words, text = tokens.iloc[place].split(), texts.iloc[place]
        if number % 10 == 0:
            found.append(rng.choice(text))
        elif number % 5 == 1:
            start = rng.randrange(max(1, len(text) - 12))
            found.append(text[start : start + rng.randint(4, 12)])
        else:
            found.append(" ".join(rng.sample(words, min(len(words), rng.randint(1, 4)))))
    return [question if any(map(str.isalnum, question)) else "违停" for question in found]


def timed(name: str, calls: list[Callable[[], object]]) -> None:
    """Print median, 95th percentile and slowest of calls, in milliseconds of the clock and of the processor."""
    clock, processor = list[float](), list[float]()
    for call in calls:
        start, start_cpu = time.perf_counter(), time.process_time()
        call()
        clock.append((time.perf_counter() - start) * 1000)
        processor.append((time.process_time() - start_cpu) * 1000)
    p95, p95_cpu = quantiles(clock, n=20)[-1], quantiles(processor, n=20)[-1]
    print(f"{name:24} median {median(clock):6.0f} ms   p95 {p95:6.0f}   slowest {max(clock):6.0f}"
          f"   processor: median {median(processor):6.0f}   p95 {p95_cpu:6.0f}")  # fmt: skip


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(folder: Path, count: int) -> None:
    """Open the snapshot in `folder`, ask, and print."""
    rng = random.Random(7)
    start = time.perf_counter()
    snapshot = open_snapshot(folder)
    print(f"{snapshot!r}, opened in {time.perf_counter() - start:.2f} s")
    print(f"snapshot {snapshot.path.stat().st_size / 1e6:.0f} MB, of which the index has nothing")
    texts = snapshot.sql("SELECT complaint_id, tokens, text FROM complaints USING SAMPLE 2000 (reservoir, 7)")
    asked = questions(texts["tokens"], texts["text"], count, rng)
    others = questions(texts["tokens"], texts["text"], count, rng)
    codes = list(load_scheme().categories)
    filters = [
        {"since": "2022-06-01", "until": "2022-12-31"},
        {"channel": _CHANNELS[0]},
        {"unit": UNIT_KINDS[0]},
        {"code": codes[0]},
        {"since": "2023-01-01", "unit": UNIT_KINDS[1], "code": codes[1]},
    ]
    before, start, start_cpu = _memory(), time.perf_counter(), time.process_time()
    snapshot.search("违停")
    spent = time.perf_counter() - start, time.process_time() - start_cpu
    print(f"first search, with lexicon and index: {spent[0]:.2f} s ({spent[1]:.2f} s of the processor),"
          f" peak of memory {before:.0f} → {_memory():.0f} MB")  # fmt: skip
    timed("search", [lambda q=q: snapshot.search(q) for q in asked])
    filtered = zip(others, cycle(filters), strict=False)
    timed("search with filters", [lambda q=q, f=f: snapshot.search(q, **f) for q, f in filtered])
    timed("search, asked again", [lambda q=q: snapshot.search(q) for q in asked])
    timed("similar", [lambda i=i: snapshot.similar(i) for i in texts["complaint_id"].head(count)])
    snapshot.close()


def main() -> int:
    """Build the snapshot if need be, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--keep", type=Path, help="build the snapshot here, or take it from here")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        if not (folder / "snapshot.duckdb").is_file():
            build(folder, args.count)
        measure(folder, args.questions)
    return 0


if __name__ == "__main__":
    sys.exit(main())
