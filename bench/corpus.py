#!/usr/bin/env python3
"""Measures the training corpus: what it covers, how much it repeats itself, how far its labels can be trusted.

    python bench/corpus.py [--seed 1] > corpus.md

Two minutes on one core, most of it the five models that judge texts which they have not seen. Needs the packages of
the dev group (cleanlab). Depends on nothing but the repository; the seed sets the order in which vocabulary is read.
"""

import argparse
import json
import tomllib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from corpus_figures import (
    NO_VOICE,
    Agreement,
    grams,
    heaps_exponent,
    nearest_containment,
    nearest_cosine,
    shared_clause_share,
    vocabulary_growth,
    voice_group,
)
from label_suspects import SCOPE, HeldOut, held_out, suspects

from analysis.classify.arrays import Flags
from analysis.classify.clauses import DELIMITERS, split_clauses
from analysis.classify.model import near_duplicate_groups
from analysis.classify.training_texts import Corpus, corpus_files
from analysis.contracts import UNIT_KINDS
from analysis.segment.jieba_segmenter import load_segmenter
from analysis.training import Lesson, shipped_lesson

SHINGLE, CONTAINED, COSINE = 5, 0.4, 0.6
"""Near-duplicates: texts that share 40 % of the shorter one's character 5-grams, or a cosine of TF-IDF of 0.6."""

LENGTHS = ((0, "不到 60 字"), (60, "60–119 字"), (120, "120–239 字"), (240, "240 字以上"))
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
READ_AFTER = (250, 500, 1000, 2000, 4000)
SHORTEST_PHRASE = 6
"""Shorter clauses («谢谢», «昨天上午») recur in any collection."""

MOST_SUSPICIOUS = 30
VOICES = Path(__file__).with_name("voices.toml")


@dataclass(frozen=True)
class Measured:
    """The corpus with what its lines say beside the labels.

    files, voices, quotes: one value a text: its file's name, the group of its voice, its sub-problems with evidence.
    """

    corpus: Corpus
    codes: tuple[str, ...]
    names: dict[str, str]
    files: np.ndarray
    voices: np.ndarray
    quotes: np.ndarray

    @classmethod
    def of(cls, lesson: Lesson) -> "Measured":
        """Read files and voices beside the corpus of a lesson."""
        groups = tomllib.loads(VOICES.read_text("utf-8"))["groups"]
        lines = [(p.stem, json.loads(line)) for p in corpus_files() for line in p.read_text("utf-8").splitlines()]
        assert [row["id"] for _, row in lines] == lesson.corpus.texts["complaint_id"].tolist()
        names = {code: sub_problem.name for code, sub_problem in lesson.scheme.sub_problems.items()}
        files, voices = [name for name, _ in lines], [voice_group(row.get("voice", ""), groups) for _, row in lines]
        quotes = [len({item["code"] for item in row.get("evidence", [])}) for _, row in lines]
        return cls(lesson.corpus, tuple(names), names, np.array(files), np.array(voices), np.array(quotes))

    @cached_property
    def scope(self) -> Flags:
        """Which texts are in scope."""
        return self.corpus.in_scope

    @cached_property
    def code(self) -> Flags:
        """Which text has which sub-problem."""
        return self.corpus.has_code(self.codes)

    @cached_property
    def ids(self) -> np.ndarray:
        """The id of each text."""
        return self.corpus.texts["complaint_id"].to_numpy(dtype=object)

    @cached_property
    def lengths(self) -> np.ndarray:
        """Characters of each text, white space left out."""
        return np.array([len("".join(document.split())) for document in self.corpus.documents])

    @cached_property
    def length_groups(self) -> np.ndarray:
        """The group of each text's length."""
        starts = [start for start, _ in LENGTHS]
        return np.array([name for _, name in LENGTHS])[np.searchsorted(starts, self.lengths, side="right") - 1]


def table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; floats with three digits."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(
        "| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in line) + " |"
        for line in lines
    )


def counts(found: Measured) -> str:
    """Count texts by file, and sub-problems a text."""
    rows = []
    for name in [*dict.fromkeys(found.files), "合计"]:
        own = (found.files == name) | (name == "合计")
        inside = int((own & found.scope).sum())
        rows.append((name, int(own.sum()), inside, int(own.sum()) - inside, f"{inside / own.sum():.0%}"))
    per_text = np.bincount(found.code[found.scope].sum(axis=1))
    labels, quoted = int(found.code.sum()), int(found.quotes.sum())
    several = "，".join(f"{number} 个 {count} 条" for number, count in enumerate(per_text) if count)
    lengths = [
        (name, *(f"{value:.0f}" for value in np.quantile(found.lengths[rows], QUANTILES)))
        for name, rows in (("纳入", found.scope), ("不纳入", ~found.scope))
    ]
    return "\n\n".join(
        [
            "## 数量",
            table(("文件", "条数", "纳入", "不纳入", "纳入占比"), rows),
            f"每条纳入诉求的小类：{several}；平均 {labels / found.scope.sum():.2f} 个。",
            f"{labels} 处标注里 {quoted} 处（{quoted / labels:.0%}）附有原文证据。",
            table(("字数分位", *(f"{q:.0%}" for q in QUANTILES)), lengths),
        ]
    )


