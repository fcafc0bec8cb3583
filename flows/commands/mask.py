"""`hotline mask`: takes personal data out of a table."""

from pathlib import Path

import click

from flows.chinese_click import ChineseCommand
from flows.options import table_options

_EPILOG = """\b
例：
  hotline mask --input 工单.csv --output 去隐私.csv

列和次序不变；全空的行略去，单元格首尾的空白去掉。
姓名、电话等列按列名认出（见 columns.toml），整格替换；其余各列按写法识别。
规则识别不了所有写法：外发前请人工抽查。
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@table_options
def mask(input_path: Path, output_path: Path) -> None:
    """去除一个表格里的个人信息，列不变。"""
    from analysis.config import load_settings
    from analysis.pipeline.masking import mask_any_table
    from analysis.site import site_paths
    from analysis.tables import read_table, write_table

    paths = site_paths()
    table = read_table(input_path, load_settings(paths.settings).ingest)
    write_table(mask_any_table(table, paths.codebook), output_path)
