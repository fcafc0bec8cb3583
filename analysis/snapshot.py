"""The analysts' handle on the published snapshot, for notebooks: tables, meanings, free queries, full-text search."""

from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Literal, Self

import pandas as pd

from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.config import load_settings
from analysis.contracts import FOUND_COMPLAINTS, SIMILAR_COMPLAINTS, TABLES, ColumnType, Table
from analysis.dictionary import TYPE_NAMES, full_meaning
from analysis.errors import UsageError
from analysis.ledger.store import Reader
from analysis.pipeline.night import now
from analysis.pipeline.searching import ComplaintSearch, Day
from analysis.pipeline.showing import read_ledger
from analysis.site import find_snapshot

Labels = Literal["zh"] | None
"""Chinese headings and values, or the names that queries use."""

_PUBLISHED = {table.name: table for table in TABLES if table.is_published}
_DESCRIBED = _PUBLISHED | {table.name: table for table in (FOUND_COMPLAINTS, SIMILAR_COMPLAINTS)}
_Identity = tuple[int, int, int]


def open_snapshot(path: str | Path | None = None) -> "Snapshot":
    """Open the newest published snapshot for reading; the night may go on writing.

    Args:
        path: a snapshot, the folder it lies in, or the folder of a site; the site of this installation if not given.

    Raises:
        UsageError: nothing was published there yet, it was published by an older program, or may not be read.
        IntegrityError: it is damaged.
        SettingsError: the site's settings are wrong.
    """
    try:
        return Snapshot(None if path is None else Path(path))
    except PermissionError as error:
        raise UsageError(f"没有权限读 {error.filename}。请向管理员要读快照和所在目录的权限。") from error


