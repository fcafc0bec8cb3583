"""`hotline audit`: who did what and when."""

from datetime import date
from pathlib import Path

import click

from analysis.line import one_line
from flows.chinese_click import ChineseCommand
from flows.options import FILE, Day, processed_option

_EPILOG = """\b
例：
  hotline audit --since 2026-11-01
  hotline audit --person 王主任 --output 操作记录.xlsx
  hotline audit --problem FR-2026-0001      # 这个问题的全部事件，系统做的也列出
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@click.option("--since", type=Day(), metavar="日期", help="从这一天起。")
@click.option("--person", metavar="姓名", help="只看一个人做的；系统做的写“系统”。")
@click.option("--problem", "problem_id", metavar="问题编号", help="只看一个问题的。")
@click.option("--output", type=FILE, metavar="文件.xlsx", help="写成工作簿，只有本人可读；默认列在屏幕上。")
@processed_option
def audit(
    since: date | None, person: str | None, problem_id: str | None, output: Path | None, processed: Path | None
) -> None:
    """谁在什么时候做了什么：决定、复核、归并、放行、导入、导出、运行。"""
    from analysis.pipeline.auditing import audit_site, write_audit_workbook
    from analysis.site import site_paths

    paths = site_paths(None, processed)
    acts = audit_site(paths, since, person, problem_id)
    if output is not None:
        write_audit_workbook(output, paths, acts, since, person, problem_id)
        click.echo(f"已写出 {len(acts)} 项到 {output}。")
        return
    for act in acts:
        said = (act.person, act.what, act.problem_id, act.object, act.detail)
        click.echo(one_line(f"{act.at:%Y-%m-%d %H:%M}　{'　'.join(part for part in said if part)}"))
    click.echo(f"共 {len(acts)} 项。")
