"""Measures how well and how fast complaints of the same matter are found.

python bench/matters.py [--posts FILE] [--sizes 25000,50000,100000,200000]

Quality: on the invented pairs of `matters_posts.toml`, against the cosine of character TF-IDF. Growth: on complaints of
which one in twenty repeats an earlier one with changes; FILE has columns complaint_id, title, text, one row at least
for each complaint of the largest size; without it, complaints are composed of the sentences of the corpus.
"""

import argparse
import json
import math
import random
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from matters_pairs import CORPUS, best_figures, cosine_vectors, invented_pairs

from analysis.config import load_settings
from analysis.ledger.likelihood import load_judge
from analysis.pipeline.merging import group_table

NOWHERE = Path("/nonexistent")
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张"
CHARACTERS = "芙蓉五一解放人民韶山营盘蔡锷黄兴湘江万家丽车站东风远大古汉晚报荷花嘉雨星沙桃源金盆梅溪"


def main() -> int:
    """Print the figures of quality, then a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=Path)
    parser.add_argument("--sizes", default="25000,50000,100000,200000")
    args = parser.parse_args()
    _print_quality()
    sizes = [int(size) for size in args.sizes.split(",")]
    posts = pd.read_csv(args.posts, dtype=str, keep_default_na=False) if args.posts else composed(max(sizes))
    before: tuple[int, float] | None = None
    for size in sizes:
        complaints, planted = with_repeats(posts, size)
        start = time.process_time()
        matters = group_table(complaints, load_settings(NOWHERE), NOWHERE).set_index("complaint_id")["matter_id"]
        seconds = time.process_time() - start
        found = np.mean([matters[one] == matters[other] for one, other in planted])
        together = size - matters.nunique() - round(found * len(planted))
        growth = f", n^{math.log(seconds / before[1]) / math.log(size / before[0]):.2f}" if before else ""
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{size:>8}: {seconds:7.1f} s CPU{growth}; planted repeats found {found:.4f}; "
            f"other joins {together}; peak {memory:,.0f} MB",
            flush=True,
        )
        before = size, seconds
    return 0


def _print_quality() -> None:
    pairs, judge = invented_pairs(), load_judge()
    profiles = judge.reader.read(pairs.titles, pairs.texts)
    likelihood = judge.likelihoods(profiles, pairs.ones, pairs.others)
    vectors = cosine_vectors(pd.Series(pairs.titles) + "\n" + pd.Series(pairs.texts))
    cosine = np.asarray(vectors[pairs.ones].multiply(vectors[pairs.others]).sum(axis=1)).ravel()
    print(f"{len(pairs.same)} invented pairs, {pairs.same.sum()} the same (the weights were fitted to them)")
    print("likelihood:", best_figures(likelihood, pairs.same))
    print("cosine:    ", best_figures(cosine, pairs.same))


def composed(count: int, seed: int = 1) -> pd.DataFrame:
    """Return complaints composed of sentences of the corpus, each at a place of its own."""
    rng = random.Random(seed)
    rows = [json.loads(line) for path in sorted(CORPUS.glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    sentences = [s for row in rows for s in row["text"].split("。") if 6 <= len(s) <= 120]
    titles = [row["title"] for row in rows if row["title"]]
    out = []
    for number in range(count):
        want, text = rng.randrange(80, 400), ""
        while len(text) < want:
            text += rng.choice(sentences) + "。"
        road = "".join(rng.choice(CHARACTERS) for _ in range(4)) + rng.choice(["路", "大道", "街", "巷"])
        text = f"{rng.choice(SURNAMES)}先生反映：在{road}{rng.randrange(1, 999)}号附近，{text}"
        out.append((f"B{number:08d}", f"{rng.choice(titles)}（{road}）", text))
    return pd.DataFrame(out, columns=["complaint_id", "title", "text"])


def with_repeats(posts: pd.DataFrame, size: int, seed: int = 3) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """Return `size` complaints over two years, one in twenty a changed repeat of one up to 200 days older."""
    rng = random.Random(seed)
    originals = posts.iloc[: size - size // 20]
    rows = [(*row, rng.uniform(0, 730)) for row in originals[["complaint_id", "title", "text"]].itertuples(index=False)]
    planted = []
    for number, row in enumerate(rng.sample(range(len(rows)), size // 20)):
        complaint_id, title, text, day = rows[row]
        planted.append((complaint_id, f"R{number:07d}"))
        rows.append((f"R{number:07d}", title, _changed(text, rng), day + rng.uniform(0, 200)))
    rows.sort(key=lambda row: row[3])
    complaints = pd.DataFrame([row[:3] for row in rows], columns=["complaint_id", "title", "text"])
    days = pd.to_timedelta([row[3] for row in rows], unit="D")
    return complaints.assign(received_at=pd.Timestamp("2022-01-01") + days), planted


def _changed(text: str, rng: random.Random) -> str:
    parts = text.split("。")
    if len(parts) > 3:
        parts.pop(rng.randrange(1, len(parts) - 1))
    return "再次反映：" + "。".join(parts) + rng.choice(["请尽快处理。", "一直没有人管。", "望回复。"])


if __name__ == "__main__":
    sys.exit(main())
