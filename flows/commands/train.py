"""`hotline train`: rebuilds the model from the corpus in the repository."""

import click

from flows.chinese_click import ChineseCommand

_EPILOG = """\b
例：
  hotline train              # 重建
  hotline train --if-needed  # 语料、代码本都没有变就不重建
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@click.option("--if-needed", is_flag=True, help="模型与语料、代码本相符时不重建。")
def train(if_needed: bool) -> None:
    """用代码库里的语料重建判断模型（不联网，两核机器上不到两分钟）。"""
    from analysis.site import site_paths
    from analysis.training import ensure_model, train_shipped_model

    paths = site_paths()
    card = (ensure_model if if_needed else train_shipped_model)(paths.models, paths.codebook)
    click.echo(f"模型　{card['model_id']}，语料 {card['complaint_count']} 条，在 {paths.models}")
