"""`hotline serve`: registers the nightly schedule with a Prefect server and waits for its runs."""

from pathlib import Path

import click

from flows.chinese_click import ChineseCommand
from flows.options import processed_option, raw_option

_EPILOG = """\b
例：
  prefect server start &                                   # 先启动 Prefect 服务
  export PREFECT_API_URL=http://127.0.0.1:4200/api
  hotline serve

\b
不用 Prefect 服务的办法（crontab）：
  30 2 * * * cd /opt/hotline && .venv/bin/hotline run --plain >> data/processed/夜间.log 2>&1
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@raw_option
@processed_option
def serve(raw: Path | None, processed: Path | None) -> None:
    """登记每夜定时运行（默认 02:30，北京时间），并守候执行。

    需要一个正在运行的 Prefect 服务；本命令一直运行，按 Ctrl-C 停止。
    """
    from analysis.site import site_paths
    from flows.schedule import serve_nightly

    serve_nightly(site_paths(raw, processed))
