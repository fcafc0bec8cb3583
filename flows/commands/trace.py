"""`hotline trace`: from a problem or complaint back to file, row, evidence and versions."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analysis.line import one_line
from flows.chinese_click import ChineseCommand
from flows.options import processed_option, raw_option

if TYPE_CHECKING:
    from analysis.ledger.trace import ComplaintTrace, ProblemTrace
    from analysis.pipeline.reporting import Traced
    from analysis.report.record import Entry
    from analysis.site import SitePaths

_EPILOG = """\b
例：
  hotline trace FR-2026-0001             # 问题：由哪些诉求构成，各在哪个文件第几行
  hotline trace H20230305001             # 诉求：出处、判断、证据、所属问题
  hotline trace R-2023Q2-07              # 报告里的数：数的是什么、怎么筛、哪次运行、怎么再算
  hotline trace H20230305001 --show-raw  # 并显示原始行（含个人信息，勿外传）
"""


@click.command(cls=ChineseCommand, epilog=_EPILOG)
@click.argument("identifier", metavar="编号")
@raw_option
@processed_option
@click.option("--show-raw", is_flag=True, help="显示原始文件里的这一行；含个人信息，勿外传。")
def trace(identifier: str, raw: Path | None, processed: Path | None, show_raw: bool) -> None:
    """从问题、诉求编号追溯到文件、行、证据和版本；从报告的编号追溯到算法和运行。"""
    from analysis.ledger.store import Reader
    from analysis.ledger.trace import ProblemTrace
    from analysis.ledger.trace import trace as find
    from analysis.pipeline.reporting import is_code, trace_code
    from analysis.site import site_paths

    paths = site_paths(raw, processed)
    if is_code(identifier):
        _show_number(trace_code(paths, identifier))
        return
    with Reader.open(paths.snapshot) as reader:
        found = find(reader, identifier)
    if isinstance(found, ProblemTrace):
        _show_problem(found)
        return
    _show_complaint(found)
    if show_raw:
        _show_raw_row(found, paths)


def _show_number(found: "Traced") -> None:
    newest = found.now or found.records[0]
    click.echo(f"编号　{newest.code}　{newest.label}")
    click.echo(f"数的　{newest.counts}")
    click.echo(f"筛选　{newest.filters}")
    click.echo(f"算法　{newest.function}")
    for entry in found.records:
        click.echo(f"报告　运行 {entry.run_id}：{_values(entry)}")
    if found.now is None:
        click.echo("现在　最近的快照里没有这一项")
    else:
        is_same = found.records and found.records[0].values == found.now.values
        remark = "（与最近的报告相同）" if is_same else "（与最近的报告不同：台账或设置变了）" if found.records else ""
        click.echo(f"现在　运行 {found.now.run_id}：{_values(found.now)}{remark}")
    click.echo(f"再算　hotline report --period {found.period}{' --public' if found.is_public else ''}")


def _values(entry: "Entry") -> str:
    return "，".join(f"{name} {value}" for name, value in entry.values.items())


def _show_problem(found: "ProblemTrace") -> None:
    from analysis.contracts import EVENT_KINDS

    problem = found.problem
    estimate = "（暂估）" if problem["is_due_provisional"] else ""
    click.echo(f"问题　{problem['problem_id']}　{problem['statement']}")
    click.echo(f"小类　{problem['sub_problem_code']}　主题 {problem['theme_code']}")
    click.echo(f"单位　{problem['unit_id'] or '待定'}：{problem['unit_reason']}")
    click.echo(f"时限　{problem['due_on']:%Y-%m-%d}{estimate}，规则 {problem['deadline_rule']}")
    click.echo(f"诉求　{len(found.links)} 件")
    for link in found.links.to_dict("records"):
        click.echo(
            f"　{link['complaint_id']}　{_day(link['received_at'])}　{_place(link)}　"
            f"得分 {link['score']:.2f}　规则 {link['cue_id'] or '无'}　"
            f"证据 [{link['evidence_start']}, {link['evidence_end']})　模型 {link['model_id']}"
        )
    click.echo(f"事件　{len(found.events)} 项")
    for event in found.events.to_dict("records"):
        told = f"{EVENT_KINDS[event['kind']]}　{event['actor']}　{event['payload']}"
        click.echo(f"　{event['sequence']}　{event['occurred_at']:%Y-%m-%d %H:%M}　{one_line(told)}")


def _show_complaint(found: "ComplaintTrace") -> None:
    from analysis.contracts import ASSESSORS, DECISIONS

    complaint = found.complaint
    click.echo(f"诉求　{complaint['complaint_id']}（原编号 {complaint['native_id'] or '无'}）")
    click.echo(
        f"出处　{_place(complaint.to_dict())}，文件指纹 {complaint['file_id'][:12]}…，运行 {complaint['run_id']}"
    )
    click.echo(f"事项　{complaint['matter_id']}" + _match(complaint.to_dict()))
    decision = DECISIONS[complaint["decision"]]
    click.echo(f"判断　{decision}，纳入分 {complaint['scope_score']:.3f}，单位类型 {complaint['unit_kind'] or '无'}")
    click.echo(
        f"理由　{complaint['reason']}" + (f"；{complaint['review_reason']}" if complaint["review_reason"] else "")
    )
    click.echo(f"版本　模型 {complaint['model_id']}，代码本 {complaint['codebook_version']}")
    for row, words in zip(found.assessments.to_dict("records"), found.evidence(), strict=True):
        click.echo(
            f"小类　{row['sub_problem_code']}　得分 {row['score']:.2f}　{ASSESSORS[row['assessor']]}"
            f"（{row['cue_id'] or '无规则'}）　问题 {row['problem_id'] or '未入账'}"
        )
        click.echo(f"证据　[{row['evidence_start']}, {row['evidence_end']})　{one_line(words.strip())}")


def _show_raw_row(found: "ComplaintTrace", paths: "SitePaths") -> None:
    from analysis.config import load_settings
    from analysis.ingest.raw_rows import read_raw_row
    from analysis.ingest.sources import load_sources

    complaint = found.complaint
    row = read_raw_row(
        paths.raw,
        complaint["file_name"],
        complaint["sheet_name"],
        int(complaint["row_number"]),
        sources=load_sources(paths.codebook),
        limits=load_settings(paths.settings).ingest,
        file_id=complaint["file_id"],
    )
    click.echo("原始行（含个人信息，勿外传）：", err=True)
    for heading, value in row.items():
        lines = [one_line(line) for line in str(value).split("\n")]
        click.echo(f"　{one_line(heading)}：" + "\n　　".join(lines))


def _day(received_at: datetime | None) -> str:
    return f"{received_at:%Y-%m-%d}" if received_at else "时间不详"


def _place(row: Mapping[Any, Any]) -> str:
    from analysis.ingest.reasons import plain

    sheet = f" 工作表“{plain(row['sheet_name'])}”" if row["sheet_name"] else ""
    return f"{plain(row['file_name'], 200)}{sheet} 第 {row['row_number']} 行"


def _match(complaint: Mapping[Any, Any]) -> str:
    if complaint["matched_complaint_id"] is None:
        return "（首件）"
    return f"（与 {complaint['matched_complaint_id']} 相似 {complaint['similarity']:.2f}）"
