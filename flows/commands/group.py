"""`hotline group`: finds complaints of the same matter in a table."""

from pathlib import Path

import click

from flows.chinese_click import ChineseCommand
from flows.options import table_options

_EPILOG = """\b
例：
  hotline group --input 诉求.csv --output 事项.csv

\b
读入列：complaint_id、title、text，按先后排列；有 received_at 的按它排先后，相隔太久的不算同一事项。
写出列：complaint_id、matter_id；同一事项的诉求 matter_id 相同，以首件命名。
同一事项：同一地点或对象的同一件事，不论谁说、怎么说；只差地名的套话是不同的事项。
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@table_options
def group(input_path: Path, output_path: Path) -> None:
    """对一个表格里的诉求找出同一事项（重复件）。"""
    from zoneinfo import ZoneInfo

    from analysis.config import load_settings
    from analysis.pipeline.merging import group_table
    from analysis.site import site_paths
    from analysis.tables import read_dated_complaints, write_table
    from flows.report import show_progress

    paths = site_paths()
    settings = load_settings(paths.settings)
    complaints = read_dated_complaints(input_path, settings.ingest, ZoneInfo(settings.site.timezone))
    with show_progress() as progress:
        grouped = group_table(complaints, settings, paths.codebook, progress)
    write_table(grouped, output_path)
