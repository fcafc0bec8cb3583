"""`hotline run`: one nightly run now."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.chinese_click import ChineseCommand
from flows.options import as_of_option, processed_option, raw_option

if TYPE_CHECKING:
    from analysis.site import SitePaths

_EPILOG = """\b
例：
  hotline run
  hotline run --raw 数据/原始 --processed 数据/结果
  hotline run --plain            # 不经 Prefect，供操作系统 cron 使用，启动更快
  hotline run --as-of 2026-11-20 # 补跑：时限从这一天起算
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@raw_option
@processed_option
@as_of_option
@click.option("--plain", is_flag=True, help="不经 Prefect 直接运行。")
def run(raw: Path | None, processed: Path | None, as_of: date | None, plain: bool) -> None:
    """现在就做一次夜间运行：收件、判断、归并、发布。

    只处理以前没有读过的文件；中断后再次执行会从断点继续，重复执行不会改变结果。
    """
    from analysis.site import site_paths
    from flows.report import report_run

    paths = site_paths(raw, processed)
    counts = run_plain(paths, as_of) if plain else _run_through_prefect(paths, as_of)
    click.echo(report_run(counts, paths))


def run_plain(paths: "SitePaths", as_of: date | None) -> dict[str, int]:
    """Run one night without Prefect; a failure is announced to those whom the settings name, and raised."""
    from analysis.errors import BusyError
    from analysis.pipeline.stages import run_night
    from flows.notify import announce_failure
    from flows.report import show_progress

    try:
        with show_progress() as progress:
            return run_night(paths, as_of, progress)
    except BusyError:  # the other run tells of itself
        raise
    except Exception as fault:
        delivery = announce_failure(paths, fault)
        if delivery.faults:
            click.echo(f"注意：失败通知{delivery.faults}。", err=True)
        raise


def _run_through_prefect(paths: "SitePaths", as_of: date | None) -> dict[str, int]:
    from flows.prefect_environment import settle

    settle()
    from flows.nightly import run_through_prefect

    return run_through_prefect(paths, as_of)
