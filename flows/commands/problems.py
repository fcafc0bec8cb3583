"""`hotline problems`: problems from other sources than complaints, listed in a form and registered."""

from pathlib import Path

import click

from flows.chinese_click import ChineseGroup
from flows.options import FILE, processed_option
from flows.returned import each_fault_told, tell_unread

_EPILOG = """\b
例：
  hotline problems template 问题登记表.xlsx                 # 写出空表
  hotline problems import 问题登记表.xlsx --dry-run         # 只核对，不登记
  hotline problems import 问题登记表.xlsx --person 王主任   # 登记；再次导入不重复
"""


@click.group(cls=ChineseGroup, epilog=_EPILOG)
def problems() -> None:
    """自查、上级交办、督察、案卷评查发现的问题：写出登记表、导入登记。"""


@problems.command("template")
@click.argument("output", type=FILE, metavar="文件.xlsx")
@processed_option
def write_template(output: Path, processed: Path | None) -> None:
    """写出空的问题登记表，带下拉列表和填写说明。"""
    from analysis.pipeline.problem_import import write_template as write
    from analysis.site import site_paths

    write(site_paths(None, processed), output)
    click.echo(f"已写出 {output}。填好后用 hotline problems import 导入。")


@problems.command("import")
@click.argument("workbook", type=FILE, metavar="文件.xlsx")
@click.option("--person", metavar="姓名", help="谁登记的；不写的记为监督单位。")
@click.option("--dry-run", is_flag=True, help="只核对并说明会怎样，不登记。")
@processed_option
def import_form(workbook: Path, person: str | None, dry_run: bool, processed: Path | None) -> None:
    """逐格核对填好的问题登记表并登记；有一处不对就一个也不登记。"""
    from analysis.pipeline.problem_import import import_problems
    from analysis.site import site_paths

    with each_fault_told():
        done = import_problems(site_paths(None, processed), workbook, person, is_dry_run=dry_run)
    ids = done.problem_ids
    span = f"（{ids[0]} 至 {ids[-1]}）" if ids else ""
    click.echo(f"{'将' if dry_run else '已'}登记 {len(ids)} 个问题{span}，以前已登记 {done.unchanged} 个。")
    if done.masked:
        click.echo(f"有 {done.masked} 个问题的文字含个人信息，登记时已去除，请核对。")
    tell_unread(done.unread)
    if ids and not dry_run:
        click.echo("下次 hotline run 写入清单和台账。")
