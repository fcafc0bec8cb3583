"""`hotline serve`: registers the schedules with a Prefect server, starting one if need be, and runs what is due."""

from pathlib import Path

import click

from flows.chinese_click import ChineseCommand
from flows.options import processed_option, raw_option

_EPILOG = """\b
例：
  hotline serve                                            # 本机没有 Prefect 服务就启动一个
  PREFECT_API_URL=http://10.1.2.3:4200/api hotline serve   # 用别处的 Prefect 服务

\b
几点做什么：设置 [schedule]。网页：http://127.0.0.1:4200，有历次运行、夜报和报告；日志在结果目录的“日志”里，自动轮换。
不用 Prefect 服务的办法（crontab）：
  30 2 * * * cd /opt/hotline && .venv/bin/hotline run --plain >> data/processed/夜间.log 2>&1
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@raw_option
@processed_option
def serve(raw: Path | None, processed: Path | None) -> None:
    """登记每夜定时运行（默认 02:30，北京时间）、周报、月报和催办提醒，并守候执行；没有 Prefect 服务就启动一个。

    本命令一直运行，按 Ctrl-C 停止；由它启动的 Prefect 服务一同停止。
    """
    import signal
    import warnings

    from analysis.config import load_settings
    from analysis.site import site_paths
    from flows.prefect_environment import settle
    from flows.prefect_server import rotating_log, running_server

    paths = site_paths(raw, processed)
    settings = load_settings(paths.settings)
    logs = paths.processed / "日志"
    log = rotating_log(logs / "定时.log")
    # systemd stops by SIGTERM, and a shell's background job ignores SIGINT: neither must leave a server behind.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    # Prefect's own handler of SIGTERM forgets to await; it ends the runner all the same.
    warnings.filterwarnings("ignore", message="coroutine 'Runner.astop' was never awaited", category=RuntimeWarning)
    with running_server(logs) as url:
        settle()
        from flows.schedule import serve_site

        paths.served_by.write_text(url, encoding="utf-8")
        line = f"已登记：{settings.schedule.cron}（{settings.site.timezone}），网页 {url.removesuffix('/api')}"
        log.info(line)
        click.echo(f"{line}。按 Ctrl-C 停止。")
        try:
            serve_site(paths, url)
        finally:  # the runner ends by an exception where systemd stops it
            log.info("停止")
            click.echo("正在停止。")
