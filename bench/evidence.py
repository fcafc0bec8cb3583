#!/usr/bin/env python3
"""Draws evidence spans for inspection by hand, and counts what the inspection found.

    python bench/evidence.py --draw 100 --seed 1            # CSV: kind, complaint_id, code, name, span
    python bench/evidence.py --verdicts bench/evidence_verdicts.csv

Two kinds: quotes that the authors of the training corpus gave (corpus), and spans that the model in use chose
on complaints of the shipped sample that it put in scope (model). A span supports its code if a reader who knows that it
comes from a complaint about enforcement, and sees nothing else, would give it that code; doubt counts as no.
"""

import argparse
import csv
import hashlib
import json
import sys
import tempfile
from pathlib import Path

import pandas as pd
from corpus_figures import wilson

from analysis.classify.training_texts import corpus_files
from analysis.codebook.scheme import load_scheme
from analysis.pipeline.night import open_night
from analysis.pipeline.reading import read_files
from analysis.site import site_paths
from analysis.training import load_classifier, score_table

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = ("kind", "complaint_id", "code", "name", "span")
Span = tuple[str, str, str]


def corpus_spans() -> list[Span]:
    """Return id, code and quote of every piece of evidence in the corpus, in order of file and line."""
    lines = (line for path in corpus_files() for line in path.read_text("utf-8").splitlines() if line.strip())
    rows = map(json.loads, lines)
    return [(row["id"], item["code"], item["quote"]) for row in rows for item in row.get("evidence", [])]


def sample_complaints() -> pd.DataFrame:
    """Return the complaints of the shipped sample as a night reads them: checked and masked."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_night(site_paths(ROOT / "data" / "raw", Path(folder) / "processed")) as night,
    ):
        read_files(night)
        return night.store.query("unjudged_complaints").sort_values("complaint_id", ignore_index=True)


def model_spans(complaints: pd.DataFrame) -> list[Span]:
    """Return id, code and text of every span that the model in use gives for complaints in scope."""
    scored = score_table(complaints, load_classifier(ROOT / "data" / "models"))
    spans = []
    for complaint, judged in zip(complaints.to_dict("records"), scored.to_dict("records"), strict=True):
        document = f"{complaint['title'] or ''}\n{complaint['text']}"
        if judged["in_scope"]:
            spans += [
                (complaint["complaint_id"], item["code"], document[item["start"] : item["end"]])
                for item in json.loads(judged["evidence"])
            ]
    return spans


def draw(spans: list[Span], count: int, seed: int) -> list[Span]:
    """Return that many spans, drawn without replacement, in their own order.

    They are ranked by a digest of seed, id and code, so that another model changes no more of the draw than it must.
    """
    ranked = sorted(spans, key=lambda span: hashlib.sha256(f"{seed} {span[0]} {span[1]}".encode()).digest())
    chosen = set(ranked[:count])
    return [span for span in spans if span in chosen]


def print_draw(count: int, seed: int) -> None:
    """Write the spans of both kinds as CSV."""
    names = {code: sub_problem.name for code, sub_problem in load_scheme().sub_problems.items()}
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for kind, spans in (("corpus", corpus_spans()), ("model", model_spans(sample_complaints()))):
        writer.writerows((kind, *span[:2], names[span[1]], span[2]) for span in draw(spans, count, seed))


def print_counts(verdicts: pd.DataFrame) -> None:
    """Write the shares as a Markdown table; columns as drawn, with is_supporting (0/1) and reason.

    Of the model's spans those are counted apart whose sub-problem the complaint has by the sample's own labels: where
    the judgement is wrong, no span can support it.
    """
    labels = pd.read_csv(ROOT / "data" / "sample" / "labels.csv", dtype=str, keep_default_na=False)
    true = {
        (i, code) for i, cell in zip(labels["complaint_id"], labels["codes"], strict=True) for code in cell.split(";")
    }
    is_true = pd.Series(list(zip(verdicts["complaint_id"], verdicts["code"], strict=True))).isin(true)
    is_model = verdicts["kind"] == "model"
    rows = {
        "语料里的证据": ~is_model,
        "模型选的证据": is_model,
        "　其中小类判对的": is_model & is_true,
        "　其中小类判错的": is_model & ~is_true,
    }
    print("| 抽查 | 件数 | 单凭这一段即支持小类 | 95 % 区间（Wilson） |\n|---|---|---|---|")
    for name, chosen in rows.items():
        own = verdicts.loc[chosen, "is_supporting"] == "1"
        low, high = wilson(int(own.sum()), len(own))
        print(f"| {name} | {len(own)} | {int(own.sum())}（{own.mean():.0%}） | {low:.1%}–{high:.1%} |")


def main() -> None:
    """Draw spans, or count the verdicts of an inspection."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draw", type=int, default=100, help="how many spans of either kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verdicts", type=Path, help="count this inspected CSV instead")
    options = parser.parse_args()
    if options.verdicts:
        print_counts(pd.read_csv(options.verdicts, dtype=str, keep_default_na=False))
    else:
        print_draw(options.draw, options.seed)


if __name__ == "__main__":
    main()
