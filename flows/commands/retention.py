"""`hotline retention`: what is past the time for which it may be kept."""

from pathlib import Path

import click

from analysis.line import one_line
from flows.chinese_click import ChineseCommand
from flows.options import processed_option, raw_option

_EPILOG = """\b
例：
  hotline retention --dry-run    # 只列出
  hotline retention

\b
期限见设置 [retention] raw_days、text_days；0 为不删。
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@click.option("--dry-run", is_flag=True, help="只说会删什么，什么也不删。")
@raw_option
@processed_option
def retention(raw: Path | None, processed: Path | None, *, dry_run: bool) -> None:
    """按保存期限删除原始文件、清除诉求文字；待复核的和未办结问题里的不清除。"""
    from analysis.pipeline.erasing import apply_retention
    from analysis.site import site_paths

    done = apply_retention(site_paths(raw, processed), is_dry_run=dry_run)
    will = "将" if dry_run else "已"
    for name in done.files:
        click.echo(one_line(f"{will}删除 {name}"))
    click.echo(f"{will}删除原始文件 {len(done.files)} 个，{will}清除 {done.text_count} 件诉求的文字。")
