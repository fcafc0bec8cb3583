"""`hotline decide`: what waits for the supervisor out as a workbook, decisions back in, and corrections."""

from pathlib import Path

import click

from flows.chinese_click import ChineseGroup
from flows.options import FILE, Count, processed_option
from flows.returned import counted, each_fault_told, tell_unread

_EPILOG = """\b
例：
  hotline decide export 监督台账.xlsx                          # 写出等待决定的和其他问题
  hotline decide import 监督台账.xlsx --person 王主任 --dry-run  # 只核对，不记入
  hotline decide import 监督台账.xlsx --person 王主任
  hotline decide correct FR-2026-0001 --event 128 --person 王主任 --reason 点错了
"""


@click.group(cls=ChineseGroup, epilog=_EPILOG)
def decide() -> None:
    """监督决定：导出监督台账、导入决定、更正错了的步骤。"""


@decide.command("export")
@click.argument("output", type=FILE, metavar="文件.xlsx")
@click.option("--with-leads", is_flag=True, help="连同线索类问题（如索贿受贿）；只限有权接触线索的人。")
@processed_option
def export_workbook(output: Path, with_leads: bool, processed: Path | None) -> None:
    """把等待监督单位决定的问题和其他问题写成监督台账；只有本人可读。"""
    from analysis.pipeline.deciding import export_decisions
    from analysis.site import site_paths

    done = export_decisions(site_paths(None, processed), output, with_leads=with_leads)
    click.echo(f"已写出 {done.written} 个问题到 {output}，其中 {done.waiting} 个等待决定。")
    if done.leads_left_out:
        click.echo(f"另有 {done.leads_left_out} 个线索类问题没有写出；由有权接触线索的人加 --with-leads 导出。")


@decide.command("import")
@click.argument("workbook", type=FILE, metavar="文件.xlsx")
@click.option("--person", required=True, metavar="姓名", help="谁决定的。")
@click.option("--dry-run", is_flag=True, help="只核对并说明会怎样，不记入。")
@processed_option
def import_workbook(workbook: Path, person: str, dry_run: bool, processed: Path | None) -> None:
    """逐格核对填好的监督台账并记入台账；有一处不对就一个决定也不记。"""
    from analysis.pipeline.deciding import import_decisions
    from analysis.site import site_paths

    with each_fault_told():
        done = import_decisions(site_paths(None, processed), workbook, person, is_dry_run=dry_run)
    click.echo(
        f"{counted(done.recorded, '决定', is_dry_run=dry_run)}，"
        f"以前已记入 {done.unchanged} 个，没有决定略过 {done.skipped} 行。"
    )
    if done.masked:
        click.echo(f"有 {done.masked} 个决定的文字含个人信息，记入时已去除，请核对。")
    if done.moved:
        click.echo(f"随问题的并入或恢复{'将移动' if dry_run else '移动了'} {done.moved} 件诉求。")
    tell_unread(done.unread)
    if done.recorded and not dry_run:
        click.echo("用 hotline export 或等下次 hotline run 更新清单和台账。")


@decide.command("correct")
@click.argument("problem", metavar="问题编号")
@click.option("--event", "sequence", type=Count(), required=True, metavar="序号", help="事件的序号，见 hotline trace。")
@click.option("--person", required=True, metavar="姓名", help="谁决定的。")
@click.option("--reason", required=True, metavar="理由", help="为什么更正；记入台账前去隐私。")
@processed_option
def correct(problem: str, sequence: int, person: str, reason: str, processed: Path | None) -> None:
    """更正一个问题以前的某一步：事件保留，问题按去掉这一步后的经过重算。"""
    from analysis.contracts import PROBLEM_STATUSES
    from analysis.pipeline.deciding import correct_step
    from analysis.site import site_paths

    now = correct_step(site_paths(None, processed), problem, sequence, person, reason)
    click.echo(f"已更正第 {sequence} 项事件。问题 {problem} 现在是“{PROBLEM_STATUSES[now['status']]}”。")
