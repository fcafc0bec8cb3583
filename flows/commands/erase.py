"""`hotline erase`: takes out the words of a person's complaints."""

import sys
from pathlib import Path

import click

from flows.chinese_click import ChineseCommand
from flows.options import processed_option

_EPILOG = """\b
例：
  hotline erase --phone --person 王主任 --reason 反映人要求            # 再输入电话，不显示
  hotline erase --complainant 0a1b2c3d4e5f60718293 --person 王主任 --reason 反映人要求 --dry-run

\b
判断、归并、计数和事件都保留。备份、交出去的工作簿和训练用的标注副本不在其内，见 docs/管理员.md。
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@click.option("--complainant", metavar="摘要", help="反映人摘要，见快照 complaints 表的 complainant_key 列。")
@click.option("--phone", "asks_phone", is_flag=True, help="改用电话找：运行后输入（或从标准输入读），不写在命令行里。")
@click.option("--person", required=True, metavar="姓名", help="谁清除的。")
@click.option("--reason", required=True, metavar="理由", help="为什么；记入台账前去隐私。")
@click.option("--dry-run", is_flag=True, help="只说有几件，什么也不清除。")
@processed_option
def erase(
    complainant: str | None, person: str, reason: str, processed: Path | None, *, asks_phone: bool, dry_run: bool
) -> None:
    """清除一个反映人全部诉求的文字：台账、快照、工作簿里都不留。"""
    from analysis.pipeline.erasing import erase_person, key_of_phone
    from analysis.site import site_paths

    if asks_phone == (complainant is not None):
        raise click.UsageError("请写明 --complainant 或 --phone 之一。")
    paths = site_paths(None, processed)
    key = complainant or key_of_phone(paths, _asked_phone())
    count = erase_person(paths, key, person, reason, is_dry_run=dry_run)
    click.echo(f"{'将' if dry_run else '已'}清除 {count} 件诉求的文字。")


def _asked_phone() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("反映人电话", hide_input=True))
    return sys.stdin.readline().strip()
