"""`hotline quarantine`: what was not accepted, why, and how it comes back."""

from pathlib import Path

import click

from analysis.line import one_line
from flows.chinese_click import ChineseGroup
from flows.options import processed_option, raw_option

_EPILOG = """\b
例：
  hotline quarantine list
  hotline quarantine export 待改.xlsx     # 打开、改好黄底格、保存
  hotline quarantine resubmit 待改.xlsx   # 放回原始目录，下次运行重收
"""


@click.group(cls=ChineseGroup, epilog=_EPILOG)
def quarantine() -> None:
    """隔离区：列出、导出修改、重新提交。"""


@quarantine.command("list")
@processed_option
def list_entries(processed: Path | None) -> None:
    """列出待处理的隔离条目：文件、行、列、原因。"""
    from analysis.pipeline.quarantine import open_entries
    from analysis.site import site_paths

    entries = open_entries(site_paths(None, processed))
    for entry in entries.to_dict("records"):
        sheet = f" 工作表“{entry['sheet_name']}”" if entry["sheet_name"] else ""
        row = f" 第 {entry['row_number']} 行" if entry["row_number"] else ""
        words = f"{entry['quarantine_id']}　{entry['file_name']}{sheet}{row}　{entry['value_class']}　{entry['reason']}"
        click.echo(one_line(words))
    click.echo(f"共 {len(entries)} 条待处理。")


@quarantine.command("export")
@click.argument("output", type=click.Path(path_type=Path, dir_okay=False), metavar="文件.xlsx")
@raw_option
@processed_option
def export_entries(output: Path, raw: Path | None, processed: Path | None) -> None:
    """导出待处理的行连同原值，供修改；含个人信息，只有本人可读。"""
    from analysis.pipeline.quarantine import export_quarantine
    from analysis.site import site_paths

    count = export_quarantine(site_paths(raw, processed), output)
    click.echo(f"已写出 {count} 条到 {output}。含个人信息，勿外传，改好重交后请删除。")


@quarantine.command("resubmit")
@click.argument("mended", type=click.Path(path_type=Path, dir_okay=False), metavar="文件.xlsx")
@raw_option
def resubmit(mended: Path, raw: Path | None) -> None:
    """把改好的修改表放回原始目录，下次运行时重收。"""
    from analysis.pipeline.quarantine import resubmit_quarantine
    from analysis.site import site_paths

    target = resubmit_quarantine(site_paths(raw, None), mended)
    click.echo(f"已放入 {target}。请执行 hotline run 重收。")
