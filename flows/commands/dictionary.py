"""`hotline dictionary`: the data dictionary, made from the contracts."""

import click

from flows.chinese_click import ChineseCommand

_EPILOG = """\b
例：
  hotline dictionary > 数据字典.md
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
def dictionary() -> None:
    """输出数据字典：每张表、每一列的含义（Markdown）。"""
    from analysis.dictionary import data_dictionary

    click.echo(data_dictionary(), nl=False)
