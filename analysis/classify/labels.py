"""A site's own labels: checks every row of a labels table, and keeps accepted ones as private JSONL files."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from analysis.classify.atomic import replace_file
from analysis.classify.training_texts import parse_row
from analysis.codebook.scheme import Scheme
from analysis.contracts import UNIT_KINDS
from analysis.errors import SettingsError
from analysis.text import text_digest

REQUIRED = ("complaint_id", "in_scope", "codes", "unit")
"""Columns that a labels table must have; title and text may be left out where the ledger knows the complaint."""

COLUMNS = ("complaint_id", "title", "text", "codes", "unit")
"""Columns of accepted labels; codes is a tuple, empty when out of scope."""

_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700
"""Labels hold what citizens wrote, if masked: readable by their owner alone."""

_CODE = re.compile(r"[a-z_.0-9]{1,40}")
_SEPARATORS = re.compile(r"[;；]")


class LabelFault(NamedTuple):
    """Why a row is refused. `number` is its row in the file."""

    number: int
    complaint_id: str
    column: str
    reason: str


@dataclass(frozen=True)
class SiteLabels:
    """The labels that a model learns from beside the corpus.

    texts: as `distinct` returns them. weight: how many texts of the corpus one of them counts for.
    guessed: texts without a label that a model labelled, with the smaller weight that they have.
    """

    texts: pd.DataFrame
    weight: float
    guessed: "SiteLabels | None" = None

    @property
    def sha256(self) -> str:
        """Digest of texts and labels: the same labels, wherever they came from, have the same."""
        return hashlib.sha256(label_lines(self.texts)).hexdigest()


def distinct(labels: pd.DataFrame) -> pd.DataFrame:
    """Return the first label of each text, in the order of the texts' digests."""
    digest = [text_digest(t, x) for t, x in zip(labels["title"], labels["text"], strict=True)]
    ordered = labels.assign(digest=digest).drop_duplicates("digest").sort_values("digest")
    return ordered[list(COLUMNS)].reset_index(drop=True)


def check_labels(
    table: pd.DataFrame, numbers: list[int], known_texts: pd.DataFrame, known: pd.DataFrame, scheme: Scheme
) -> tuple[pd.DataFrame, list[LabelFault]]:
    """Return the labels of a table (columns of `COLUMNS`) and what is wrong with it, one fault a bad row.

    table: text columns of `REQUIRED` and perhaps title and text, already masked. numbers: rows in the file.
    known_texts: complaint_id, title, text of the complaints whose text need not be given.
    known: labels from elsewhere, columns of `COLUMNS`; a text among them must not get another label.
    """
    texts = _with_texts(table, known_texts)
    rows = texts.to_dict("records")
    own = [_row_fault({str(name): cell for name, cell in row.items()}, scheme) for row in rows]
    # A table that `hotline classify` wrote names a unit for complaints out of scope too: it teaches nothing.
    unit = texts["unit"].where(texts["in_scope"] == "1", "")
    labels = texts.assign(codes=texts["codes"].map(_codes), unit=unit)
    between = {**_contradictions(labels, numbers, known), **_doubled_ids(labels, numbers)}
    faults = [
        LabelFault(number, row["complaint_id"], *fault)
        for index, (number, row) in enumerate(zip(numbers, rows, strict=True))
        if (fault := own[index] or between.get(index)) is not None
    ]
    return labels[list(COLUMNS)], faults


