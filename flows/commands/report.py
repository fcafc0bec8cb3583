"""`hotline report`: the report of a period."""

from pathlib import Path

import click

from flows.chinese_click import ChineseCommand
from flows.options import FOLDER, processed_option

_EPILOG = """\b
例：
  hotline report                              # 最近一个整月
  hotline report --period 2023-Q2             # 也可写 2023、2023-05、2023-W21
  hotline report --period 2023-05 --public    # 对外：不列问题，小于 20 的计数不显示
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@click.option(
    "--period",
    metavar="时期",
    help="2023、2023-Q2、2023-05、2023-W21；默认诉求够多（public_small_count）的最近一个整月。",
)
@processed_option
@click.option("--output", type=FOLDER, metavar="目录", help="写到哪里；默认结果目录的 报告/<时期>。")
@click.option("--public", "is_public", is_flag=True, help="对外的一份：不列问题，隐去更多的小计数。")
def report(period: str | None, processed: Path | None, output: Path | None, *, is_public: bool) -> None:
    """写出一个时期的分析报告，每个数都可追溯。"""
    from analysis.pipeline.reporting import make_report
    from analysis.site import site_paths

    for path in make_report(site_paths(None, processed), period, output, is_public=is_public):
        click.echo(path)
