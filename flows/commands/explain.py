"""`hotline explain`: why a complaint, or any text, is judged as it is."""

from pathlib import Path

import click

from flows.chinese_click import ChineseCommand
from flows.options import FILE, processed_option

_EPILOG = """\b
例：
  hotline explain H20230305001           # 台账里的一件诉求
  hotline explain --text "交警贴单不告知"  # 任意一段文字
  hotline explain --input 诉求.csv        # 一个表格里的各件诉求
  hotline explain --input 来信.txt        # 一个文本文件；- 为标准输入

\b
表格读入列：complaint_id、title、text。文字先去除个人信息，再按夜间运行的门槛判断。
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@click.argument("identifier", metavar="[诉求编号]", required=False)
@processed_option
@click.option("--text", metavar="文字", help="说明这段文字会怎样判断。")
@click.option("--input", "input_path", type=FILE, metavar="文件", help="说明文件里的诉求会怎样判断：表格，或 .txt。")
def explain(identifier: str | None, processed: Path | None, text: str | None, input_path: Path | None) -> None:
    """说明一件诉求或一段文字为什么这样判断：分数、句子、线索、小类、单位。"""
    from analysis.errors import UsageError
    from analysis.pipeline.explaining import explain_complaint, explain_file, explain_words
    from analysis.site import site_paths

    paths = site_paths(None, processed)
    given = [value for value in (identifier, text, input_path) if value is not None]
    if len(given) != 1:
        raise UsageError("请给出诉求编号、--text、--input 三者之一。例：hotline explain H20230305001")
    if identifier is not None:
        click.echo(explain_complaint(paths, identifier))
    elif text is not None:
        click.echo(explain_words(paths, text))
    elif input_path is not None:
        click.echo(explain_file(paths, input_path))
