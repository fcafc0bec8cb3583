"""Pairs of invented complaints that are, or are not, of the same matter, and figures on them."""

import itertools
import json
import random
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer

from analysis.ledger.grams import gram_table, pair_codes
from analysis.text import code_points

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parent / "analysis" / "classify" / "corpus"
_SENTENCE = re.compile(r"(?<=[。！？；!?])")
_NAME = re.compile(
    "(?=([\u4e00-\u9fff]{2})(?:小区|大道|路|街道|社区|花园|苑|小学|中学|镇|村|公司|驾校|名邸|大桥|收费站|检测站|派出所|市场|路口"
    "|广场|医院|嘉园|佳苑|停车场|中队))"
)
_NO_NAME = set("的这那条个一在我们小区道公马铁线网主支本该此各某全从到往和与是有东西南北门口前后边上下旁")
_NAME_WEIGHT = 5.5


@dataclass(frozen=True)
class Pairs:
    """Complaints, and pairs of their rows with the truth.

    families: number of the family of the first of each pair. is_foreign: of two families, drawn at random.
    """

    titles: list[str]
    texts: list[str]
    ones: npt.NDArray[np.int64]
    others: npt.NDArray[np.int64]
    same: npt.NDArray[np.bool_]
    families: npt.NDArray[np.int64]
    is_foreign: npt.NDArray[np.bool_]


def invented_posts() -> pd.DataFrame:
    """Return family, matter, title, text and kind of the posts of `matters_posts.toml`.

    kind: base as written; edit copied with another beginning and end; swap with the names of another place.
    """
    rows = []
    content = tomllib.loads((HERE / "matters_posts.toml").read_text(encoding="utf-8"))
    for number, family in enumerate(content["family"]):
        for matter, title, text in family["posts"]:
            rows.append((number, matter, title, text, "base"))
            if matter == "a":
                rows.append((number, matter, title, f"再次反映：{_turned(text)}请尽快处理。", "edit"))
            if family["swaps"]:
                rows.append((number, f"s{matter}", *_swapped(title, text, family["swaps"]), "swap"))
    return pd.DataFrame(rows, columns=["family", "matter", "title", "text", "kind"])


def _turned(text: str) -> str:
    parts = _SENTENCE.split(text)
    return "".join(parts[1:] + parts[:1] if len(parts) > 3 else parts)


def _swapped(title: str, text: str, swaps: list[list[str]]) -> tuple[str, str]:
    for old, new in swaps:
        title, text = title.replace(old, new), text.replace(old, new)
    return title, text


def invented_pairs(foreign: int = 3000, seed: int = 1) -> Pairs:
    """Return all pairs within families, but those of two swapped posts, and random pairs across families."""
    posts, rng, rows = invented_posts(), random.Random(seed), []
    for family, group in posts.groupby("family"):
        for one, other in itertools.combinations(group.index, 2):
            if {posts["kind"][one], posts["kind"][other]} != {"swap"}:
                rows.append((one, other, posts["matter"][one] == posts["matter"][other], family, False))
    own = posts.index[posts["kind"] != "swap"].tolist()
    for _ in range(foreign):
        one, other = rng.sample(own, 2)
        if posts["family"][one] != posts["family"][other]:
            rows.append((one, other, False, posts["family"][one], True))
    return _pairs(posts["title"].tolist(), posts["text"].tolist(), rows)


def corpus_pairs(count: int = 1100, seed: int = 7) -> Pairs:
    """Return pairs of corpus complaints: with an edited copy, with one that names other places, with a likely one."""
    posts = pd.DataFrame(
        [
            (path.stem, row["title"], row["text"])
            for path in sorted(CORPUS.glob("*.jsonl"))
            for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
            if len(row["text"]) >= 40
        ],
        columns=["file", "title", "text"],
    )
    return _Maker(posts, random.Random(seed)).make(posts.sample(count, random_state=seed).index.tolist())