def coverage(found: Measured) -> str:
    """Cross sub-problems with unit, voice and length, and say which cells are empty."""
    units = found.corpus.texts["unit"].to_numpy(dtype=object)
    voices = [str(name) for name in pd.Series(found.voices).value_counts().index]
    sides = {
        "单位": (units, list(UNIT_KINDS)),
        "篇幅": (found.length_groups, [name for _, name in LENGTHS]),
        "口吻": (found.voices, [name for name in voices if name != NO_VOICE]),
    }
    filled = {
        (column, *(values[row] for values, _ in sides.values()))
        for row, column in zip(*np.nonzero(found.code), strict=True)
        if found.voices[row] != NO_VOICE
    }
    every = len(found.codes) * np.prod([len(kinds) for _, kinds in sides.values()])
    by_voice = [(v, *(int(((found.voices == v) & own).sum()) for own in (found.scope, ~found.scope))) for v in voices]
    return "\n\n".join(
        [
            "## 覆盖（纳入诉求，一条有几个小类就计几次）",
            *(crossed(found, side, *values) for side, values in sides.items()),
            f"小类 × 单位 × 篇幅 × 口吻：{every} 格里有 {len(filled)} 格（{len(filled) / every:.0%}）至少一条。",
            table(("口吻", "纳入", "不纳入"), by_voice),
        ]
    )


def crossed(found: Measured, side: str, values: np.ndarray, kinds: Sequence[str]) -> str:
    """Return the table of sub-problems by the kinds of one side, and its empty cells."""
    cells = {code: [int((own & (values == kind)).sum()) for kind in kinds] for code, own in by_code(found)}
    rows = [
        (found.names[code], *row, int(own.sum()))
        for (code, own), row in zip(by_code(found), cells.values(), strict=True)
    ]
    empty = [
        f"{found.names[code]}（{'、'.join(kind for kind, cell in zip(kinds, row, strict=True) if not cell)}）"
        for code, row in cells.items()
        if not all(row)
    ]
    none = sum(row.count(0) for row in cells.values())
    said = f"空格 {none} / {len(kinds) * len(cells)}：{'、'.join(empty)}。" if empty else "没有空格。"
    return "\n\n".join([f"### 小类 × {side}", table(("小类", *kinds, "合计"), rows), said])


def by_code(found: Measured) -> list[tuple[str, Flags]]:
    """Return each sub-problem with the texts that have it."""
    return list(zip(found.codes, found.code.T, strict=True))


def diversity(found: Measured, lesson: Lesson, seed: int) -> str:
    """Say how much the texts repeat one another, and how their vocabulary grows."""
    documents = found.corpus.documents
    begin = lesson.space.first_column["character"]
    vectors = lesson.features[:, begin : begin + lesson.space.sizes["character"]]
    contained = nearest_containment(documents, SHINGLE) >= CONTAINED
    close = nearest_cosine(vectors) >= COSINE
    groups = np.bincount(near_duplicate_groups(vectors, COSINE))
    files = [*dict.fromkeys(found.files), "合计"]
    chosen = [(found.files == name) | (name == "合计") for name in files]
    near = [
        (name, f"{contained[own].mean():.1%}", f"{close[own].mean():.1%}")
        for name, own in zip(files, chosen, strict=True)
    ]
    clauses = [
        [c for clause in own if len(c := clause.strip(DELIMITERS)) >= SHORTEST_PHRASE]
        for own in clause_texts(documents)
    ]
    shared, every = shared_clause_share(clauses)
    return "\n\n".join(
        [
            "## 多样性",
            f"与最近的另一条：共有较短者 {CONTAINED:.0%} 以上的字 {SHINGLE} 元组；字 1–3 元组余弦 {COSINE} 以上。",
            table(("文件", f"{SHINGLE} 元组含有率 ≥ {CONTAINED}", f"余弦 ≥ {COSINE}"), near),
            f"按余弦归并后 {len(groups)} 组，最大一组 {groups.max()} 条。",
            growth(documents, seed),
            f"{SHORTEST_PHRASE} 字以上的小句 {every} 个，{shared} 个（{shared / every:.1%}）在不止一条诉求里出现。",
        ]
    )


def clause_texts(documents: Sequence[str]) -> list[list[str]]:
    """Return the clauses of each text."""
    clauses = split_clauses(documents)
    own: list[list[str]] = [[] for _ in documents]
    for start, end, row in zip(clauses.start, clauses.end, clauses.document, strict=True):
        own[row].append(clauses.text[start:end])
    return own


