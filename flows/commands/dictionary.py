"""`hotline dictionary`: data dictionary, life of a problem, list of figures, made from what the program goes by."""

import click

from flows.chinese_click import ChineseCommand

_EPILOG = """\b
例：
  hotline dictionary > 数据字典.md
  hotline dictionary --life-cycle > 问题生命周期.md
  hotline dictionary --figures > 图表.md
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@click.option("--life-cycle", "shows_life_cycle", is_flag=True, help="改为输出问题从登记到销号、回头看的图和每一步。")
@click.option("--figures", "shows_figures", is_flag=True, help="改为输出图的目录：每张图画什么、怎么看、不能当什么看。")
def dictionary(*, shows_life_cycle: bool, shows_figures: bool) -> None:
    """输出数据字典：每张表、每一列的含义（Markdown）。"""
    from analysis.dictionary import data_dictionary
    from analysis.ledger.life_cycle import load_life_cycle
    from analysis.life_cycle_page import life_cycle_page
    from analysis.site import site_paths

    if shows_life_cycle and shows_figures:
        raise click.UsageError("--life-cycle 和 --figures 只能用一个。")
    if shows_figures:
        from analysis.figures.page import figures_page

        page = figures_page()
    else:
        page = life_cycle_page(load_life_cycle(site_paths().codebook)) if shows_life_cycle else data_dictionary()
    click.echo(page, nl=False)
