"""The data dictionary as Markdown, and its words for other uses, made from the contracts so that it cannot drift."""

from analysis.contracts import TABLES, Column, ColumnType, Table

TYPE_NAMES = {
    ColumnType.TEXT: "文本",
    ColumnType.INTEGER: "整数",
    ColumnType.REAL: "小数",
    ColumnType.BOOLEAN: "是否",
    ColumnType.DATE: "日期",
    ColumnType.TIMESTAMP: "时间",
}


def data_dictionary() -> str:
    """Return every table and column with type and meaning, as a Markdown document."""
    return "# 数据字典\n\n由 `hotline dictionary` 生成，勿手改。\n\n" + "\n".join(map(_section, TABLES))


def _section(table: Table) -> str:
    access = "随快照发布" if table.is_published else "只在内部数据库"
    lines = [
        f"## {table.heading} `{table.name}`\n",
        f"一行是：{table.grain}。主键：{'、'.join(f'`{k}`' for k in table.key)}。{access}。\n",
        "| 列 | 名称 | 类型 | 可空 | 含义 |",
        "|---|---|---|---|---|",
        *map(_row, table.columns),
    ]
    return "\n".join(lines) + "\n"


def full_meaning(column: Column) -> str:
    """Return what a column means, and what each of its coded values does."""
    values = "；".join(f"{value}＝{label}" for value, label in column.values.items() if value != label)
    return f"{column.meaning}（{values}）" if values else column.meaning


def _row(column: Column) -> str:
    nullable = "是" if column.is_nullable else "否"
    return f"| `{column.name}` | {column.heading} | {TYPE_NAMES[column.type]} | {nullable} | {full_meaning(column)} |"
