"""`hotline evaluate`: how well the model in use judges."""

from pathlib import Path

import click

from flows.chinese_click import ChineseCommand
from flows.options import FILE

_EPILOG = """\b
例：
  hotline evaluate                                  # 在用模型在语料（和学过的标注）上的交叉验证分数
  hotline evaluate --labels data/sample/labels.csv  # 在一批标注上检验（这一批是示例数据，先 hotline run）
  hotline evaluate --labels 标注.xlsx --output 评估.xlsx

\b
要重现过去的分数，用 hotline trace 诉求编号 查出当时的模型和代码本，再：
  hotline evaluate --labels 标注.csv --model m-0123456789ab --codebook 2026.1-0123abcd
每次运行所用的类别表和规则都留存在 data/processed/codebooks，以版本命名。

\b
标注文件的列与 hotline train --labels 相同；模型学过的标注不计入。
写出 .xlsx 得三张表：指标、分项、错例；写出 .csv 只得错例。错例只有编号，没有诉求文字。
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@click.option("--labels", "labels_path", type=FILE, metavar="文件", help="标注表；不给则显示交叉验证的分数。")
@click.option("--output", "output_path", type=FILE, metavar="文件", help="另写到 .xlsx 或 .csv；须与 --labels 同用。")
@click.option("--model", "model_id", metavar="编号", default="", help="检验这个模型，不是在用的；须与 --labels 同用。")
@click.option("--codebook", "version", metavar="版本", default="", help="按留存的这一版代码本；须与 --labels 同用。")
def evaluate(labels_path: Path | None, output_path: Path | None, model_id: str, version: str) -> None:
    """检验在用的模型：分数与区间、各类别的对错、错例编号。"""
    for option, value in (("--output", output_path), ("--model", model_id), ("--codebook", version)):
        if labels_path is None and value:
            raise click.UsageError(f"{option} 须与 --labels 同用。")
    from analysis.codebook.scheme import load_scheme
    from analysis.pipeline.codebooks import kept_codebook
    from analysis.pipeline.model_report import evaluation_tables, report_cross_validation, report_evaluation
    from analysis.pipeline.site_training import evaluate_labels
    from analysis.site import site_paths
    from analysis.tables import write_tables
    from analysis.training import ensure_model
    from flows.report import show_progress

    paths = site_paths()
    if labels_path is None:
        with show_progress() as progress:
            card = ensure_model(paths.models, paths.codebook, progress)
        click.echo(report_cross_validation(card))
        return
    codebook = kept_codebook(paths, version) if version else None
    with show_progress() as progress:
        report = evaluate_labels(paths, labels_path, model_id, codebook, progress)
    scheme = load_scheme(codebook or paths.codebook)
    if output_path is not None:
        write_tables(evaluation_tables(report, scheme), output_path)
    click.echo(report_evaluation(report, scheme))
    if output_path is not None:
        click.echo(f"已写出 {output_path}。")
