"""`hotline remind`: tells by notice what is overdue and due soon."""

from pathlib import Path

import click

from flows.chinese_click import ChineseCommand
from flows.options import processed_option

_EPILOG = """\b
例：
  hotline remind              # 有新超期、新临期的才发；每周头一次发全部
  hotline remind --dry-run    # 只看要发什么
  hotline remind --test       # 发一条试验通知，看各地址收不收得到

\b
地址、多久说一次：设置 [notify]；几点发：设置 [schedule] reminder（hotline serve）。
不用 Prefect 服务的办法（crontab）：
  30 8 * * 1-5 cd /opt/hotline && .venv/bin/hotline remind >> data/processed/夜间.log 2>&1
只有件数、单位和问题编号；没有诉求文字、个人信息，也没有线索移送类问题。
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@processed_option
@click.option("--dry-run", "is_dry", is_flag=True, help="只显示，不发送，不记为说过。")
@click.option("--test", "is_test", is_flag=True, help="发一条试验通知，与台账无关。")
def remind(processed: Path | None, *, is_dry: bool, is_test: bool) -> None:
    """催办提醒：通知哪些问题新超期、新临期，按 notify.urls。"""
    if is_dry and is_test:
        raise click.UsageError("--dry-run 不能与 --test 同用。")
    from analysis.config import load_settings
    from analysis.errors import HotlineError, SettingsError
    from analysis.pipeline.reminding import remind as make_reminder
    from analysis.site import site_paths
    from flows.notify import announce, send_reminder

    paths = site_paths(None, processed)
    if is_test:
        if not load_settings(paths.settings).notify.urls:
            raise SettingsError("没有设置通知地址。请在 hotline.toml 的 [notify] urls 里写。")
        delivery = announce(paths, "试验通知", "收到这一条，说明通知发得到。")
    else:
        reminder = make_reminder(paths)
        click.echo(f"{reminder.title}\n{reminder.body}" if reminder.body else "没有要提醒的。")
        if is_dry:
            return
        delivery = send_reminder(paths, reminder)
        if not reminder.body:
            return
    if delivery.faults:
        raise HotlineError(f"通知{delivery.faults}。")
    sent = f"送到 {delivery.reached} 个地址。"
    click.echo(sent if delivery.reached else "没有设置通知地址（notify.urls），没有发送。")
