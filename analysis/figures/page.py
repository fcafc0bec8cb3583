"""The list of figures as a Markdown page, made from the registry so that it cannot drift."""

from analysis.contracts import TABLES
from analysis.figures.charts import ALL
from analysis.summary.columns import COLUMNS

_HEAD = """# 图表

由 `hotline dictionary --figures` 从 `analysis/figures/charts.toml` 生成，勿手改。
每张图的数与画分开：数是一张小表（列见文末），算法在 `analysis/summary`；画在 `analysis/figures`，样子在 `style.toml`。

![各图一览（随附样例，虚构）](img/figures.png)

- 台账里的诉求都同时给出三种计数：诉求（件）、反映人（人）、事项（项），不可混用。
- 比例的区间是 Wilson 区间，前后比值的区间是精确条件区间，置信度见设置 `[figures]`、`[recurrence]`；
  区间只说抽样的偶然，不说误判。
- 图下写明 n、运行编号和业务日期；没有数据的写“无数据”和原因。
- `smallest=5` 不显示 1 到 4 的计数，并多隐去一格，使它不能由合计减出来；不防把几张图、几次运行的数相减。
- 反映的多少不是违法的多少：没有除以执法量、车流、人口。线索类问题也计数，图只供监督单位内部用。

"""
_USE = """
## 用法

```python
from analysis import figures
from analysis.summary.context import load_context

context = load_context(smallest=5)  # labels=标注表 时才有模型质量的图
chart = figures.BY_ID["sub_problems"]
frame = chart.numbers(tables, context)  # tables：按名称的数据表，或有 table(name) 的快照
chart.draw(frame, source=figures.source_line(tables, context))
```

`form="slide"` 画成幻灯片大小；`chart.png(frame, line)` 给出 PNG，同样的数画出同样的字节。

## 数据表的列

| 列 | 名称 | 含义 |
|---|---|---|
"""


def figures_page() -> str:
    """Return what each figure shows, how to read it and what it must not be read as, and the columns behind them."""
    headings = {t.name: t.heading for t in TABLES}
    rows = [
        f"| {number} | {c.title}<br>`{c.chart_id}` | {c.shows} | {c.reading} | {c.caution} |"
        f" {'、'.join(headings[name] for name in c.tables)} |"
        for number, c in enumerate(ALL, 1)
    ]
    table = "| | 图 | 画的是什么 | 怎么看 | 不能当什么看 | 所用数据表 |\n|---|---|---|---|---|---|\n" + "\n".join(rows)
    columns = "\n".join(f"| `{name}` | {heading} | {meaning} |" for name, (heading, meaning) in COLUMNS.items())
    return f"{_HEAD}{table}\n{_USE}{columns}\n"
