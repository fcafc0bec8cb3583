"""`hotline watch`: a run whenever new raw files lie there whole."""

from pathlib import Path

import click

from flows.chinese_click import ChineseCommand
from flows.options import processed_option, raw_option

_EPILOG = """\b
例：
  hotline watch
  hotline watch --raw 数据/原始 --processed 数据/结果

\b
新文件停止变化一段时间（设置 schedule.settle_seconds）后才运行，不会读到拷贝了一半的文件；
另一次运行正在进行的，等它结束。启动前已经在的文件留给夜间运行，或先执行一次 hotline run。
用 hotline serve 的不必用本命令：在 hotline.toml 里写 [schedule] watch = true 即可。
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@raw_option
@processed_option
def watch(raw: Path | None, processed: Path | None) -> None:
    """守候原始目录：放入新文件就运行一次，按 Ctrl-C 停止。"""
    import signal
    from threading import Event

    from analysis.config import load_settings
    from analysis.errors import BusyError, HotlineError
    from analysis.site import site_paths
    from flows.commands.run import run_plain
    from flows.report import report_run
    from flows.watching import watch as watch_files

    paths = site_paths(raw, processed)
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):  # a run that is going on ends first
        signal.signal(number, lambda *_: stop.set())

    def start() -> bool:
        try:
            click.echo(report_run(run_plain(paths, None), paths))
        except BusyError:
            return False
        except (HotlineError, OSError) as error:
            # Not asked again before there is another file: the same fault would come every minute.
            click.echo(f"错误：{error}", err=True)
        return True

    click.echo(f"守候 {paths.raw}，放入新文件就运行。按 Ctrl-C 停止。")
    watch_files(paths.raw, load_settings(paths.settings).schedule, start, stop)
    click.echo("已停止。")
