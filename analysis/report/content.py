"""What the report of a period says, made ready for Word, HTML and workbook alike: texts, tables, figures, codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.contracts import PENDING_UNIT, PROBLEM_STATUSES, PROBLEMS
from analysis.exchange.ledger_view import COUNTING_RULE, REACH, as_date
from analysis.figures.charts import BY_ID, Chart, Inputs, source_line
from analysis.progress import Progress, no_progress
from analysis.report.catalogue import load_catalogue
from analysis.report.cut import Cut
from analysis.report.numbers import Value, intake_numbers, open_problems, state_numbers, step_numbers
from analysis.report.record import Entry
from analysis.summary.columns import COLUMNS
from analysis.summary.context import Context
from analysis.summary.reach import counted
from analysis.summary.shares import TOTAL, without_small
from analysis.summary.source import origin

_NOTHING = "—"
_PICTURE_DPI = 110


@dataclass(frozen=True)
class TableOf:
    """A table of texts: `keys` names the column of each cell; `kinds` is `n` where cells are sorted as numbers."""

    title: str
    columns: Sequence[str]
    kinds: Sequence[str]
    rows: Sequence[Sequence[str]]
    when_empty: str


@dataclass(frozen=True)
class Picture:
    """A figure with what is said of it, the code of its numbers, and these; `nothing` says why it shows nothing."""

    chart: Chart
    code: str
    png: bytes
    frame: pd.DataFrame
    counts_what: str
    nothing: str = ""


@dataclass(frozen=True)
class Content:
    """The whole report.

    Attributes:
        title: its title.
        subtitle: office, days, run.
        numbers: the entries of `report.toml`, in its order.
        by_id: the same by id.
        news: what the leader must know, one sentence each.
        decisions: what somebody must decide, one sentence each.
        pictures: the figures.
        problems: the list of problems.
        later: the problems that complaints of the period tell of, but that were registered after its end.
        units: progress of each unit.
        overdue: the overdue problems.
        look_back: what was looked back at.
        method: how it is counted and what it does not say.
        entries: everything that has a code, for the record.
    """

    title: str
    subtitle: str
    numbers: Sequence[Entry]
    by_id: dict[str, Entry]
    news: Sequence[str]
    decisions: Sequence[str]
    pictures: Sequence[Picture]
    problems: TableOf
    later: TableOf
    units: TableOf
    overdue: TableOf
    look_back: TableOf
    method: Sequence[str]
    entries: Sequence[Entry]

    @property
    def drawn(self) -> list[Picture]:
        """The figures that show something."""
        return [picture for picture in self.pictures if not picture.nothing]

    @property
    def not_drawn(self) -> list[str]:
        """Which figures are left out, and why, one sentence each."""
        return [f"{p.chart.title}（{p.code}）：{p.nothing}。" for p in self.pictures if p.nothing]


@dataclass(frozen=True)
class Edition:
    """Which report it is.

    Attributes:
        now: the period.
        before: the period before.
        context: codebook and settings; its `smallest` is the least count that is shown.
        is_public: for outside of the office: counts of units only, no list of problems.
    """

    now: Cut
    before: Cut
    context: Context
    is_public: bool

    @property
    def prefix(self) -> str:
        """What the codes of its numbers start with."""
        return f"R-{self.now.period.code}{'P' if self.is_public else ''}"

    @property
    def hidden(self) -> str:
        """What stands for a count that is not shown."""
        return f"少于{self.context.smallest}"


def entries_of(edition: Edition) -> list[Entry]:
    """Return the numbers of `report.toml`, with those of the period before."""
    confidence, smallest = edition.context.settings.figures.confidence, edition.context.smallest
    nothing = edition.before.within
    found = [
        intake_numbers(edition.now.within, edition.before.within, confidence, smallest)
        | step_numbers(edition.now, confidence)
        | state_numbers(edition.now, confidence)
        | {"undated": _undated(edition.now, smallest)},
        intake_numbers(edition.before.within, nothing, confidence, smallest)
        | step_numbers(edition.before, confidence)
        | state_numbers(edition.before, confidence)
        | {"undated": _undated(edition.before, smallest)},
    ]
    run = origin(edition.now.until).run_id
    return [
        Entry(
            code=f"{edition.prefix}-{words.no:02d}",
            label=words.label,
            counts=words.counts,
            function=words.function,
            filters=words.filters,
            run_id=run,
            values={
                "本期": told(found[0][words.id], words.unit, edition.hidden),
                "上期": _NOTHING
                if words.id == "share_change"
                else told(found[1][words.id], words.unit, edition.hidden),
            },
        )
        for words in load_catalogue().number
    ]


def _undated(cut: Cut, smallest: int) -> Value:
    return Value(cut.undated_count, is_hidden=0 < cut.undated_count < smallest)


def told(value: Value, unit: str, hidden: str) -> str:
    """Return a number in words, a share with its interval.

    >>> told(Value(0.5, 0.25, 0.75), "%", "")
    '50.0%（25.0%～75.0%）'
    """
    if value.is_hidden:
        return hidden if unit not in ("%", "百分点") else "不显示"
    if value.value is None:
        return "无数据"
    if unit == "百分点":
        assert value.low is not None
        assert value.high is not None
        return f"{100 * value.value:+.1f}（{100 * value.low:+.1f}～{100 * value.high:+.1f}）"
    if unit == "%":
        return f"{value.value:.1%}（{value.low:.1%}～{value.high:.1%}）"
    return f"{value.value:,.0f}"


def build_content(edition: Edition, progress: Progress = no_progress) -> Content:
    """Return what the report says.

    progress: told how many figures are drawn, which takes the longest.
    """
    numbers = entries_of(edition)
    by_id = {words.id: entry for words, entry in zip(load_catalogue().number, numbers, strict=True)}
    pictures = _pictures(edition, progress)
    units, unit_entries = _units(edition)
    later = _later(edition)
    site, now = edition.context.settings.site, edition.now
    span = f"{now.period.first:%Y-%m-%d} 至 {now.end:%Y-%m-%d}"
    unfinished = "（本期尚未结束）" if now.end < now.period.last else ""
    run = origin(now.until).run_id
    return Content(
        title=f"{site.name}道路交通和运输执法诉求分析报告（{now.period.heading}）",
        subtitle=f"{site.office}　{span}{unfinished}　运行 {run}",
        numbers=numbers,
        by_id=by_id,
        news=[*_news(by_id), *_told_later(later, edition)],
        decisions=_decisions(by_id),
        pictures=pictures,
        problems=_problems(edition),
        later=later,
        units=units,
        overdue=_overdue(edition),
        look_back=_look_back(edition),
        method=_method(edition),
        entries=[*numbers, *unit_entries, *_figure_entries(pictures, run)],
    )


def _news(by_id: dict[str, Entry]) -> list[str]:
    def say(name: str) -> str:
        entry = by_id[name]
        return f"{entry.values['本期']}（上期 {entry.values['上期']}，{entry.code}）"

    return [
        f"收到诉求 {say('complaints')}，判为反映执法问题 {say('in_scope')}，涉及问题 {say('concerned')}。",
        f"新登记问题 {say('registered')}，销号 {say('closed')}。",
        f"期末未办结 {say('open')}，其中超期 {say('overdue')}。",
        f"反弹 {say('relapsed')}，回头看 {say('looked_back')}。",
    ]


def _decisions(by_id: dict[str, Entry]) -> list[str]:
    tasks = {
        "undetermined": "个问题要确定责任单位",
        "objected": "项异议要答复",
        "to_verify": "个销号申请要核查",
        "extension": "项延期申请要批复",
        "review": "件诉求要人工复核",
    }
    waiting = [(by_id[name], words) for name, words in tasks.items()]
    found = [
        f"{e.values['本期']} {words}（{e.code}）。" for e, words in waiting if e.values["本期"] not in ("0", "无数据")
    ]
    return found or ["没有等待决定的事项。"]


def _inputs(edition: Edition, chart: Chart) -> tuple[Inputs, str]:
    is_within = chart.chart_id in load_catalogue().figures_within
    tables = edition.now.within if is_within else edition.now.until
    what = "本期受理的诉求，按现在的归并" if is_within else f"到 {edition.now.end:%Y-%m-%d} 为止，状态是那一天的"
    return Inputs({name: tables[name] for name in chart.tables}, edition.context, origin(tables)), what


def _pictures(edition: Edition, progress: Progress) -> list[Picture]:
    catalogue = load_catalogue()
    ids = {*catalogue.figures_within, *catalogue.figures_until}
    wanted = [chart for chart in BY_ID.values() if chart.chart_id in ids]
    line = source_line(edition.now.until, edition.context)
    found = []
    for number, chart in enumerate(wanted, 1):
        progress("画图", number - 1, len(wanted))
        inputs, what = _inputs(edition, chart)
        frame = _without_leads(chart.count(inputs), edition)
        code = f"{edition.prefix}-F{number}"
        png, nothing = chart.picture(frame, f"{line}{what}。编号 {code}。", _PICTURE_DPI)
        found.append(Picture(chart, code, png, frame, what, nothing))
    progress("画图", len(wanted), len(wanted))
    return found


def _without_leads(frame: pd.DataFrame, edition: Edition) -> pd.DataFrame:
    """Return the numbers without the categories of leads: their problems were not counted, and no zeros must stand."""
    if "category_name" not in frame:
        return frame
    names = [c.name for c in edition.context.scheme.category if c.is_restricted]
    return frame[~frame["category_name"].isin(names)].reset_index(drop=True)


def shown(value: Any) -> str:
    """Return a value of a summary as a text; what is missing is a dash.

    >>> shown(0.123456)
    '0.1235'
    """
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return _NOTHING
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def _figure_entries(pictures: Sequence[Picture], run_id: str) -> list[Entry]:
    return [
        Entry(
            code=f"{picture.code}-{number:03d}",
            label=f"{picture.chart.title}，第 {number} 行",
            counts=picture.chart.shows,
            function=f"analysis.figures.charts.BY_ID['{picture.chart.chart_id}'].numbers",
            filters=picture.counts_what,
            run_id=run_id,
            values={COLUMNS[str(name)][0]: shown(value) for name, value in row.items()},
        )
        for picture in pictures
        for number, row in enumerate(picture.frame.to_dict("records"), 1)
    ]


def _named(edition: Edition, problems: pd.DataFrame) -> pd.DataFrame:
    """Return problems with names of unit, category and sub-problem, by problem_id."""
    context = edition.context
    names = {u.unit_id: u.short_name for u in context.units.unit}
    units = [
        names.get(str(unit), f"{PENDING_UNIT}（{kind}）")
        for unit, kind in zip(problems["unit_id"], problems["unit_kind"], strict=True)
    ]
    codes = problems["sub_problem_code"]
    return problems.assign(
        unit_name=units,
        category_name=[context.scheme.category_of(code).name for code in codes],
        sub_problem_name=[context.scheme.sub_problems[code].name for code in codes],
        status_label=problems["status"].map(PROBLEM_STATUSES),
    )


def _units(edition: Edition) -> tuple[TableOf, list[Entry]]:
    """Return the progress of each unit, and the entries of its rows; the total counts everything once."""
    now = edition.now
    state = _named(edition, now.until[PROBLEMS.name])
    today = _named(edition, now.within[PROBLEMS.name])
    unit_of = dict(zip(today["problem_id"], today["unit_name"], strict=True)) | dict(
        zip(state["problem_id"], state["unit_name"], strict=True)
    )
    links = Inputs(now.within, edition.context, origin(now.within)).links
    links = links.assign(unit_name=links["problem_id"].map(unit_of))
    late = open_problems(now)
    names = sorted({*unit_of.values()})
    rows = []
    for name in (*names, TOTAL):
        own = {p for p, unit in unit_of.items() if name in (unit, TOTAL)}
        steps = now.steps[now.steps["problem_id"].isin(own)]
        is_open = late["problem_id"].isin(own)
        by_kind = {k: steps.loc[steps["kind"] == k, "problem_id"].nunique() for k in ("problem_created", "closed")}
        relapsed = steps.loc[steps["kind"].isin(["recurred", "look_back_failed"]), "problem_id"].nunique()
        counts = (*by_kind.values(), relapsed, int(is_open.sum()), int((is_open & late["is_overdue"]).sum()))
        rows.append((name, *counts))
    columns = ["unit_name", "created", "closed", "relapsed", "open", "overdue"]
    table = pd.DataFrame(rows, columns=columns)
    doubled = pd.concat([links, links.assign(unit_name=TOTAL)], ignore_index=True)
    reach = counted(doubled, ["unit_name"]).set_index("unit_name").reindex(table["unit_name"])
    for column in REACH:
        table[column] = reach[column].fillna(0).astype("int64").to_numpy()
    is_total = table["unit_name"] == TOTAL
    table = without_small(table.assign(all="all"), edition.context.smallest, REACH, [], ["all"], is_total)
    headings = ["单位", "新登记", "销号", "反弹", "期末未办结", "其中超期", *(COLUMNS[c][0] for c in REACH), "编号"]
    run = origin(now.until).run_id
    texts, entries = [], []
    for number, row in enumerate(table.to_dict("records"), 1):
        code = f"{edition.prefix}-B{number:02d}"
        cells = [str(row["unit_name"]), *(str(row[c]) for c in columns[1:])]
        cells += [edition.hidden if pd.isna(row[c]) else f"{int(row[c]):,}" for c in REACH]
        texts.append([*cells, code])
        values = dict(zip(headings[1:-1], cells[1:], strict=True))
        filters = "前三列：本期的事件；期末两列：事件重放到期末；后三列：本期受理的诉求，按单位去重"
        what = "各单位的进度；合计去重"
        entries.append(
            Entry(code, f"各单位进度：{cells[0]}", what, "analysis.report.content.build_content", filters, run, values)
        )
    return TableOf("各单位进度", headings, ["t", *"nnnnnnnn", "t"], texts, "（本期没有问题）"), entries


def _problems(edition: Edition) -> TableOf:
    """Return the problems at the end of the period; outside of the office only how many of which kind each unit has."""
    now = edition.now
    rows = _named(edition, now.until[PROBLEMS.name])
    rows = rows[rows["status"] != "merged"]
    if edition.is_public:
        by = ["unit_name", "category_name"]
        sums = rows.groupby(by).size().reset_index(name="count")
        texts = [[str(u), str(c), str(n)] for u, c, n in sums.itertuples(index=False)]
        return TableOf(
            "问题清单（按单位和类别）", ["单位", "类别", "问题（个）"], list("ttn"), texts, "（期末没有问题）"
        )
    links = Inputs(now.until, edition.context, origin(now.until)).links
    reach = counted(links, ["problem_id"]).set_index("problem_id").reindex(rows["problem_id"])
    for column in REACH:
        rows[column] = reach[column].fillna(0).astype("int64").to_numpy()
    rows = rows.sort_values(["complaint_count", "problem_id"], ascending=[False, True])
    rows = without_small(rows.reset_index(drop=True), edition.context.smallest, REACH, [], ["unit_name"])
    texts = [
        [
            *(str(row[c]) for c in ("problem_id", "unit_name", "sub_problem_name", "statement", "status_label")),
            shown(as_date(row["registered_on"])),
            shown(as_date(row["due_on"])),
            *(edition.hidden if pd.isna(row[c]) else f"{int(row[c]):,}" for c in REACH),
        ]
        for row in rows.to_dict("records")
    ]
    headings = ["问题编号", "单位", "小类", "具体问题", "期末状态", "登记", "时限", *(COLUMNS[c][0] for c in REACH)]
    return TableOf("问题清单", headings, [*"ttttttt", *"nnn"], texts, "（期末没有登记的问题）")


def _later(edition: Edition) -> TableOf:
    """Return the problems that complaints of the period tell of, but that were registered after its end.

    Without counts: beside those of the units and figures, small ones could be reckoned from them.
    """
    now = edition.now
    rows = _named(edition, now.within[PROBLEMS.name])
    days = rows["registered_on"].map(as_date)
    rows = rows[(days > now.end) & (rows["status"] != "merged")].sort_values("problem_id")
    columns = ("problem_id", "unit_name", "sub_problem_name", "statement")
    texts = [[*(str(row[c]) for c in columns), shown(as_date(row["registered_on"]))] for row in rows.to_dict("records")]
    headings = ["问题编号", "单位", "小类", "具体问题", "登记"]
    if edition.is_public:
        headings, texts = headings[1:3], [row[1:3] for row in texts]
    return TableOf("本期反映、期后登记的问题", headings, ["t"] * len(headings), texts, "（没有）")


def _told_later(later: TableOf, edition: Edition) -> list[str]:
    if not later.rows:
        return []
    day = f"{edition.now.end:%Y-%m-%d}"
    return [f"涉及的问题中 {len(later.rows)} 个在 {day} 以后才登记，不在期末的各项数和问题清单里，另列一表。"]


def _overdue(edition: Edition) -> TableOf:
    rows = _named(edition, open_problems(edition.now))
    rows = rows[rows["is_overdue"]].sort_values(["days_over", "problem_id"], ascending=[False, True])
    headings = ["问题编号", "单位", "小类", "期末状态", "时限", "超期（天）"]
    texts = [
        [
            *(str(row[c]) for c in ("problem_id", "unit_name", "sub_problem_name", "status_label")),
            shown(as_date(row["due_on"])),
            str(row["days_over"]),
        ]
        for row in rows.to_dict("records")
    ]
    if edition.is_public:
        headings, texts = headings[1:], [row[1:] for row in texts]
    return TableOf("超期清单", headings, ["t"] * (len(headings) - 1) + ["n"], texts, "（期末没有超期的问题）")


def _look_back(edition: Edition) -> TableOf:
    steps = edition.now.steps
    seen = steps[steps["kind"].isin(["looked_back", "look_back_failed"])]
    state = _named(edition, edition.now.until[PROBLEMS.name])
    rows = seen[["problem_id", "kind", "day"]].merge(state, on="problem_id")
    words = {"looked_back": "巩固", "look_back_failed": "反弹"}
    texts = [
        [
            str(row["problem_id"]),
            str(row["unit_name"]),
            str(row["sub_problem_name"]),
            str(row["day"]),
            words[row["kind"]],
        ]
        for row in rows.to_dict("records")
    ]
    headings = ["问题编号", "单位", "小类", "回头看日期", "结果"]
    if edition.is_public:
        headings, texts = headings[1:], [row[1:] for row in texts]
    return TableOf("回头看", headings, ["t"] * len(headings), texts, "（本期没有回头看）")


def _method(edition: Edition) -> list[str]:
    now, k = edition.now, edition.context.smallest
    hidden = (
        f"小于 {k} 的诉求数、人数、事项数写“{edition.hidden}”或不显示，并多隐去一格（也写“{edition.hidden}”，"
        "不一定真小），使它不能由合计减出来；问题的个数不隐去。"
    )
    lines = [
        "诉求按受理时间归期；问题的登记、销号、反弹按发生之日；“期末”是把事件重放到期末那一天的状态，不是今天的状态。",
        "本期的诉求归哪个问题、判断是否纳入，按现在的归并和判断；后来更正掉的步骤不算。",
        COUNTING_RULE,
        hidden,
        "比例后括号里是置信区间，只说抽样的偶然，不说误判；两期之差的区间含 0 的，不能说有变化。",
        "反映的多少不是违法的多少：没有除以执法量、车流、人口，不能拿来给单位排名。",
        "线索类问题不在本报告里，另见监督单位的线索移送清单（诉求的总数含它们的诉求）；本报告不含诉求原文和反映人。",
        "每个数有编号（R-…），用 hotline trace 编号 查它数的是什么、怎么算、哪次运行。",
    ]
    if now.undated_count:
        lines.append("来源没有受理时间的诉求不在任何一期。")
    if now.fault_count:
        lines.append(f"有 {now.fault_count} 项事件的日期先后不合规定（多为补跑），期末状态没有算上它们。")
    return lines
