#!/usr/bin/env python3
"""Measures the shipped judgement on real labelled posts, in two halves of which one was never read.

    python bench/quality.py [--labels ../shared/eval/dev.csv] [--ablation]

The halves: posts that share 40 % or more of the shorter one's character 5-grams form a group; the groups of
a source are ranked by SHA-256 of seed and least complaint id, and fall to A and B in turn. Only half A was
read and tuned on; of half B nothing but these figures was seen.
"""

import argparse
import hashlib
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pandas as pd

from analysis.classify.evaluate import evaluate
from analysis.classify.features import BLOCKS
from analysis.classify.model import SCALES, BlockScales
from analysis.classify.training_texts import corpus_files
from analysis.codebook.scheme import load_scheme
from analysis.training import label_table, train

SEED = "hotline-2026-halves"
SHARED = 0.4
FIGURES = (
    "scope_f1", "recall_at_30%", "category_macro_f1", "sub_problem_micro_f1", "unit_accuracy",
    "expected_calibration_error",
)  # fmt: skip
STEPS = {
    "只有 n 元组": ("character",),
    "＋线索规则": ("character", "knowledge", "rule", "set"),
    "＋小句特征": BLOCKS,
    "只有线索规则": ("knowledge", "rule", "set", "clause"),
}


def near_duplicate_groups(labels: pd.DataFrame) -> list[list[int]]:
    """Return row numbers of posts that share much of their text, directly or through others."""
    shingles = []
    for title, text in zip(labels["title"], labels["text"], strict=True):
        bare = "".join((title + text).split())
        shingles.append({bare[i : i + 5] for i in range(max(1, len(bare) - 4))})
    group = list(range(len(shingles)))
    for i, own in enumerate(shingles):
        for j in range(i):
            if len(own & shingles[j]) >= SHARED * min(len(own), len(shingles[j])) and group[i] != group[j]:
                low, high = sorted((group[i], group[j]))
                group = [low if g == high else g for g in group]
    members = defaultdict(list)
    for row, number in enumerate(group):
        members[number].append(row)
    return list(members.values())


def halves(labels: pd.DataFrame) -> dict[str, str]:
    """Return the half of each complaint."""
    ids, sources = labels["complaint_id"].tolist(), labels["source"].tolist()
    ranked = defaultdict(list)
    for members in near_duplicate_groups(labels):
        key = hashlib.sha256((SEED + min(ids[i] for i in members)).encode()).hexdigest()
        ranked[min(sources[i] for i in members)].append((key, members))
    half = {}
    for groups in ranked.values():
        for rank, (_, members) in enumerate(sorted(groups)):
            half.update({ids[i]: "AB"[rank % 2] for i in members})
    return half


def limited(scales: dict[str, float], blocks: tuple[str, ...]) -> dict[str, float]:
    """Return the scales with every other block left out."""
    return {name: scale if name in blocks else 0.0 for name, scale in scales.items()}


def measure(labels: pd.DataFrame, half: dict[str, str], scales: BlockScales) -> dict[str, dict[str, str]]:
    """Train with the given feature blocks; return the figures of each half and of both."""
    with tempfile.TemporaryDirectory() as directory:
        train(corpus_files(), None, Path(directory), scales)
        scored = label_table(labels[["complaint_id", "title", "text"]], Path(directory))
    result = {}
    for name in ("A", "B", "A+B"):
        chosen = labels[labels["complaint_id"].map(half).isin(name.split("+"))]
        summary = evaluate(chosen, scored, load_scheme()).summary.set_index("name")
        result[name] = {
            figure: f"{summary.loc[figure, 'value']:.3f}"
            + (
                ""
                if pd.isna(summary.loc[figure, "low"])
                else f" [{summary.loc[figure, 'low']:.2f}, {summary.loc[figure, 'high']:.2f}]"
            )
            for figure in FIGURES
        }
    return result


def main() -> None:
    """Print the figures as Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path, default=Path(__file__).parents[2] / "shared" / "eval" / "dev.csv")
    parser.add_argument("--ablation", action="store_true")
    options = parser.parse_args()
    if not options.labels.is_file():
        parser.exit(0, f"没有 {options.labels}，略过。\n")
    labels = pd.read_csv(options.labels, dtype=str, keep_default_na=False)
    half = halves(labels)
    steps = STEPS if options.ablation else {"随附模型": BLOCKS}
    print("| 特征 | 半份 | " + " | ".join(FIGURES) + " |\n|" + "---|" * (len(FIGURES) + 2))
    for step, blocks in steps.items():
        scales = replace(
            SCALES,
            gate=limited(SCALES.gate, blocks), code=limited(SCALES.code, blocks), unit=limited(SCALES.unit, blocks),
        )  # fmt: skip
        for name, figures in measure(labels, half, scales).items():
            print(f"| {step} | {name} | " + " | ".join(figures.values()) + " |", flush=True)


if __name__ == "__main__":
    main()
