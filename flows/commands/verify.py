"""`hotline verify`: checks the ledger against its events, its head, its files and the snapshot."""

from pathlib import Path

import click

from analysis.line import one_line
from flows.chinese_click import ChineseCommand
from flows.options import processed_option

_EPILOG = """\b
例：
  hotline verify
  hotline verify --processed 数据/结果

\b
查出不符时退出码为 5。只读，不改动任何文件；夜间运行期间不能核对。
"""
_MOST_TOLD = 20


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@processed_option
def verify(processed: Path | None) -> None:
    """核对台账：事件链和链首、由全部事件重建的问题、归并、复核、人工归属、事项裁定、收件行数、快照。"""
    from analysis.errors import IntegrityError
    from analysis.pipeline.verifying import verify_ledger
    from analysis.site import site_paths
    from flows.report import show_progress

    paths = site_paths(None, processed)
    count = 0
    with show_progress() as progress:
        findings = verify_ledger(paths, progress)
    for finding in findings:
        differences = finding.differences
        verdict = f"{len(differences)} 处不符" if differences else "一致"
        click.echo(f"{finding.name}　{finding.scope}：{verdict}")
        for words in differences[:_MOST_TOLD]:
            click.echo(f"　　{one_line(words)}")
        if len(differences) > _MOST_TOLD:
            click.echo(f"　　……另有 {len(differences) - _MOST_TOLD} 处")
        count += len(differences)
    if count:
        raise IntegrityError(f"台账 {paths.ledger} 有 {count} 处不符。请停止使用，保留现场，并从备份恢复。")
    click.echo("台账完整。")
