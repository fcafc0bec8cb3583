"""Reads the training corpus and checks every line of it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from analysis.classify.arrays import Flags, Floats
from analysis.codebook.scheme import Scheme
from analysis.contracts import UNIT_KINDS
from analysis.errors import SettingsError

_FIELDS = {"id", "title", "text", "codes", "unit"}
_OPTIONAL = {"evidence", "voice"}


@dataclass(frozen=True)
class Corpus:
    """Labelled complaints for training.

    texts: one row a complaint, columns complaint_id, title, text, codes (tuple), unit (coarse kind or empty);
        where texts of a site were added, also weight (how much the row counts in fitting), is_site and is_guess.
    file_digests: name and SHA-256 of each file of the repository it came from; labels of a site have none.
    """

    texts: pd.DataFrame
    file_digests: tuple[tuple[str, str], ...]

    @property
    def data_hash(self) -> str:
        """One digest of all files; see `files_digest`."""
        return _joint_digest(self.file_digests)

    @property
    def documents(self) -> list[str]:
        """Each complaint as «title + newline + text»."""
        return [f"{t}\n{x}" for t, x in zip(self.texts["title"], self.texts["text"], strict=True)]

    @property
    def in_scope(self) -> Flags:
        """Which complaints have any sub-problem."""
        return np.array([bool(codes) for codes in self.texts["codes"]], dtype=bool)

    @property
    def weights(self) -> Floats:
        """How much each complaint counts in fitting; 1 for a text of the repository."""
        if "weight" not in self.texts:
            return np.ones(len(self.texts))
        return self.texts["weight"].to_numpy(dtype=np.float64)

    @property
    def is_site(self) -> Flags:
        """Which complaints are a site's: they change weights, but no word of theirs is learned."""
        return self._flags("is_site")

    @property
    def is_guess(self) -> Flags:
        """Which complaints of a site were labelled by a model: nothing is measured or calibrated by them."""
        return self._flags("is_guess")

    def _flags(self, name: str) -> Flags:
        return self.texts[name].to_numpy(dtype=bool) if name in self.texts else np.zeros(len(self.texts), dtype=bool)

    def with_site(self, labels: pd.DataFrame, weight: float, *, is_guess: bool = False) -> Self:
        """Return this corpus with texts of a site behind it; `labels` has the first five columns of `texts`."""
        own = self.texts.assign(weight=self.weights, is_site=self.is_site, is_guess=self.is_guess)
        added = labels[list(self.texts.columns[:5])].assign(weight=weight, is_site=True, is_guess=is_guess)
        return type(self)(pd.concat([own, added], ignore_index=True), self.file_digests)

    def weighing(self, weights: Floats) -> Self:
        """Return this corpus with other weights."""
        return type(self)(self.texts.assign(weight=weights), self.file_digests)

    def taken(self, rows: Flags) -> Self:
        """Return the corpus with the chosen complaints only."""
        return type(self)(self.texts[rows].reset_index(drop=True), self.file_digests)

    def has_code(self, codes: Iterable[str]) -> Flags:
        """Return for each complaint and code whether the first has the second; shape (complaints, codes)."""
        wanted = list(codes)
        return np.array([[code in own for code in wanted] for own in self.texts["codes"]], dtype=bool)


def corpus_files() -> list[Path]:
    """Return the corpus files of the repository, in order of name."""
    directory = Path(str(files("analysis.classify").joinpath("corpus")))
    return sorted(directory.glob("*.jsonl"))


def files_digest(paths: Iterable[Path]) -> str:
    """Return the digest of a corpus by its files alone, unread: it tells whether anything changed."""
    return _joint_digest((path.name, _digest(path.read_bytes())) for path in sorted(paths, key=lambda p: p.name))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _joint_digest(file_digests: Iterable[tuple[str, str]]) -> str:
    return _digest("\n".join(f"{name} {digest}" for name, digest in file_digests).encode())


def read_corpus(paths: Iterable[Path], scheme: Scheme) -> Corpus:
    """Read corpus files.

    Raises:
        SettingsError: a line is not a JSON object with the expected fields, has an unknown code or unit, an
            evidence quote that is not in its text, or an id that occurred before; the message names file and line.
    """
    rows: list[dict[str, Any]] = []
    digests: list[tuple[str, str]] = []
    seen: set[str] = set()
    for path in sorted(paths, key=lambda p: p.name):
        content = path.read_bytes()
        digests.append((path.name, _digest(content)))
        for number, line in enumerate(content.split(b"\n"), start=1):
            if line.strip():
                row, problem = parse_row(line, scheme)
                if not problem and row["id"] in seen:
                    problem = f"编号 {row['id']} 与前面重复"
                if problem:
                    raise SettingsError(f"训练语料 {path.name}:{number} 有误：{problem}，请改正。")
                seen.add(row["id"])
                rows.append(row)
    if not rows:
        raise SettingsError("训练语料为空：analysis/classify/corpus/ 下没有任何 .jsonl 诉求，请补上。")
    texts = pd.DataFrame(
        {
            "complaint_id": [r["id"] for r in rows],
            "title": [r["title"] for r in rows],
            "text": [r["text"] for r in rows],
            "codes": [tuple(r["codes"]) for r in rows],
            "unit": [r["unit"] for r in rows],
        }
    )
    return Corpus(texts, tuple(digests))


def parse_row(line: bytes, scheme: Scheme) -> tuple[dict[str, Any], str]:
    """Return one labelled complaint (id, title, text, codes, unit) and what is wrong with it (empty, if nothing)."""
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}, "不是合格的 JSON"
    if not isinstance(row, dict):
        return {}, "应为 JSON 对象"
    return row, _wrong_fields(row) or _wrong_labels(row, scheme)


def _wrong_fields(row: dict[str, Any]) -> str:
    missing, unknown = _FIELDS - set(row), set(row) - _FIELDS - _OPTIONAL
    if missing:
        return f"缺少字段 {sorted(missing)[0]}"
    if unknown:
        return f"多出字段 {sorted(unknown)[0]}"
    if not all(isinstance(row[name], str) for name in ("id", "title", "text", "unit")):
        return "id、title、text、unit 应为文字"
    if not isinstance(row["codes"], list) or not isinstance(row.get("evidence", []), list):
        return "codes、evidence 应为列表"
    return "" if row["id"] and (row["title"] + row["text"]).strip() else "编号或内容为空"


def _wrong_labels(row: dict[str, Any], scheme: Scheme) -> str:
    unknown = [code for code in row["codes"] if code not in scheme.sub_problems]
    if unknown:
        return f"未知的小类 {unknown[0]}（scheme.toml 里没有；用过的小类不能删除）"
    if len(set(row["codes"])) != len(row["codes"]):
        return "小类重复"
    if row["unit"] not in (UNIT_KINDS if row["codes"] else ("",)):
        return f"单位类型“{row['unit']}”不在规定的范围内（不纳入的应为空）"
    document = f"{row['title']}\n{row['text']}"
    for item in row.get("evidence", []):
        if not isinstance(item, dict) or item.get("code") not in row["codes"]:
            return "证据的小类不在 codes 里"
        if not isinstance(item.get("quote"), str) or not item["quote"] or item["quote"] not in document:
            return f"{item['code']} 的证据不是原文的一段"
    return ""
