#!/usr/bin/env python3
"""Measures whether learning from a site's own texts without labels helps: [train] self_training.

    python bench/self_training.py --labels LABELS.csv

The labels (complaint_id, title, text, in_scope, codes, unit) are split in two by SHA-256 of the complaint's id. The
texts of one half, without its labels, are the site's; the other half is judged by the model of the repository and by
one that also learned from the near certain guesses; then the other way round. Differences are of the same posts.
"""

import argparse
import hashlib
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.classify.classifier import Classifier
from analysis.classify.evaluate import RESAMPLES, differences, outcomes, resample, summarise
from analysis.classify.guesses import guess_labels
from analysis.codebook.scheme import load_scheme
from analysis.config import Train, load_settings
from analysis.training import Lesson, fit_lesson, score_table, shipped_lesson

FIGURES = ("scope_f1", "recall_at_30%", "category_macro_f1", "sub_problem_micro_f1", "expected_calibration_error")
BOUNDS = ((0.9, 0.03), (0.8, 0.05))
WEIGHTS = (0.3, 1.0)


def is_second(complaint_id: str) -> bool:
    """Say in which half a complaint falls."""
    return hashlib.sha256(complaint_id.encode()).digest()[0] % 2 == 1


def told(table: pd.DataFrame) -> list[str]:
    """Return the figures with their intervals."""
    by_name = table.set_index("name")
    rows = (by_name.loc[name] if name in by_name.index else None for name in FIGURES)
    return ["—" if r is None else f"{r['value']:+.3f} [{r['low']:+.3f}, {r['high']:+.3f}]" for r in rows]


def self_trained(
    lesson: Lesson, cold: Classifier, texts: pd.DataFrame, gold: pd.Series, rules: Train
) -> tuple[Classifier, str]:
    """Return the model that learned from guesses about `texts`, and how many there were and how many are wrong."""
    guessed = guess_labels(texts[["complaint_id", "title", "text"]], cold, rules)
    if guessed is None:
        return cold, "0"
    said = guessed.texts["codes"].map(bool)
    wrong = int((said.to_numpy() != guessed.texts["complaint_id"].map(gold).to_numpy()).sum())
    model, _ = fit_lesson(lesson.with_site(guessed.texts, guessed.weight, is_guess=True))
    return model, f"{len(guessed.texts)} 条错 {wrong}"


def main() -> None:
    """Print the figures as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=Path, required=True)
    labels = pd.read_csv(parser.parse_args().labels, dtype=str, keep_default_na=False)
    lesson, scheme, settings = shipped_lesson(), load_scheme(), load_settings().train
    cold, _ = fit_lesson(lesson)
    second = labels["complaint_id"].map(is_second).to_numpy()
    gold = (labels["in_scope"] == "1").set_axis(labels["complaint_id"])
    samples = resample(np.arange(len(labels)), RESAMPLES)
    before = outcomes(labels, score_table(labels, cold), scheme)
    print("| 界限、权重 | 自判 | " + " | ".join(FIGURES) + " |\n|" + "---|" * (len(FIGURES) + 2))
    print("| 不用自训练 | — | " + " | ".join(told(summarise([before], samples))) + " |", flush=True)
    for (in_from, out_below), weight in product(BOUNDS, WEIGHTS):
        bounds = {"guess_in_from": in_from, "guess_out_below": out_below, "guess_weight": weight}
        rules = settings.model_copy(update=bounds)
        parts, counts = [], []
        for held in (second, ~second):
            model, count = self_trained(lesson, cold, labels[~held], gold, rules)
            parts.append(score_table(labels[held], model))
            counts.append(count)
        after = outcomes(labels, pd.concat(parts), scheme)
        gain = told(differences([after], [before], samples, FIGURES))
        print(f"| {in_from:g}/{out_below:g}，{weight:g} | {'、'.join(counts)} | " + " | ".join(gain) + " |", flush=True)


if __name__ == "__main__":
    main()
