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
  hotline report --period last-week --notify  # 周报，供 cron 在星期一夜间运行之后执行；last-month 为月报
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@click.option(
    "--period",
    metavar="时期",
    help="2023、2023-Q2、2023-05、2023-W21；last-week、last-month 为上周、上月；"
    "默认诉求够多（public_small_count）的最近一个整月。",
)
@processed_option
@click.option("--output", type=FOLDER, metavar="目录", help="写到哪里；默认结果目录的 报告/<时期>。")
@click.option("--public", "is_public", is_flag=True, help="对外的一份：不列问题，隐去更多的小计数。")
@click.option("--notify", "is_announced", is_flag=True, help="做不成时按 notify.urls 通知，供定时使用。")
def report(
    period: str | None, processed: Path | None, output: Path | None, *, is_public: bool, is_announced: bool
) -> None:
    """写出一个时期的分析报告，每个数都可追溯。"""
    from analysis.pipeline.reporting import make_report
    from analysis.site import site_paths
    from flows.notify import announce_failure
    from flows.report import show_progress

    paths = site_paths(None, processed)
    try:
        with show_progress() as progress:
            files = make_report(paths, period, output, is_public=is_public, progress=progress)
    except Exception as fault:
        delivery = announce_failure(paths, fault, "分析报告", "hotline report") if is_announced else None
        if delivery and delivery.faults:
            click.echo(f"注意：失败通知{delivery.faults}。", err=True)
        raise
    for path in files:
        click.echo(path)