class _Maker:
    def __init__(self, posts: pd.DataFrame, rng: random.Random) -> None:
        self._posts, self._rng = posts, rng
        self._titles: list[str] = []
        self._texts: list[str] = []
        self._rows: list[tuple[int, int, bool, int, bool]] = []

    def make(self, chosen: list[int]) -> Pairs:
        names = {row: self._names(row) for row in chosen}
        pool = sorted(name for found in names.values() for name in found)
        for row in chosen:
            title, text = self._posts["title"][row], self._posts["text"][row]
            self._add_copy(row, title, text)
            if names[row] and 2 * sum(n in title for n in names[row]) + sum(map((title + text).count, names[row])) >= 2:
                self._add_swapped(row, title, text, names[row], pool)
        for row, other in self._likely(chosen[:600]):
            shared = self._mixed([], [0, 0, 1, 2, 3])
            titles = [self._statement(row)[0], self._statement(other)[0]]
            if pool and self._rng.random() < 0.3:
                titles = [f"{titles[0]}（{self._rng.choice(pool)}路）" for _ in titles]
            ones, others = (
                self._add(title, "".join([*_sentences(self._statement(of)[1]), *shared]))
                for title, of in zip(titles, (row, other), strict=True)
            )
            self._pair(row, ones, others, is_same=False)
        return _pairs(self._titles, self._texts, self._rows)

    def _statement(self, row: int) -> tuple[str, str]:
        return self._posts["title"][row], self._posts["text"][row]

    def _add(self, title: str, text: str) -> int:
        self._titles.append(title)
        self._texts.append(text)
        return len(self._texts) - 1

    def _pair(self, family: int, one: int, other: int, *, is_same: bool) -> None:
        self._rows.append((one, other, is_same, family, False))

    def _add_copy(self, row: int, title: str, text: str) -> None:
        first = self._mixed(_sentences(text), [1, 2, 4, 6]) if self._rng.random() < 0.5 else _sentences(text)
        one = self._add(title, "".join(first))
        self._pair(row, one, self._add(*self._edited(title, text, self._rng.choice([0, 1, 1, 2]))), is_same=True)

    def _add_swapped(self, row: int, title: str, text: str, names: list[str], pool: list[str]) -> None:
        one = self._add(title, text)
        swaps = [[name, self._rng.choice(pool)] for name in names]
        title, text = _swapped(title, text, swaps)
        if self._rng.random() < 0.5:
            title, text = self._other_areas(title, text)
        self._pair(row, one, self._add(title, text), is_same=False)
        if self._rng.random() < 0.6:
            self._pair(row, one, self._add(*self._edited(title, text, self._rng.choice([0, 1]))), is_same=False)

    def _other_areas(self, title: str, text: str) -> tuple[str, str]:
        known: dict[str, str] = {}

        def other(match: re.Match[str]) -> str:
            return known.setdefault(match[0], self._rng.choice("ABCDEFGHKLM") + str(self._rng.randrange(1, 10)))

        return re.sub(r"[A-Z]\d", other, title), re.sub(r"[A-Z]\d", other, text)

    def _names(self, row: int) -> list[str]:
        found = []
        for match in _NAME.finditer("\n".join(self._statement(row))):
            weight = gram_table().weigh(pair_codes(code_points(match[1]).astype(np.uint64)))[0]
            if not set(match[1]) & _NO_NAME and weight >= _NAME_WEIGHT:
                found.append(match[1])
        return list(dict.fromkeys(found))

    def _mixed(self, sentences: list[str], counts: list[int]) -> list[str]:
        sentences = list(sentences)
        for _ in range(self._rng.choice(counts)):
            foreign = self._rng.choice(_sentences(self._posts["text"][self._rng.randrange(len(self._posts))]))
            sentences.insert(self._rng.randrange(len(sentences) + 1), foreign)
        return sentences

    def _edited(self, title: str, text: str, level: int) -> tuple[str, str]:
        sentences = _sentences(text)
        if level >= 1 and len(sentences) > 2:
            keep = max(1, round(len(sentences) * self._rng.choice([0.3, 0.5, 0.7, 0.9])))
            sentences = [sentences[i] for i in sorted(self._rng.sample(range(len(sentences)), keep))]
        if level == 2:
            self._rng.shuffle(sentences)
        body = "".join(self._mixed(sentences, [0, 0, 1, 1, 2, 4, 6]))
        for _ in range(len(body) // 60 if self._rng.random() < 0.7 else 0):
            place = self._rng.randrange(len(body))
            body = body[:place] + self._rng.choice(["", "的", "了", body[place]]) + body[place + 1 :]
        opening = self._rng.choice(["", "", "您好！", "尊敬的领导：", "再次反映：", "来电人反映："])
        ending = self._rng.choice(["", "", "望解决。", "恳请领导重视，尽快处理，谢谢！"])
        return self._other_title(title, text), opening + body + ending

    def _other_title(self, title: str, text: str) -> str:
        choices: list[tuple[float, Callable[[], str]]] = [
            (0.3, lambda: title),
            (0.45, lambda: ""),
            (0.7, lambda: self._rng.choice(_sentences(text))[:20]),
            (0.9, lambda: self._rng.choice(["再次反映", "关于", "投诉", "请问", "强烈要求解决"]) + title),
            (1.0, lambda: _sentences(text)[0][:18]),
        ]
        lot = self._rng.random()
        return next(make for bound, make in choices if lot < bound)()

    def _likely(self, chosen: list[int]) -> list[tuple[int, int]]:
        """Return pairs of complaints of two files that are worded somewhat alike; they are of other places."""
        vectors = cosine_vectors(self._posts["title"] + "\n" + self._posts["text"])
        files = self._posts["file"].to_numpy()
        out = []
        for row in chosen:
            similar = np.asarray((vectors[row] @ vectors.T).todense()).ravel()
            similar[files == files[row]] = 0
            near = [int(o) for o in np.argsort(-similar, kind="stable")[:60] if 0.05 < similar[o] < 0.3][:40]
            out += [(row, other) for other in self._rng.sample(near, min(5, len(near)))]
        return out


def _sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE.split(text) if part]


def _pairs(titles: list[str], texts: list[str], rows: list[tuple[int, int, bool, int, bool]]) -> Pairs:
    ones, others, same, families, foreign = (np.array(column) for column in zip(*rows, strict=True))
    return Pairs(titles, texts, ones, others, same, families, foreign)


def cosine_vectors(statements: "pd.Series[str]") -> npt.NDArray[np.float64]:
    """Return character TF-IDF vectors: what an analyst would compare."""
    return TfidfVectorizer(analyzer="char", ngram_range=(2, 3), sublinear_tf=True).fit_transform(statements)


def best_figures(scores: npt.NDArray[np.float64], same: npt.NDArray[np.bool_], precision: float = 0.95) -> str:
    """Return F1 at its best threshold, that threshold, and the recall at a precision, as words."""
    order = np.argsort(-scores, kind="stable")
    true = np.cumsum(same[order])
    found = np.arange(1, len(same) + 1)
    precisions, recalls = true / found, true / same.sum()
    f1 = 2 * precisions * recalls / np.maximum(precisions + recalls, 1e-9)
    best = int(f1.argmax())
    recall = recalls[precisions >= precision].max(initial=0.0)
    return f"F1 {f1[best]:.3f} at {scores[order][best]:.2f}; recall {recall:.3f} at precision {precision}"