def _with_texts(table: pd.DataFrame, known_texts: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the ledger's title and text where a row brings none of its own."""
    given = table.reindex(columns=[*REQUIRED, "title", "text"]).astype(object).fillna("")
    for column in given:
        given[column] = given[column].str.strip()
    is_bare = (given["title"] + given["text"]) == ""
    known = known_texts.drop_duplicates("complaint_id").set_index("complaint_id").reindex(given["complaint_id"])
    for column in ("title", "text"):
        found = known[column].fillna("").set_axis(given.index)
        given[column] = given[column].mask(is_bare, found)
    return given


def _codes(cell: str) -> tuple[str, ...]:
    """Return the sub-problems of a cell, each once, in alphabetical order."""
    return tuple(sorted({code.strip() for code in _SEPARATORS.split(cell)} - {""}))


def _row_fault(row: Mapping[str, Any], scheme: Scheme) -> tuple[str, str] | None:
    """Return column and reason of the first thing wrong with a row by itself."""
    codes = _codes(row["codes"])
    unknown = [code for code in codes if code not in scheme.sub_problems]
    if not row["complaint_id"]:
        return "complaint_id", "没有编号"
    if row["in_scope"] not in ("0", "1"):
        return "in_scope", "应为 1（纳入）或 0（不纳入）"
    if unknown:
        # What is no code may be a citizen's words that slipped into the wrong column: not repeated here.
        shown = f"“{unknown[0]}”" if _CODE.fullmatch(unknown[0]) else f"（{len(unknown[0])} 个字）"
        return "codes", f"小类{shown}不在代码本里"
    if row["in_scope"] == "1" and not codes:
        return "codes", "纳入的诉求至少要有一个小类"
    if row["in_scope"] == "0" and codes:
        return "codes", "不纳入的诉求不能有小类，in_scope 与 codes 矛盾"
    if row["unit"] not in (UNIT_KINDS if row["in_scope"] == "1" else ("", *UNIT_KINDS)):
        return "unit", f"单位类型应为{'、'.join(UNIT_KINDS)}之一"
    if not (row["title"] + row["text"]).strip():
        return "text", "没有内容，编号也不在台账里，找不到对应的诉求"
    return None


def _doubled_ids(labels: pd.DataFrame, numbers: list[int]) -> dict[int, tuple[str, str]]:
    first: dict[str, int] = {}
    faults = {}
    for index, complaint_id in enumerate(labels["complaint_id"]):
        if complaint_id and first.setdefault(complaint_id, index) != index:
            faults[index] = ("complaint_id", f"编号与第 {numbers[first[complaint_id]]} 行重复")
    return faults


def _contradictions(labels: pd.DataFrame, numbers: list[int], elsewhere: pd.DataFrame) -> dict[int, tuple[str, str]]:
    """Find rows with the text of another row, or of a label from elsewhere, and another label."""
    earlier = {text: label for text, label in _labelled(elsewhere) if text}
    first: dict[str, tuple[int, tuple[Any, ...]]] = {}
    faults = {}
    for index, (text, label) in enumerate(_labelled(labels)):
        if not text:
            continue
        if earlier.get(text, label) != label:
            faults[index] = ("codes", "文字与另一个文件里（或以前采用）的标注相同而标注不同，要改请先移走旧文件")
        known, other = first.setdefault(text, (index, label))
        if other != label:
            faults[index] = ("codes", f"文字与第 {numbers[known]} 行相同而标注不同")
            faults.setdefault(known, ("codes", f"文字与第 {numbers[index]} 行相同而标注不同"))
    return faults


def _labelled(labels: pd.DataFrame) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield each text without white space, with its label."""
    for title, text, codes, unit in labels[["title", "text", "codes", "unit"]].itertuples(index=False):
        yield "".join(f"{title}{text}".split()), (codes, unit)


def label_lines(labels: pd.DataFrame) -> bytes:
    """Return labels as JSON lines, in the order given."""
    rows = labels[list(COLUMNS)].rename(columns={"complaint_id": "id"}).to_dict("records")
    return "".join(json.dumps(row | {"codes": list(row["codes"])}, ensure_ascii=False) + "\n" for row in rows).encode()


def keep_labels(directory: Path, labels: pd.DataFrame) -> Path:
    """Write labels to `<digest>.jsonl`, which its owner alone can read; the same labels give the same file."""
    content = label_lines(distinct(labels))
    path = label_file(directory, hashlib.sha256(content).hexdigest())
    directory.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
    replace_file(path, content, _PRIVATE_FILE)
    return path


def label_file(directory: Path, sha256: str) -> Path:
    """Return where labels with this digest are kept."""
    return directory / f"{sha256[:16]}.jsonl"


def kept_labels(directory: Path, scheme: Scheme) -> pd.DataFrame:
    """Return all labels kept in a directory (columns of `COLUMNS`); none where there is no directory.

    Raises:
        SettingsError: see `read_label_file`.
    """
    parts = [read_label_file(path, scheme) for path in sorted(directory.glob("*.jsonl"))]
    return distinct(pd.concat(parts)) if parts else no_labels()


def no_labels() -> pd.DataFrame:
    """Return a table of labels without rows."""
    return pd.DataFrame(columns=list(COLUMNS), dtype=object)


def read_label_file(path: Path, scheme: Scheme) -> pd.DataFrame:
    """Return the labels of one kept file.

    Raises:
        SettingsError: a line is damaged, or its sub-problems are no longer in the codebook.
    """
    rows = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        row, problem = parse_row(line, scheme)
        if problem:
            raise SettingsError(f"标注 {path}:{number} 有误：{problem}。请改正这一行，或移走这个文件后重新导入。")
        rows.append((row["id"], row["title"], row["text"], tuple(row["codes"]), row["unit"]))
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
