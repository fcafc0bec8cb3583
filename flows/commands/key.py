"""`hotline key`: the key by which repeat complainants are known."""

from pathlib import Path

import click

from flows.chinese_click import ChineseGroup
from flows.options import processed_option

_EPILOG = """\b
例：
  hotline key rotate --person 王主任 --reason 密钥管理人离任
"""


@click.group(cls=ChineseGroup, epilog=_EPILOG)
def key() -> None:
    """反映人摘要的密钥：更换。"""


@key.command("rotate")
@click.option("--person", required=True, metavar="姓名", help="谁更换的。")
@click.option("--reason", required=True, metavar="理由", help="为什么；记入台账前去隐私。")
@processed_option
def rotate(person: str, reason: str, processed: Path | None) -> None:
    """加一个密钥，全部反映人摘要随之改变；以前的反映人仍认得出。"""
    from analysis.pipeline.rotating import rotate_key
    from analysis.site import site_paths

    paths = site_paths(None, processed)
    count = rotate_key(paths, person, reason)
    click.echo(f"已更换，改了 {count} 个反映人摘要。请重新备份 {paths.key.parent} 里的全部密钥文件，旧的不要删。")
