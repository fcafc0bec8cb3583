"""`hotline export`: writes workbooks and digest again, as the ledger is now."""

from pathlib import Path

import click

from flows.chinese_click import ChineseCommand
from flows.options import FOLDER, processed_option

_EPILOG = """\b
例：
  hotline export --output 今日台账
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@processed_option
@click.option("--output", type=FOLDER, metavar="目录", help="写到哪里；默认结果目录。")
def export(processed: Path | None, output: Path | None) -> None:
    """按台账现在的状态重新导出台账、清单和夜报；运行期间用最近的快照。"""
    from analysis.pipeline.publishing import export_snapshot
    from analysis.site import site_paths
    from flows.report import show_progress

    paths = site_paths(None, processed)
    with show_progress() as progress:
        files = export_snapshot(paths, output or paths.processed, progress)
    for path in files:
        click.echo(path)
