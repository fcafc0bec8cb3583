"""`hotline models`: lists the models of the site, compares two, goes back to an earlier one."""

import click

from flows.chinese_click import ChineseGroup

_EPILOG = """\b
例：
  hotline models                                    # 列出
  hotline models compare m-7fd7e5237fda m-0c1b2a3d4e5f
  hotline models use m-7fd7e5237fda                 # 换回这个模型
"""


@click.group(cls=ChineseGroup, epilog=_EPILOG, invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """判断模型：列出、比较、换用。"""
    if context.invoked_subcommand is not None:
        return
    from analysis.pipeline.model_report import report_models
    from analysis.pipeline.site_training import model_list
    from analysis.site import site_paths

    click.echo(report_models(model_list(site_paths())))


@models.command("compare")
@click.argument("one", metavar="模型甲")
@click.argument("other", metavar="模型乙")
def compare(one: str, other: str) -> None:
    """并列两个模型的分数和区间。"""
    from analysis.pipeline.model_report import report_comparison
    from analysis.pipeline.site_training import compare_models
    from analysis.site import site_paths

    click.echo(report_comparison(one, other, compare_models(site_paths(), one, other)))


@models.command("use")
@click.argument("model_id", metavar="模型")
def use(model_id: str) -> None:
    """换用一个以前的模型；已作出的判断不变，以后的诉求用它判断。"""
    from analysis.pipeline.model_report import report_card
    from analysis.site import site_paths
    from analysis.training import use_model

    paths = site_paths()
    click.echo(report_card(use_model(paths.models, model_id, paths.codebook), paths))
