"""`hotline doctor`: what is wrong with the installation, and how to mend it."""

from pathlib import Path

import click

from flows.chinese_click import ChineseCommand
from flows.options import processed_option, raw_option

_EPILOG = """\b
例：
  hotline doctor
  hotline doctor --processed 数据/结果

\b
退出码：0 都正常，或只有提示；1 有须处理的。只看不改；每条都写明怎样办。
全面核对台账内容用 hotline verify。
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@raw_option
@processed_option
def doctor(raw: Path | None, processed: Path | None) -> int:
    """检查安装和运行环境：设置、时钟、权限、磁盘、日历、模型、上次运行，逐条说怎样办。"""
    from analysis.health import Level
    from analysis.pipeline.examining import examine_site
    from analysis.site import site_paths
    from flows.findings import print_findings
    from flows.prefect_server import configured_service

    paths = site_paths(raw, processed)
    findings = examine_site(paths, configured_service(paths))
    print_findings(findings)
    return int(any(finding.level is Level.FAULT for finding in findings))
