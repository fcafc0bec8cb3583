"""Options that several commands share."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

_FOLDER = click.Path(path_type=Path, file_okay=False)
_TABLE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


class Day(click.ParamType[date]):
    """A day written as 2023-03-05."""

    name = "日期"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day, or fail with a Chinese message."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail("日期应写作 2023-03-05 的样子。", param, ctx)


raw_option = click.option("--raw", type=_FOLDER, metavar="目录", help="原始文件目录，默认 data/raw。")
processed_option = click.option("--processed", type=_FOLDER, metavar="目录", help="结果目录，默认 data/processed。")
as_of_option = click.option(
    "--as-of", type=Day(), metavar="日期", help="业务日期，时限从这一天起算；默认今天。补跑时使用。"
)


def table_options(command: _Command) -> _Command:
    """Add --input and --output, for commands that turn one table into another."""
    output = click.option(
        "--output",
        "output_path",
        type=_TABLE,
        default="-",
        metavar="文件",
        help="写出的 .csv 或 .xlsx；默认 -，即标准输出（CSV）。",
    )
    source = click.option(
        "--input",
        "input_path",
        type=_TABLE,
        default="-",
        metavar="文件",
        help="读入的 .csv、.tsv 或 .xlsx；默认 -，即标准输入（CSV）。",
    )
    return source(output(command))
