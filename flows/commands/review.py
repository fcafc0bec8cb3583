"""`hotline review`: the review queue out as a workbook, decisions back in, and how far reviewers agree."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.chinese_click import ChineseGroup
from flows.options import FILE, Count, processed_option
from flows.returned import each_fault_told, tell_unread

if TYPE_CHECKING:
    from analysis.ledger.agreement import Estimate, PairAgreement

_EPILOG = """\b
例：
  hotline review export 复核表.xlsx --limit 100  # 最值得复核的 100 件
  hotline review import 复核表.xlsx              # 填好后导入，下次运行生效
  hotline review agreement                       # 两人以上复核的一致率和分歧
"""


@click.group(cls=ChineseGroup, epilog=_EPILOG)
def review() -> None:
    """人工复核：导出复核表、导入复核意见、计算一致率。"""


@review.command("export")
@click.argument("output", type=FILE, metavar="文件.xlsx")
@click.option("--limit", type=Count(), metavar="件数", help="最多导出多少件；默认全部。")
@click.option("--with-leads", is_flag=True, help="连同可能含线索（如索贿受贿）的诉求；只限有权接触线索的人复核。")
@processed_option
def export_workbook(output: Path, limit: int | None, with_leads: bool, processed: Path | None) -> None:
    """把复核队列写成复核表，最值得复核的在前；只有本人可读。"""
    from analysis.pipeline.review_workbooks import export_queue
    from analysis.site import site_paths

    done = export_queue(site_paths(None, processed), output, limit, with_leads=with_leads)
    click.echo(f"已写出 {done.written} 件到 {output}，队列里共有 {done.waiting} 件。")
    if done.leads_left_out:
        click.echo(f"另有 {done.leads_left_out} 件可能含线索，没有写出；由有权接触线索的人加 --with-leads 导出复核。")


@review.command("import")
@click.argument("workbook", type=FILE, metavar="文件.xlsx")
@processed_option
def import_workbook(workbook: Path, processed: Path | None) -> None:
    """逐格核对填好的复核表并记入台账；有一处不对就一行也不记。"""
    from analysis.pipeline.review_workbooks import import_reviews
    from analysis.site import site_paths

    with each_fault_told():
        done = import_reviews(site_paths(None, processed), workbook)
    click.echo(f"记入 {done.recorded} 条，以前已记入 {done.unchanged} 条，没有结论略过 {done.skipped} 行。")
    if done.complaints:
        click.echo(f"涉及诉求 {done.complaints} 件，下次 hotline run 生效。")
    tell_unread(done.unread)


@review.command("agreement")
@processed_option
def agreement(processed: Path | None) -> None:
    """两人以上复核过的诉求：一致率、Kappa 系数及其区间，未解决的分歧。"""
    from analysis.pipeline.reviewing import review_agreement
    from analysis.site import site_paths

    pairs, disputes = review_agreement(site_paths(None, processed))
    for pair in pairs:
        _show_pair(pair)
    if not pairs:
        click.echo("还没有两人都复核过的诉求，无法计算一致率。")
    click.echo(f"意见不一致、尚未裁定的诉求 {len(disputes)} 件。")
    for complaint_id, told in disputes.items():
        click.echo(f"　{complaint_id}　{told}")


def _show_pair(pair: "PairAgreement") -> None:
    click.echo(f"{pair.first} 与 {pair.second}：共同复核 {pair.text_count} 件（各取第一次的意见，不含裁定）")
    click.echo(f"　是否纳入　一致 {_share(pair.same_count, pair.text_count)}，Kappa {_words(pair.decision)}")
    if pair.both_in_scope_count:
        n = pair.both_in_scope_count
        same_codes, same_unit = _share(pair.same_codes_count, n), _share(pair.same_unit_count, n)
        click.echo(f"　都纳入的 {n} 件　小类全同 {same_codes}，单位相同 {same_unit}")
        click.echo(f"　　　　　　各小类 Kappa 平均 {_words(pair.sub_problems)}")


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole}（{part / whole:.0%}）"


def _words(estimate: "Estimate") -> str:
    if estimate.value is None:
        return "无法计算（两人都只有同一种结论）"
    return f"{estimate.value:.2f}（95% 区间 {estimate.low:.2f} 至 {estimate.high:.2f}）"