class Snapshot:
    """One published snapshot, as it was when it was opened: `open_snapshot` makes it.

    It can only be read, and a query reaches neither other files nor the network. It stays as it is when the night
    publishes the next one; `is_outdated` then says so, and `refresh` changes over. Use it in one thread.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path, self.site = find_snapshot(path)
        self._settings = load_settings(self.site.settings)
        self._open()

    def _open(self) -> None:
        reader, identity = _opened(self.path)
        try:
            if missing := reader.missing_columns():
                raise UsageError(
                    f"快照 {self.path} 是旧版程序发布的，缺少 {missing[0]} 等 {len(missing)} 列。请先执行 hotline run。"
                )
            last_run = reader.query("last_run")
            self._counts = reader.query("snapshot_counts").iloc[0].astype(int).to_dict()
        except BaseException:
            reader.close()
            raise
        self._reader, self._identity, self._is_closed = reader, identity, False
        self._search = ComplaintSearch(reader, self.site, self._settings)
        self._run = None if last_run.empty else last_run.iloc[0]

    @property
    def run_id(self) -> str | None:
        """The run that published the snapshot; None if there was none."""
        return None if self._run is None else str(self._run["run_id"])

    @property
    def published_at(self) -> datetime | None:
        """When that run ended, in local time."""
        at = None if self._run is None else self._run["finished_at"]
        return None if pd.isna(at) else pd.Timestamp(at).to_pydatetime()

    @property
    def age(self) -> timedelta | None:
        """How long ago that was."""
        return None if self.published_at is None else now(self._settings) - self.published_at

    @property
    def is_outdated(self) -> bool:
        """Whether another snapshot was published in its place; look at it with `refresh`."""
        try:
            return _identity(self.path) != self._identity
        except FileNotFoundError:
            return False

    def refresh(self) -> Self:
        """Change over to the newest snapshot, if there is a newer one, and return this handle."""
        if self._is_closed:
            self._open()
        elif self.is_outdated:
            former = self._reader
            self._open()
            former.close()
        return self

    @property
    def tables(self) -> list[str]:
        """Names of the published tables."""
        return list(_PUBLISHED)

    def table(self, name: str, labels: Labels = None) -> pd.DataFrame:
        """Return all rows of a published table, in the order of its key.

        Args:
            name: the table, one of `tables`.
            labels: `"zh"` for Chinese headings and values instead of names and codes.

        Raises:
            UsageError: there is no such table.
        """
        if name not in _PUBLISHED:
            raise UsageError(f"快照里没有表“{name}”。有的是：{'、'.join(_PUBLISHED)}。")
        return _labelled(self._reading.table(_PUBLISHED[name]), _PUBLISHED[name], labels)

    def ledger(self) -> pd.DataFrame:
        """Return the problems as people read them on the day of the run, the most complained of first.

        Returns:
            the columns of `build_ledger`: those of the table `problems`, names of unit and category, counts, time left.

        Raises:
            UsageError: nothing was run yet.
        """
        if self._run is None:
            raise UsageError("快照里没有运行记录。请先执行 hotline run。")
        scheme, units = load_scheme(self.site.codebook), load_units(self.site.codebook)
        return read_ledger(self._reading, self.site, scheme, units, pd.Timestamp(self._run["as_of_date"]).date())

    def describe(self, name: str | None = None) -> pd.DataFrame:
        """Return what the columns of the published tables and of search results mean, or of one of them.

        Returns:
            table, column, heading (as with `labels="zh"`), type, is_nullable, meaning (with that of each code).

        Raises:
            UsageError: there is no such table.
        """
        if name is not None and name not in _DESCRIBED:
            raise UsageError(f"没有表“{name}”。有的是：{'、'.join(_DESCRIBED)}。")
        rows = [
            (t.name, c.name, c.heading, TYPE_NAMES[c.type], c.is_nullable, full_meaning(c))
            for t in _DESCRIBED.values()
            if name in (None, t.name)
            for c in t.columns
        ]
        return pd.DataFrame(rows, columns=["table", "column", "heading", "type", "is_nullable", "meaning"])

    def sql(self, statement: str, **params: object) -> pd.DataFrame:
        """Return what a SELECT finds.

        Args:
            statement: one SELECT on the published tables, `$name` where a value goes.
            params: the values by name.

        Raises:
            UsageError: it is something else, or has a fault.
        """
        return self._reading.select(statement, params)

    def search(
        self,
        question: str,
        limit: int = 20,
        *,
        since: Day | None = None,
        until: Day | None = None,
        unit: str | None = None,
        code: str | None = None,
        channel: str | None = None,
        labels: Labels = None,
    ) -> pd.DataFrame:
        """Return the masked complaints that match words best (BM25), then the newest; `found_complaints` in `describe`.

        The question is cut into words as complaints are. A complaint need not hold all of them; one that does ranks
        higher, and so does one that holds a piece of the question, between its spaces, letter for letter.

        Args:
            question: words, with spaces between them, or a sentence.
            limit: at most so many.
            since: received on this day or later.
            until: received on this day or earlier.
            unit: a unit by its id or one of its names, or a kind of unit such as 交警.
            code: a sub-problem or category by its code or name.
            channel: as the source gave it; where it gave none, the source by its code or name.
            labels: `"zh"` for Chinese headings and values.

        Raises:
            UsageError: no word was asked for, or a filter names what is not there.
        """
        self._require_open()
        filters = {"since": since, "until": until}
        found = self._search.find(question, limit, **filters, unit=unit, code=code, channel=channel)
        return _labelled(found, FOUND_COMPLAINTS, labels)

    def similar(self, complaint_id: str, limit: int = 10, *, labels: Labels = None) -> pd.DataFrame:
        """Return the complaints whose words are most like those of one; `similar_complaints` in `describe`.

        Args:
            complaint_id: the one; it is not among the results.
            limit: at most so many.
            labels: `"zh"` for Chinese headings and values.

        Raises:
            UsageError: there is no such complaint.
        """
        self._require_open()
        return _labelled(self._search.similar(complaint_id, limit), SIMILAR_COMPLAINTS, labels)

    def close(self) -> None:
        """Close the snapshot; what was read from it stays."""
        self._is_closed = True
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _reading(self) -> Reader:
        self._require_open()
        return self._reader

    def _require_open(self) -> None:
        if self._is_closed:
            raise UsageError("这个快照已经关闭。请用 refresh() 或 open_snapshot() 再打开。")

    def _facts(self) -> dict[str, str]:
        at, age = self.published_at, self.age
        told = "没有记录" if at is None or age is None else f"{at:%Y-%m-%d %H:%M}（{_said(age)}）"
        facts = {"运行": self.run_id or "没有记录", "发布": told}
        facts["内容"] = f"{self._counts['complaint_count']} 件诉求，{self._counts['problem_count']} 个问题"
        facts["文件"] = str(self.path)
        if self._is_closed:
            facts["状态"] = "已关闭"
        elif self.is_outdated:
            facts["状态"] = "已有更新的快照，refresh() 换上"
        return facts

    def __repr__(self) -> str:
        return f"<快照　{'　'.join(f'{name} {words}' for name, words in self._facts().items())}>"

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{name}</th><td>{escape(words)}</td></tr>" for name, words in self._facts().items())
        return f"<table><caption>快照</caption>{rows}</table>"


def _identity(path: Path) -> _Identity:
    """Return what tells a file from one that is put in its place."""
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_mtime_ns


def _opened(path: Path) -> tuple[Reader, _Identity]:
    """Open the file and say which it is: a night may put another in its place in the midst of it."""
    while True:
        before = _identity(path) if path.is_file() else None
        reader = Reader.open_apart(path)
        if before == _identity(path):
            return reader, before
        reader.close()


def _said(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    if minutes < 1:
        return "刚刚"
    for count, unit in ((minutes // 1440, "天"), (minutes // 60, "小时")):
        if count:
            return f"{count} {unit}前"
    return f"{minutes} 分钟前"


def _labelled(frame: pd.DataFrame, table: Table, labels: Labels) -> pd.DataFrame:
    """Return a table with days as times, and on request with Chinese headings and values."""
    if labels not in (None, "zh"):
        raise UsageError(f'labels 只能是 "zh" 或 None，不能是 {labels!r}。')
    days = {c.name: pd.to_datetime(frame[c.name]) for c in table.columns if c.type is ColumnType.DATE}
    frame = frame.assign(**days)
    if labels is None:
        return frame
    words = {c.name: frame[c.name].map(c.values).astype(object) for c in table.columns if c.values}
    frame = frame.assign(**{name: values.where(values.notna(), None) for name, values in words.items()})
    return frame.rename(columns={c.name: c.heading for c in table.columns})
