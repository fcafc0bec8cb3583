"""`hotline place`: people say which problem a complaint belongs to, and which complaints are one matter."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from flows.chinese_click import ChineseGroup
from flows.options import processed_option

if TYPE_CHECKING:
    from analysis.pipeline.placing import Placed, Said

_Command = TypeVar("_Command", bound=Callable[..., Any])

_EPILOG = """\b
例：
  hotline place move H20230305001 --to FR-2026-0002 --person 王主任 --reason 说的是态度
  hotline place split FR-2026-0001 H20230305001 H20230305002 --person 王主任 --reason 另一路段
  hotline place merge FR-2026-0003 --into FR-2026-0001 --person 王主任 --reason 同一问题
  hotline place same H20230305001 H20230305002 --person 王主任 --reason 同一人同一事
  hotline place different H20230305001 H20230305003 --person 王主任 --reason 两处地点
"""


def _said(command: _Command) -> _Command:
    """Add --person and --reason."""
    reason = click.option("--reason", required=True, metavar="理由", help="为什么；记入台账前去隐私。")
    return click.option("--person", required=True, metavar="姓名", help="谁决定的。")(reason(command))


@click.group(cls=ChineseGroup, epilog=_EPILOG)
def place() -> None:
    """人工归并：诉求归哪个问题、哪些诉求是同一事项；决定一直有效。"""


@place.command("move")
@click.argument("complaints", nargs=-1, required=True, metavar="诉求编号…")
@click.option("--to", "to_id", required=True, metavar="问题编号", help="移到哪个问题。")
@click.option("--from", "from_id", metavar="问题编号", help="从哪个问题移出；诉求在几个问题里时必须写明。")
@_said
@processed_option
def move(
    complaints: tuple[str, ...], to_id: str, from_id: str | None, person: str, reason: str, processed: Path | None
) -> None:
    """把诉求移到另一个问题；以后重新判断、重新训练也不变。"""
    from analysis.pipeline.placing import move_complaints
    from analysis.site import site_paths

    done = move_complaints(site_paths(None, processed), complaints, to_id, _decided(person, reason), from_id)
    click.echo(f"移动了 {done.complaint_count} 件诉求，现在在问题 {done.problem_id}。")
    _tell_emptied(done)


@place.command("split")
@click.argument("problem", metavar="问题编号")
@click.argument("complaints", nargs=-1, required=True, metavar="诉求编号…")
@click.option("--statement", metavar="文字", help="新问题的具体问题，中性文字；默认与原问题相同。")
@_said
@processed_option
def split(
    problem: str, complaints: tuple[str, ...], statement: str | None, person: str, reason: str, processed: Path | None
) -> None:
    """把一个问题里的一些诉求分出来，登记为新问题；以后同样的诉求仍归原问题。"""
    from analysis.pipeline.placing import split_problem
    from analysis.site import site_paths

    done = split_problem(site_paths(None, processed), problem, complaints, _decided(person, reason), statement)
    click.echo(f"登记了新问题 {done.problem_id}，分出 {done.complaint_count} 件诉求。")
    _tell_emptied(done)


@place.command("merge")
@click.argument("problem", metavar="问题编号")
@click.option("--into", "into_id", required=True, metavar="问题编号", help="并入哪个问题。")
@_said
@processed_option
def merge(problem: str, into_id: str, person: str, reason: str, processed: Path | None) -> None:
    """把一个问题并入另一个，连同其诉求；以后同样的诉求也归后者。"""
    from analysis.pipeline.placing import merge_two_problems
    from analysis.site import site_paths

    done = merge_two_problems(site_paths(None, processed), problem, into_id, _decided(person, reason))
    click.echo(f"问题 {problem} 已并入 {done.problem_id}，随之移动 {done.complaint_count} 件诉求。")


@place.command("same")
@click.argument("complaints", nargs=-1, required=True, metavar="诉求编号…")
@_said
@processed_option
def same(complaints: tuple[str, ...], person: str, reason: str, processed: Path | None) -> None:
    """裁定几件诉求是同一事项（重复件）；它们所在的事项并为最早的一个。"""
    from analysis.pipeline.placing import same_matter
    from analysis.site import site_paths

    count = same_matter(site_paths(None, processed), complaints, _decided(person, reason))
    click.echo(f"已裁定为同一事项，改变了 {count} 件诉求所属的事项。")


@place.command("different")
@click.argument("one", metavar="诉求编号")
@click.argument("other", metavar="诉求编号")
@_said
@processed_option
def different(one: str, other: str, person: str, reason: str, processed: Path | None) -> None:
    """裁定两件诉求是不同事项；以后永不归到一起。"""
    from analysis.pipeline.placing import different_matters
    from analysis.site import site_paths

    count = different_matters(site_paths(None, processed), one, other, _decided(person, reason))
    click.echo(f"已裁定为不同事项，改变了 {count} 件诉求所属的事项。")


def _decided(person: str, reason: str) -> "Said":
    from analysis.pipeline.placing import Said

    return Said(person, reason)


def _tell_emptied(done: "Placed") -> None:
    for problem_id in done.emptied:
        click.echo(f"问题 {problem_id} 已没有诉求，请决定并入别的问题或认定不属实。")
