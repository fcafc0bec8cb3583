"""Small sites cut at random from the shipped sample: some rows of two tables, later versions of a few, a whole file."""

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path
from random import Random

from tests.command import ROOT

_SAMPLE = ROOT / "data" / "raw"
_TABLES = {
    "tickets/2022年/12345工单导出_2022年二季度.csv": ("gb18030", ","),
    "tickets/2023年/12345工单_2023年一季度.csv": ("utf-8-sig", ","),
    "tickets/12328/12328工单.tsv": ("utf-16", "\t"),
}
_WHOLE = (
    "posts/湘问投诉直通车.jsonl",
    "posts/红网问政湖南_2023.csv",
    "tickets/征集/公开征集举报_2023.json",
    "posts/百姓呼声.xlsx",
)
_TEXT, _FEWEST, _MOST, _AGAIN = 6, 12, 30, 4


def cut_site(raw: Path, rng: Random) -> None:
    """Fill a folder with raw files: a table, another one with some rows of it exported again later, a whole file."""
    one, other = rng.sample(list(_TABLES), 2)
    whole = rng.choice(_WHOLE)
    (raw / "posts").mkdir(parents=True)
    for name in (one, other, whole):
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(_SAMPLE / whole, raw / whole)
    for name in (one, other):
        _write(raw / name, _rows(name, rng))
    head, *rows = _read(raw / one)
    again = [[*row[:_TEXT], f"{row[_TEXT]}又及，至今没有人来。", *row[_TEXT + 1 :]] for row in rows[:_AGAIN]]
    later = raw / one.replace("12345", "12345再次", 1).replace("12328工单", "12328工单再次")
    _write(later, [head, *again, *rows[_AGAIN : 2 * _AGAIN]], like=one)


def _rows(name: str, rng: Random) -> list[list[str]]:
    head, *rows = _read(_SAMPLE / name)
    chosen = rng.sample(range(len(rows)), min(len(rows), rng.randint(_FEWEST, _MOST)))
    return [head, *(rows[n] for n in sorted(chosen))]


def _read(path: Path) -> list[list[str]]:
    encoding, delimiter = _TABLES[_name(path)]
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def _write(path: Path, rows: Sequence[Sequence[str]], like: str | None = None) -> None:
    encoding, delimiter = _TABLES[like or _name(path)]
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)


def _name(path: Path) -> str:
    return next(name for name in _TABLES if path.as_posix().endswith(name))
