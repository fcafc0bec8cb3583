"""`hotline status`: the last run, counts, quarantine, overdue problems."""

from pathlib import Path

import click

from flows.chinese_click import ChineseCommand
from flows.options import processed_option

_EPILOG = """\b
例：
  hotline status
  hotline status --processed 数据/结果
"""

_COUNTS = """\
文件　{files} 个（无法读取 {unreadable_files} 个）
诉求　{complaints} 件，反映人 {complainants} 人，同一事项 {matters} 项
判断　纳入 {in_scope} 件，待人工复核 {review} 件
问题　{problems} 个，超期 {overdue} 个，临期 {due_soon} 个
隔离　{quarantined} 条待处理"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@processed_option
def status(processed: Path | None) -> None:
    """查看上次运行、各项计数、隔离区和超期问题。"""
    from analysis.codebook.scheme import load_scheme
    from analysis.config import load_settings
    from analysis.contracts import RUNS
    from analysis.ledger.status import read_status
    from analysis.notices import Notices
    from analysis.pipeline.night import today
    from analysis.pipeline.showing import open_present
    from analysis.pipeline.time_left import load_time_left
    from analysis.site import site_paths

    paths = site_paths(None, processed)
    scheme = load_scheme(paths.codebook)
    with open_present(paths) as reader:
        day = today(load_settings(paths.settings))
        found = read_status(reader, scheme, load_time_left(scheme, paths), day)
    for run in found.last_run.to_dict("records"):
        label = RUNS["status"].values[run["status"]]
        click.echo(f"上次运行　{run['run_id']}，{run['started_at']:%Y-%m-%d %H:%M} 开始，{label}")
    if missed := Notices.read(paths.notices).undelivered:
        click.echo(f"通知　　　{missed}")
    click.echo(_COUNTS.format(**found.counts))
    for row in found.quarantine.to_dict("records"):
        click.echo(f"　　　{row['entry_count']} 条：{row['reason']}")
    for problem, left in found.overdue:
        estimate = "（暂估）" if left.is_provisional else ""
        click.echo(
            f"超期　{problem['problem_id']}　{problem['statement']}　"
            f"时限 {problem['due_on']:%Y-%m-%d}{estimate}，已超 {-(left.natural_days or 0)} 天"
        )
