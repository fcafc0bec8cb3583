"""Where summaries take their tables from: a mapping by name, or a handle of a snapshot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import pandas as pd

from analysis.contracts import RUNS, TABLES
from analysis.errors import UsageError


class TableHandle(Protocol):
    """What gives tables of the contract by their name."""

    def table(self, name: str) -> pd.DataFrame:
        """Return the table of that name, all its declared columns."""
        ...


TableSource = TableHandle | Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Origin:
    """Which run the tables are of, and the day that it counted to."""

    run_id: str
    as_of: date


def read_tables(source: TableSource, names: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Return the named tables of a source.

    Raises:
        UsageError: a mapping lacks one of them.
    """
    if not isinstance(source, Mapping):
        return {name: source.table(name) for name in names}
    headings = {t.name: t.heading for t in TABLES}
    missing = [f"“{headings[name]}”（{name}）" for name in names if name not in source]
    if missing:
        raise UsageError(f"缺少数据表 {'、'.join(missing)}。请给出快照里的全部数据表。")
    return {name: source[name] for name in names}


def origin(source: TableSource) -> Origin:
    """Return the newest run of a source.

    Raises:
        UsageError: nothing has run yet.
    """
    runs = read_tables(source, [RUNS.name])[RUNS.name]
    if runs.empty:
        raise UsageError("还没有运行过，没有可以画的。请先执行 hotline run。")
    last = runs.iloc[int(runs["sequence"].to_numpy(dtype=int).argmax())]
    return Origin(str(last["run_id"]), pd.Timestamp(last["as_of_date"]).date())
