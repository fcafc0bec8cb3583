"""`hotline train`: trains the model on the repository's corpus and the site's own labels."""

from pathlib import Path

import click

from flows.chinese_click import ChineseCommand
from flows.options import FILE

_EPILOG = """\b
例：
  hotline train                       # 用语料、data/labels 里的标注和台账里的复核结论训练
  hotline train --labels 标注.xlsx     # 先收下这个文件里的标注
  hotline train --if-needed           # 在用的模型与程序、语料、代码本相符就不动

\b
标注文件的列：complaint_id、in_scope（1/0）、codes（小类代码，以 ; 相连）、unit（单位类型），
  title、text 可省：没有的按编号到台账里取。有一行不合格就一行也不采用，逐行说明原因。
  标注先去除个人信息，再留存在 data/labels（只有本人可读）。模型只从语料学词，标注里的字词不进模型文件。
hotline.toml 里 [train] self_training = true 时，在用的模型近乎有把握、没有人复核过的诉求也以很小的权重参加训练。
有标注时先做 5×2 交叉验证，与在用的模型比；不如在用的就不替换（退出码 1），--force 强行替换。
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@click.option("--labels", "files", type=FILE, metavar="文件", multiple=True, help="本单位的标注表，可写多次。")
@click.option("--if-needed", is_flag=True, help="只在模型缺失、损坏或与程序、语料、代码本不符时重建。")
@click.option("--force", is_flag=True, help="新模型不如在用的、或无从比较时也替换。")
def train(files: tuple[Path, ...], if_needed: bool, force: bool) -> None:
    """用语料和本单位的标注训练判断模型（不联网）。"""
    if if_needed and (files or force):
        raise click.UsageError("--if-needed 不能与 --labels、--force 同用。")
    from analysis.pipeline.model_report import report_card, report_validation
    from analysis.pipeline.site_training import train_site
    from analysis.site import site_paths
    from analysis.training import ensure_model
    from flows.report import show_progress

    paths = site_paths()
    if if_needed:
        with show_progress() as progress:
            card = ensure_model(paths.models, paths.codebook, progress)
        click.echo(report_card(card, paths))
        return
    with show_progress() as progress:
        done = train_site(paths, files, is_forced=force, progress=progress)
    if done.validation is not None:
        click.echo(report_validation(done.validation))
    if done.note:
        click.echo(done.note)
    click.echo(report_card(done.card, paths))
