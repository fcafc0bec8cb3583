"""One snapshot as a notebook shows it: what there is, figures, lists of problems, search; whole or narrowed."""

from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis.codebook.names import codes_named, units_named
from analysis.contracts import (
    CLOSED_STATUSES,
    COMPLAINTS,
    DECISIONS,
    FINISHED_STATUSES,
    GATE_DECISIONS,
    LOOK_BACK_RESULTS,
    LOOK_BACK_SAMPLES,
    PROBLEM_STATUSES,
    PROBLEMS,
    QUARANTINE,
)
from analysis.errors import UsageError
from analysis.exchange.ledger_view import REACH, as_text
from analysis.exchange.style import Tone
from analysis.figures import BY_ID, NEEDED_TABLES, source_line
from analysis.ledger.look_back import look_back_figures
from analysis.notebook.listing import Listing
from analysis.notebook.narrow import narrowed, problems_in
from analysis.notebook.picture import Picture, picture_of
from analysis.snapshot import Snapshot
from analysis.summary.context import Context, load_context
from analysis.summary.reach import MERGED

_PROBLEM_COLUMNS = {
    "problem_id": "问题编号",
    "unit_short_name": "责任单位",
    "category_name": "类别",
    "shown": "具体问题",
    "reach": "件/人/项",
    "status_label": "状态",
    "time_words": "时限",
}
_CLOSED_COLUMNS = {
    "problem_id": "问题编号",
    "unit_short_name": "责任单位",
    "shown": "具体问题",
    "status_label": "状态",
    "closed_on": "销号日期",
    "relapse_count": "反弹次数",
    "look_back_label": "回头看",
    "looked_back_on": "看的日期",
}
_FOUND_COLUMNS = ["诉求编号", "受理时间", "标题", "摘句", "判断", "单位"]
_SIMILAR_COLUMNS = ["诉求编号", "同一事项", *_FOUND_COLUMNS[1:]]
_LOOK_BACK_COLUMNS = {
    "sample_id": "抽样编号",
    "drawn_on": "抽样日期",
    "population_count": "已销号（个）",
    "sample_count": "抽中（个）",
    "looked_at_count": "已看（个）",
    "failed_count": "没有守住（个）",
    "failing_at_most_count": "全部里至多（个）",
    "confidence": "置信度",
}


def open_book(site: str | Path | None = None, smallest: int = 0) -> "Book":
    """Open the newest snapshot of a site for a notebook.

    Args:
        site: as in `open_snapshot`.
        smallest: counts from 1 to below this are not shown; 0 shows all.

    Raises:
        UsageError, IntegrityError, SettingsError: see `open_snapshot`.
    """
    return Book(_Whole(Snapshot(None if site is None else Path(site)), smallest))


class _Whole:
    """All that a snapshot holds, each part read when it is first needed, once for a book and those narrowed from it."""

    def __init__(self, snapshot: Snapshot, smallest: int) -> None:
        self.snapshot = snapshot
        self.smallest = smallest

    @cached_property
    def context(self) -> Context:
        site = self.snapshot.site
        return load_context(site.codebook, site.settings, self.smallest)

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        return {name: self.snapshot.table(name) for name in NEEDED_TABLES}

    @cached_property
    def problems(self) -> pd.DataFrame:
        """The problems that stand by themselves: columns of `build_ledger`, `shown` and `look_back_label`."""
        ledger = self.snapshot.ledger()
        statements = [
            as_text(said) or name for said, name in zip(ledger["statement"], ledger["sub_problem_name"], strict=True)
        ]
        looked_back = ledger["look_back"].map(LOOK_BACK_RESULTS)
        return ledger.assign(shown=statements, look_back_label=looked_back)[ledger["status"] != MERGED]


