"""`hotline lookback`: a sample of closed problems out, findings back in, and what they say of all closed problems."""

from datetime import datetime
from pathlib import Path

import click

from flows.chinese_click import ChineseGroup
from flows.options import FILE, Count, processed_option
from flows.returned import counted, each_fault_told, tell_unread

_EPILOG = """\b
例：
  hotline lookback sample 回头看核查表.xlsx --person 王主任             # 按设置的个数抽
  hotline lookback sample 回头看核查表.xlsx --person 王主任 --size 5 --seed 2026年四季度
  hotline lookback import 回头看核查表.xlsx --person 王主任             # 填好后导入
  hotline lookback report                                               # 残留失败的上限
"""


@click.group(cls=ChineseGroup, epilog=_EPILOG)
def lookback() -> None:
    """回头看：抽取已销号问题、导入核查结果、推算残留失败的上限。"""


@lookback.command("sample")
@click.argument("output", type=FILE, metavar="文件.xlsx")
@click.option("--person", required=True, metavar="姓名", help="谁抽的。")
@click.option("--size", type=Count(), metavar="个数", help="抽多少个；默认按设置 look_back.sample_size。")
@click.option("--seed", metavar="文字", help="随机种子；默认为当天日期。同一种子在同样的台账上抽出同样的问题。")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), metavar="日期", help="只抽这一天及以后销号的，如 2026-01-01。"
)
@processed_option
def draw(
    output: Path, person: str, size: int | None, seed: str | None, since: datetime | None, processed: Path | None
) -> None:
    """按单位、类别、销号季度分层抽取已销号问题，写出回头看核查表和检查清单。"""
    from analysis.pipeline.looking_back import draw_sample
    from analysis.site import site_paths

    day = since.date() if since else None
    done = draw_sample(site_paths(None, processed), output, person, size=size, seed=seed, since=day)
    click.echo(f"抽样 {done.sample_id}：从 {done.population_count} 个已销号问题中抽出 {done.sample_count} 个。")
    click.echo(f"已写出 {output}，填好后用 hotline lookback import 导入。")


@lookback.command("import")
@click.argument("workbook", type=FILE, metavar="文件.xlsx")
@click.option("--person", required=True, metavar="姓名", help="谁导入的。")
@click.option("--dry-run", is_flag=True, help="只核对并说明会怎样，不记入。")
@processed_option
def import_workbook(workbook: Path, person: str, dry_run: bool, processed: Path | None) -> None:
    """逐格核对填好的回头看核查表并记入台账；有一处不对就一行也不记。"""
    from analysis.pipeline.looking_back import import_findings
    from analysis.site import site_paths

    with each_fault_told():
        done = import_findings(site_paths(None, processed), workbook, person, is_dry_run=dry_run)
    click.echo(
        f"{counted(done.recorded, '结果', is_dry_run=dry_run)}，"
        f"以前已记入 {done.unchanged} 个，还没有查略过 {done.skipped} 行。"
    )
    tell_unread(done.unread)


@lookback.command("report")
@processed_option
def report(processed: Path | None) -> None:
    """每次抽样查了多少、反弹多少，由此推算全部已销号问题里至多有多少没有守住。"""
    from analysis.pipeline.looking_back import look_back_report
    from analysis.site import site_paths

    figures = look_back_report(site_paths(None, processed))
    if figures.empty:
        click.echo("还没有抽过样。请先执行 hotline lookback sample。")
    for row in figures.to_dict("records"):
        share = row["failing_at_most_count"] / row["population_count"]
        click.echo(
            f"{row['sample_id']}　总体 {row['population_count']} 个，抽 {row['sample_count']} 个，"
            f"已查 {row['looked_at_count']} 个，反弹 {row['failed_count']} 个；"
            f"总体中没有守住的至多 {row['failing_at_most_count']} 个（{share:.0%}，单侧 {row['confidence']:.0%} 上限）"
        )
        if row["looked_at_count"] < row["sample_count"]:
            click.echo("　　　还没有查完：上限只在没查的与已查的没有差别时成立。")
