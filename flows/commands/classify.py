"""`hotline classify`: judges the complaints of a table one by one."""

from pathlib import Path

import click

from flows.chinese_click import ChineseCommand
from flows.options import table_options

_EPILOG = """\b
例：
  hotline classify --input 诉求.csv --output 判断.csv
  hotline classify --input 诉求.xlsx --output 判断.xlsx
  cat 诉求.csv | hotline classify > 判断.csv

\b
读入列：complaint_id、title、text。
写出列：complaint_id、in_scope（0/1）、scope_score（0～1）、codes（小类，以 ; 相连）、unit（单位类型）、
  evidence（JSON：小类与证据在“title+换行+text”里的起止位置）。
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@table_options
def classify(input_path: Path, output_path: Path) -> None:
    """对一个表格里的诉求逐件判断，写出结果表。"""
    from analysis.config import load_settings
    from analysis.site import site_paths
    from analysis.tables import read_complaints, write_table
    from analysis.training import label_by_current_model
    from flows.report import show_progress

    paths = site_paths()
    complaints = read_complaints(input_path, load_settings(paths.settings).ingest)
    with show_progress() as progress:
        judged = label_by_current_model(complaints, paths.models, paths.codebook, progress)
    write_table(judged, output_path)