class Book:
    """What a notebook shows of one snapshot; `open_book` makes it.

    Attributes:
        snapshot: the handle, for tables, queries and searches of one's own.
        scope: what is looked at, in Chinese; empty where it is everything.
    """

    def __init__(self, whole: _Whole, unit: str | None = None, category: str | None = None) -> None:
        self._whole, self._unit, self._category = whole, unit, category
        self._context = whole.context
        self._unit_ids, self._kind = ((), None) if unit is None else units_named(self._context.units, unit)
        self._codes = None if category is None else codes_named(self._context.scheme, category)
        self.snapshot = whole.snapshot
        self.scope = "，".join(filter(None, [unit, category]))

    def narrowed(self, unit: str | None = None, category: str | None = None) -> "Book":
        """Return the same for one unit or kind of unit and one category or sub-problem; names as in `Snapshot.search`.

        Raises:
            UsageError: a name means nothing.
        """
        return Book(self._whole, unit, category)

    def _is_wanted(self, problems: pd.DataFrame) -> "pd.Series[bool]":
        return problems_in(problems, self._unit_ids, self._kind, self._codes)

    @cached_property
    def _tables(self) -> dict[str, pd.DataFrame]:
        if not self.scope:
            return self._whole.tables
        problems = self._whole.tables[PROBLEMS.name]
        return narrowed(self._whole.tables, problems.loc[self._is_wanted(problems), "problem_id"])

    @cached_property
    def _problems(self) -> pd.DataFrame:
        return self._whole.problems[self._is_wanted(self._whole.problems)]

    def chart(self, chart_id: str) -> Picture:
        """Return a figure; see `docs/图表.md` for which there are.

        Raises:
            UsageError: there is no such figure.
        """
        if chart_id not in BY_ID:
            raise UsageError(f"没有图“{chart_id}”。有的是：{'、'.join(BY_ID)}。")
        chart = BY_ID[chart_id]
        scope = f"只看：{self.scope}。" if self.scope else ""
        source = source_line(self._tables, self._context) + scope
        return picture_of(chart, chart.numbers(self._tables, self._context), source)

    def overview(self) -> Listing:
        """Return what the ledger holds: a few figures, each with how it was counted."""
        complaints = self._tables[COMPLAINTS.name]
        decided = self._tables[GATE_DECISIONS.name]["decision"].value_counts()
        received = complaints["received_at"].dropna()
        problems = self._problems
        open_problems = problems[~problems["status"].isin(FINISHED_STATUSES)]
        waiting = self.snapshot.table(QUARANTINE.name)["status"].eq("open").sum()
        span = "没有时间" if received.empty else f"受理于 {received.min():%Y-%m-%d} 至 {received.max():%Y-%m-%d}"
        rows = [
            ("收到的诉求", len(complaints), f"件；{span}"),
            *((f"　{word}", int(decided.get(code, 0)), _MEANING[code]) for code, word in DECISIONS.items()),
            ("待处理的隔离行", int(waiting), "行；读不懂的，改好交回才会进来"),
            ("台账里的问题", len(problems), "个；已并入别的问题的不计"),
            ("　未办结", len(open_problems), "个；不含已销号、不属实、已移送的"),
            ("　　其中已超期", int(problems["tone"].eq(Tone.OVERDUE).sum()), "个；按业务日期"),
            ("　已销号", int(problems["status"].isin(CLOSED_STATUSES).sum()), "个；含回头看巩固的"),
        ]
        return Listing(
            "台账一览", pd.DataFrame([(n, self._count(c), m) for n, c, m in rows], columns=["", "数", "说明"])
        )

    def choices(self) -> Listing:
        """Return which units and categories there are to look at closely, with their problems and complaints."""
        names = ["unit_short_name", "unit_kind", "category_name"]
        found = self._problems.groupby(names, as_index=False).agg(count=("problem_id", "size"))
        found = found.sort_values("count", ascending=False, kind="stable")
        headings = ["责任单位", "单位类型", "类别", "问题（个）"]
        shown = found.assign(count=found["count"].map(self._count)).set_axis(headings, axis="columns")
        return Listing("可以深读的单位和类别", shown)

    def problems(self, limit: int = 15, status: str | None = None) -> Listing:
        """Return the most complained of problems, on request only those that stand at a status (Chinese).

        Raises:
            UsageError: there is no such status.
        """
        if status is not None and status not in PROBLEM_STATUSES.values():
            raise UsageError(f"没有状态“{status}”。有的是：{'、'.join(PROBLEM_STATUSES.values())}。")
        rows = self._problems if status is None else self._problems[self._problems["status_label"] == status]
        title = "反映最多的问题" if status is None else f"“{status}”的问题"
        return self._listed(title, rows, _PROBLEM_COLUMNS, limit, "没有这样的问题。")

    def overdue(self, limit: int = 15) -> Listing:
        """Return the problems whose deadline has passed, the longest first."""
        rows = self._problems[self._problems["tone"] == Tone.OVERDUE].sort_values("natural_days_left", kind="stable")
        return self._listed("已超期的问题", rows, _PROBLEM_COLUMNS, limit, "没有超期的问题。")

    def due_next(self, limit: int = 15) -> Listing:
        """Return the problems whose deadline runs, the next first."""
        rows = self._problems[self._problems["natural_days_left"].fillna(-1) >= 0]
        rows = rows.sort_values("natural_days_left", kind="stable")
        return self._listed("最先到期的问题", rows, _PROBLEM_COLUMNS, limit, "没有正在计时的问题。")

    def closed(self, limit: int = 30) -> Listing:
        """Return the problems that were closed once, the last closed first, with what became of them."""
        rows = self._problems.dropna(subset=["closed_on"]).sort_values("closed_on", ascending=False, kind="stable")
        return self._listed("销过号的问题", rows, _CLOSED_COLUMNS, limit, "还没有问题销过号。")

    def look_backs(self) -> Listing:
        """Return what each look-back sample says so far, the newest first; of the whole site."""
        tables = {table.name: self.snapshot.table(table.name) for table in (LOOK_BACK_SAMPLES, PROBLEMS)}
        found = look_back_figures(tables, self._context.settings.look_back.confidence)
        shown = found[list(_LOOK_BACK_COLUMNS)].rename(columns=_LOOK_BACK_COLUMNS)
        return Listing("回头看抽样", shown, "还没有抽过样。抽样：hotline lookback sample。")

    def search(self, question: str, limit: int = 10, *, since: str | None = None, until: str | None = None) -> Listing:
        """Return the complaints that a question finds, as masked snippets; see `Snapshot.search`."""
        chosen = {"unit": self._unit, "code": self._category, "since": since, "until": until}
        found = self.snapshot.search(question, limit, **chosen, labels="zh")
        return Listing(f"检索：{question}", found[_FOUND_COLUMNS], "没有找到。换几个词，或放宽单位、类别、日期。")

    def similar(self, complaint_id: str | None, limit: int = 5) -> Listing:
        """Return the complaints most like one, from the whole site, as masked snippets; nothing where there is no one.

        Raises:
            UsageError: there is no such complaint.
        """
        if complaint_id is None:
            return Listing("相似的诉求", pd.DataFrame(), "没有可以比较的诉求：上面的检索没有结果。")
        found = self.snapshot.similar(complaint_id, limit, labels="zh")
        return Listing(f"与 {complaint_id} 相似的诉求", found[_SIMILAR_COLUMNS])

    def _listed(self, title: str, rows: pd.DataFrame, columns: dict[str, str], limit: int, nothing: str) -> Listing:
        counts = rows[REACH].head(limit).map(self._count).astype(str)
        shown = rows.head(limit).assign(reach=counts.agg("/".join, axis="columns") if len(counts) else "")
        return Listing(title, shown[list(columns)].rename(columns=columns), nothing, len(rows))

    def _count(self, count: int) -> int | str:
        smallest = self._whole.smallest
        return f"<{smallest}" if 0 < count < smallest else count


_MEANING = {
    "in_scope": "件；反映执法问题，进台账",
    "out_of_scope": "件；不是反映执法问题",
    "review": "件；模型拿不准，等人看",
}