def growth(documents: Sequence[str], seed: int) -> str:
    """Return how many distinct words and 3-grams stand in the first texts of a random order."""
    order = np.random.default_rng(seed).permutation(len(documents))
    at = [*READ_AFTER, len(documents)]
    words = [text.split() for text in load_segmenter().segment(documents)]
    rows = []
    for name, tokens in (("jieba 词", words), ("字 3 元组", [grams(text, 3) for text in documents])):
        read, kinds = vocabulary_growth((tokens[i] for i in order), at)
        rows.append([name, *map(str, kinds), str(read[-1]), f"{heaps_exponent(read, kinds):.2f}"])
    return table((f"读过的诉求（次序种子 {seed}）", *map(str, at), "总数", "Heaps 指数"), rows)


def agreement(found: Measured) -> str:
    """Compare the first reading with the second, before anything was adjudicated."""
    final = found.corpus.texts.set_index("complaint_id")[["codes", "unit"]]
    folder = corpus_files()[0].parent
    first, second = final.copy(), read_reading(folder / "second_reading.csv").reindex(final.index)
    first.update(read_reading(folder / "first_reading.csv"))
    flags = [given(reading["codes"], found.codes) for reading in (first, second)]
    inside = [np.asarray(own.any(axis=1)) for own in flags]
    scope = Agreement.of(inside[0], inside[1])
    both = inside[0] & inside[1]
    same_unit = (first["unit"] == second["unit"]).to_numpy()[both]
    same_set = (flags[0] == flags[1]).all(axis=1)[both]
    rows = []
    for column, code in enumerate(found.codes):
        own = Agreement.of(flags[0][:, column], flags[1][:, column])
        rows.append((code, found.names[code], own.both, own.only_first, own.only_second, own.f1, own.kappa))
    together = Agreement.of(flags[0][both].ravel(), flags[1][both].ravel())
    figures = [
        ("纳入与否 κ", f"{scope.kappa:.4f}（分歧 {scope.only_first + scope.only_second} 条）"),
        ("都纳入的诉求", int(both.sum())),
        ("小类微 F1", together.f1),
        ("小类宏 F1", float(np.mean([row[5] for row in rows]))),
        ("小类完全相同", f"{same_set.mean():.1%}"),
        ("单位相同", f"{same_unit.mean():.1%}"),
        ("裁定后改动小类的诉求", changed(first, final)),
    ]
    return "\n\n".join(
        [
            "## 两次独立标注",
            table(("项目", "结果"), figures),
            table(("小类", "名称", "都给", "只有一读", "只有二读", "F1", "κ"), rows),
        ]
    )


def given(readings: Iterable[Collection[str]], codes: Sequence[str]) -> Flags:
    """Return which text was given which sub-problem; shape (texts, sub-problems)."""
    return np.array([[code in own for code in codes] for own in readings], dtype=bool)


def changed(first: pd.DataFrame, final: pd.DataFrame) -> int:
    """Return how many texts have other sub-problems now."""
    return sum(set(a) != set(b) for a, b in zip(first["codes"], final["codes"], strict=True))


def read_reading(path: Path) -> pd.DataFrame:
    """Return a reading: index id, codes (tuple), unit."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False).astype(object).set_index("id")
    return table.assign(codes=table["codes"].map(lambda cell: tuple(filter(None, cell.split(";")))))


def doubts(found: Measured, probabilities: HeldOut) -> str:
    """List the labels that cross-validated models contradict."""
    wrong = suspects(found.scope, found.code, probabilities, found.codes)
    names = {SCOPE: "纳入与否", **found.names}
    labelled = {SCOPE: int(found.scope.sum()), **dict(zip(found.codes, found.code.sum(axis=0), strict=True))}
    rows = []
    for label, name in names.items():
        own = wrong[wrong["label"] == label]
        extra = int(own["is_given"].sum())
        rows.append((name, int(labelled[label]), extra, len(own) - extra, f"{extra / labelled[label]:.1%}"))
    listed = [
        (found.ids[w["row"]], names[w["label"]], "给了" if w["is_given"] else "没给", f"{w['probability']:.3f}")
        for w in wrong.head(MOST_SUSPICIOUS).to_dict("records")
    ]
    return "\n\n".join(
        [
            "## 可疑的标注（cleanlab，随附做法的交叉验证概率）",
            f"可疑标注 {len(wrong)} 处，涉及 {wrong['row'].nunique()} 条诉求。",
            table(("标注", "已给", "疑为多给", "疑为漏给", "多给占已给"), rows),
            f"最可疑的 {len(listed)} 处：",
            table(("编号", "标注", "现在", "模型给现有标注的概率"), listed),
        ]
    )


def main() -> None:
    """Print the sections one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    lesson = shipped_lesson()
    found = Measured.of(lesson)
    print(f"# 语料：{len(found.ids)} 条（{lesson.corpus.data_hash[:12]}）")
    print(f"\n{counts(found)}\n\n{coverage(found)}", flush=True)
    print(f"\n{diversity(found, lesson, options.seed)}\n\n{agreement(found)}", flush=True)
    print(f"\n{doubts(found, held_out(lesson))}")


if __name__ == "__main__":
    main()
