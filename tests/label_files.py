"""A small site for tests of labels and training: a corpus of 160 texts, and label tables made of other texts."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from analysis import training
from analysis.classify.training_texts import corpus_files
from analysis.site import SitePaths, site_paths

CORPUS_SIZE = 160


def lines(name: str) -> list[str]:
    return next(p for p in corpus_files() if p.name == name).read_text("utf-8").splitlines()


def small_corpus(folder: Path) -> Path:
    path = folder / "few.jsonl"
    path.write_text("\n".join(lines("start.jsonl")[:CORPUS_SIZE]), "utf-8")
    return path


def small_site(folder: Path, monkeypatch: pytest.MonkeyPatch, **train: float) -> SitePaths:
    """Return a site whose repository has the small corpus; `train` are settings of the section [train]."""
    few = small_corpus(folder)
    monkeypatch.setattr(training, "corpus_files", lambda: [few])
    settings = {"min_site_labels": 10, "validation_repeats": 1, **train}
    text = "[train]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())
    (folder / "hotline.toml").write_text(text, "utf-8")
    data = folder / "data"
    paths = site_paths(data / "raw", data / "processed")
    return replace(paths, models=data / "models", settings=folder, codebook=folder / "codebook")


def custom_rows(count: int, word: str = "") -> list[dict[str, str]]:
    """Return labels of a custom of the site's own, which the corpus does not teach and a model can learn.

    Texts out of scope, every other one with a sentence on the street lamps, which this site counts as inaction.
    word: put into every text.
    """
    found = [json.loads(line) for line in lines("start.jsonl")[CORPUS_SIZE:]]
    rows = []
    for number, row in enumerate([r for r in found if not r["codes"]][:count]):
        is_in_scope = number % 2 == 0
        rows.append(
            {
                "complaint_id": f"L-{row['id']}",
                "title": row["title"],
                "text": row["text"] + word + ("小区门口的路灯坏了，停车场的路灯也坏了。" if is_in_scope else ""),
                "in_scope": str(int(is_in_scope)),
                "codes": "irregular.inaction" if is_in_scope else "",
                "unit": "交警" if is_in_scope else "",
            }
        )
    return rows


def labelled_rows(count: int) -> list[dict[str, str]]:
    """Return labels of texts outside the small corpus, half of them in scope."""
    found = [json.loads(line) for line in lines("start.jsonl")[CORPUS_SIZE:]]
    chosen = [r for r in found if r["codes"]][: count // 2] + [r for r in found if not r["codes"]][: count - count // 2]
    rows = []
    for row in chosen:
        codes, unit = ";".join(row["codes"]), row["unit"]
        rows.append(
            {
                "complaint_id": f"L-{row['id']}",
                "title": row["title"],
                "text": row["text"],
                "in_scope": str(int(bool(codes))),
                "codes": codes,
                "unit": unit,
            }
        )
    return rows


def write_rows(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
