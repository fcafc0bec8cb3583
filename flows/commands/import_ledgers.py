"""`hotline import`: the units' ledgers that came back, checked cell by cell and recorded."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis.line import one_line
from flows.chinese_click import ChineseCommand
from flows.options import FILE, processed_option

if TYPE_CHECKING:
    from analysis.pipeline.importing import ImportedLedger, RefusedLedger

_EPILOG = """\b
例：
  hotline import 区城管执法局整改台账.xlsx --dry-run   # 只看会怎样，什么也不写
  hotline import 交回/*.xlsx --person 李某             # 几份一起导入，写明是谁交来的
"""
_REFUSED = 2


@click.command("import", cls=ChineseCommand, epilog=_EPILOG)
@click.argument("files", type=FILE, metavar="文件…", nargs=-1, required=True)
@click.option("--person", metavar="姓名", help="谁交来的；默认各行的责任人，没有写的记单位名称。")
@click.option("--dry-run", is_flag=True, help="只说会怎样，什么也不写；几份的，后面的按前面的已经记入来说。")
@processed_option
def import_ledgers(files: tuple[Path, ...], person: str | None, processed: Path | None, *, dry_run: bool) -> int:
    """导入责任单位交回的整改台账：逐格核对，每份有一处不对就整份不记。

    只记有新内容的格；导出以后台账里已另有改动的，列入冲突清单，由监督单位定。缺行、空着都不代表办结；
    单位只能申请销号，由监督单位核查后才销号。同一份再导入不起作用。
    """
    from analysis.pipeline.importing import RefusedLedger, import_ledgers
    from analysis.site import site_paths

    refused = 0
    for result in import_ledgers(site_paths(None, processed), files, person, is_dry_run=dry_run):
        if isinstance(result, RefusedLedger):
            refused += 1
            _tell_refusal(result)
        else:
            for line in _lines(result, is_dry_run=dry_run):
                click.echo(line)
    if refused:
        click.echo(f"错误：{len(files)} 份里有 {refused} 份没有记入。请照上面各处改正后重新导入。", err=True)
    return _REFUSED if refused else 0


def _tell_refusal(refused: "RefusedLedger") -> None:
    from analysis.exchange.returned_sheet import RefusedWorkbookError

    click.echo(f"{one_line(refused.file_name)}：没有记入", err=True)
    if isinstance(refused.error, RefusedWorkbookError):
        for fault in refused.error.faults:
            click.echo(f"　{fault}", err=True)
    click.echo(f"　{refused.error}", err=True)


def _lines(done: "ImportedLedger", *, is_dry_run: bool) -> Iterator[str]:
    from analysis.exchange.unit_columns import APPLICATIONS

    head = f"{one_line(done.file_name)}：{done.unit_name}"
    if done.is_known:
        yield f"{head}，以前已经导入过这份文件，没有新内容"
        return
    yield f"{head}，{done.row_count} 行" + ("（试运行，什么也没有写）" if is_dry_run else "")
    applications = done.applications or {}
    new = [f"填报 {done.changed_count} 格"] * bool(done.changed_count)
    new += [f"{APPLICATIONS[kind]} {count} 件" for kind, count in applications.items()]
    where = f"，见 {done.conflict_list}" if done.conflict_list else ""
    told = {
        f"记入　　{'，'.join(new)}，涉及 {done.problem_count} 个问题": bool(new),
        "没有新内容": not new and not done.conflict_count,
        f"冲突　　{done.conflict_count} 处没有记入，由监督单位定{where}": done.conflict_count,
        f"缺行　　{done.missing_count} 个问题没有交回，照旧，不表示办结": done.missing_count,
        f"重复　　{done.repeated_count} 行与另一行完全相同，只记一次": done.repeated_count,
        f"已记入　{done.known_applications} 件申请与上次的相同": done.known_applications,
        f"照旧　　{done.kept_count} 格与导出时或上次交回的一样，而台账里后来已有改动，以台账为准": done.kept_count,
        f"去隐私　{'、'.join(done.masked)} 里的电话、证件号、姓名等已去除，请提醒单位不要写": done.masked,
        f"没有读取　{'、'.join(done.unread)}": done.unread,
    }
    yield from (f"　{line}" for line, is_told in told.items() if is_told)
