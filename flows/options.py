"""Options that several commands share."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Location(click.ParamType[Path]):
    """A path to a folder, or to a file; it need not exist."""

    def __init__(self, name: str, *, is_folder: bool) -> None:
        self.name = name
        self._is_folder = is_folder

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path, or fail with a Chinese message where a file stands for a folder or the reverse."""
        path = Path(value)
        if self._is_folder and path.exists() and not path.is_dir():
            self.fail(f"“{path}”不是目录。", param, ctx)
        if not self._is_folder and path.is_dir():
            self.fail(f"“{path}”是目录，应为文件。", param, ctx)
        return path


FOLDER = Location("目录", is_folder=True)
FILE = Location("文件", is_folder=False)


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


class Count(click.ParamType[int]):
    """How many of something: a whole number from 1."""

    name = "件数"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number, or fail with a Chinese message."""
        text = str(value)
        if not (text.isascii() and text.isdigit() and int(text)):
            self.fail("应为 1 以上的整数。", param, ctx)
        return int(text)


raw_option = click.option("--raw", type=FOLDER, metavar="目录", help="原始文件目录，默认 data/raw。")
processed_option = click.option("--processed", type=FOLDER, metavar="目录", help="结果目录，默认 data/processed。")
as_of_option = click.option(
    "--as-of", type=Day(), metavar="日期", help="业务日期，时限从这一天起算；默认今天。补跑时使用。"
)


def table_options(command: _Command) -> _Command:
    """Add --input and --output, for commands that turn one table into another."""
    output = click.option(
        "--output",
        "output_path",
        type=FILE,
        default="-",
        metavar="文件",
        help="写出的 .csv 或 .xlsx；默认 -，即标准输出（CSV）。",
    )
    source = click.option(
        "--input",
        "input_path",
        type=FILE,
        default="-",
        metavar="文件",
        help="读入的 .csv、.tsv 或 .xlsx；默认 -，即标准输入（CSV）。",
    )
    return source(output(command))
