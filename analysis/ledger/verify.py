"""Checks the ledger against itself: chain, problems rebuilt from all events, links, decisions, rows, snapshot."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import pandas as pd

from analysis.contracts import LIFE_CYCLE_KINDS, OUTCOMES, PROBLEMS, RUNS, TABLES, Column, ColumnType
from analysis.errors import IntegrityError
from analysis.ledger.chain import Head, faults, head_faults
from analysis.ledger.life_cycle import CREATED, LifeCycle
from analysis.ledger.steps import CORRECTED, IsRestricted, corrected_sequence, plain_problem, read_step, replay
from analysis.ledger.store import Reader

_BATCH = 100_000
"""Events held in memory at once."""
_TOLD_VALUES = {ColumnType.DATE, ColumnType.INTEGER, ColumnType.BOOLEAN}
"""Types of columns whose values may be told; free text could be anything."""
_CHANGED_AFTER_PUBLICATION = {(RUNS.name, name) for name in ("finished_at", "status", "counts")}
"""What a run that fails after it published writes about itself."""
_SIDES = {"ledger": "台账里有，快照里没有", "snapshot": "快照里有，台账里没有", "both": "快照与台账不同"}


@dataclass(frozen=True)
class Finding:
    """What one check looked at, and where it found that things do not fit (Chinese, one line each)."""

    name: str
    scope: str
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Rules:
    """By what the history is judged: the state machine, and which sub-problems are leads."""

    life_cycle: LifeCycle
    is_restricted: IsRestricted


def verify(reader: Reader, kept: Head, rules: Rules) -> list[Callable[[], Finding]]:
    """Return the checks of a ledger in their order; each is made when it is called, while the reader is open.

    Args:
        reader: the ledger, opened by `Reader.open_beside` if there is a snapshot.
        kept: the head of the chain that was kept outside; sequence 0 where none was.
        rules: the state machine.
    """
    alone = (_links, _reviews, _placements, _rulings, _rows, *([_snapshot] if reader.has_snapshot else []))
    return [partial(_chain, reader, kept), partial(_problems, reader, rules), *(partial(c, reader) for c in alone)]


def _chain(reader: Reader, kept: Head) -> Finding:
    last, before, found, count = reader.head(), Head(), list[str](), 0
    while before.sequence < last.sequence:
        events = reader.query("events_between", first=before.sequence + 1, last=before.sequence + _BATCH)
        if events.empty:  # a gap wider than a batch; the next event is told as following it
            before = Head(before.sequence + _BATCH, before.hash)
            found.append(f"第 {before.sequence - _BATCH + 1} 项到第 {before.sequence} 项事件不见了")
            continue
        found += faults(events, before)
        count += len(events)
        before = Head(int(events["sequence"].iloc[-1]), str(events["hash"].iloc[-1]))
    at_head = reader.query("events_between", first=kept.sequence, last=kept.sequence)
    found += head_faults(at_head, last, kept)
    late = reader.query("finished_runs_after", sequence=kept.sequence)["run_id"]
    found += [f"运行 {run_id} 早已结束，它的事件却在链首之后：链首文件可能被换成了旧的" for run_id in late]
    return Finding("事件链", f"{count} 项事件，链首第 {kept.sequence} 项", tuple(found))


def _problems(reader: Reader, rules: Rules) -> Finding:
    """Rebuild all problems from the events and compare them cell by cell with the table."""
    steps, unreadable, old = _readable(reader.query("step_events", kinds=[*LIFE_CYCLE_KINDS, CORRECTED]))
    rebuilt = replay(steps, rules.life_cycle, rules.is_restricted)
    kept = reader.table(PROBLEMS)
    kept = kept[~kept["problem_id"].isin(old)]
    found = [*unreadable, *rebuilt.faults, *compare(rebuilt.problems, kept)]
    remark = f"；另有 {len(old)} 个问题由旧版程序登记，事件不全，没有比对" if old else ""
    return Finding("事件与问题", f"{len(kept)} 个问题，{len(steps)} 步{remark}", tuple(found))


def _readable(events: pd.DataFrame) -> tuple[pd.DataFrame, list[str], set[str]]:
    """Return the steps that can be read, what is wrong with the others, and the problems of an old program.

    Programs before the declared life cycle wrote down less than what a problem consists of.
    """
    is_sound, found, old = [], list[str](), set[str]()
    for event in events.to_dict("records"):
        problem_id = str(event["problem_id"])
        try:
            if _is_of_old_program(event):
                old.add(problem_id)
            elif event["kind"] == CORRECTED:
                corrected_sequence(event)
            elif problem_id not in old:
                read_step(event)
            is_sound.append(problem_id not in old)
        except IntegrityError:
            is_sound.append(False)
            found.append(f"问题 {problem_id} 的第 {event['sequence']} 项事件的内容读不出来")
    return events[pd.Series(is_sound, index=events.index, dtype=bool)], found, old


def _is_of_old_program(event: Mapping[Any, Any]) -> bool:
    if event["kind"] != CREATED:
        return False
    try:
        content = json.loads(event["payload"])
    except ValueError:
        return False
    return "facts" not in content and "role" not in content


def compare(rebuilt: pd.DataFrame, kept: pd.DataFrame) -> list[str]:
    """Return where the table of problems differs from the problems as the events tell them (Chinese)."""
    told, there = _by_id(rebuilt), _by_id(kept)
    found = [f"问题 {i} 在问题表里，却没有登记它的事件" for i in sorted(set(there) - set(told))]
    found += [f"问题 {i} 有登记的事件，却不在问题表里" for i in sorted(set(told) - set(there))]
    for problem_id in sorted(set(told) & set(there)):
        for column in PROBLEMS.columns:
            one, other = there[problem_id][column.name], told[problem_id][column.name]
            if one != other:
                words = f"：表里是 {_said(one, column)}，事件推出 {_said(other, column)}" if _is_told(column) else ""
                found.append(f"问题 {problem_id} 的“{column.heading}”与事件不符{words}")
    return found


def _by_id(problems: pd.DataFrame) -> dict[str, Mapping[str, Any]]:
    return {str(row["problem_id"]): plain_problem(row) for row in problems.to_dict("records")}


def _is_told(column: Column) -> bool:
    return bool(column.values) or column.type in _TOLD_VALUES


def _said(value: object, column: Column) -> str:
    return "空" if value is None else column.values.get(str(value), str(value))


def _links(reader: Reader) -> Finding:
    """Compare the links with what the events of coming in and leaving leave in each problem; none counts twice."""
    found = [
        f"诉求 {row['complaint_id']} 按事件{'在' if row['is_told'] else '不在'}问题 {row['problem_id']} 里，"
        f"问题与诉求表里却{'有' if row['is_kept'] else '没有'}"
        for row in reader.query("contradicted_links").to_dict("records")
    ]
    found += [
        f"诉求 {row['complaint_id']} 的判断 {row['sub_problem_code']} 同时并入了问题 {row['problem_ids']}"
        for row in reader.query("shared_judgements").to_dict("records")
    ]
    count = int(reader.query("link_count")["link_count"].iloc[0])
    return Finding("问题与诉求", f"{count} 件归并", tuple(found))


def _reviews(reader: Reader) -> Finding:
    found = [
        f"复核 {row['review_id']}（诉求 {row['complaint_id']}）{row['what']}"
        for row in reader.query("contradicted_reviews").to_dict("records")
    ]
    count = int(reader.query("review_count")["review_count"].iloc[0])
    return Finding("人工复核", f"{count} 次决定", tuple(found))


def _placements(reader: Reader) -> Finding:
    found = [
        f"诉求 {row['complaint_id']}（{row['sub_problem_code']}，{_moment(row['decided_at'])}）的归属{row['what']}"
        for row in reader.query("contradicted_placements").to_dict("records")
    ]
    count = int(reader.query("decision_counts")["placement_count"].iloc[0])
    return Finding("人工归属", f"{count} 次决定", tuple(found))


def _rulings(reader: Reader) -> Finding:
    found = [
        f"诉求 {row['complaint_id']} 对 {row['other_complaint_id']}（{_moment(row['decided_at'])}）的裁定{row['what']}"
        for row in reader.query("contradicted_rulings").to_dict("records")
    ]
    count = int(reader.query("decision_counts")["ruling_count"].iloc[0])
    return Finding("事项裁定", f"{count} 次裁定", tuple(found))


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _rows(reader: Reader) -> Finding:
    """Check that no row was lost: each file's counts, the rows behind them, and the complaints behind those."""
    files = reader.query("file_balance")
    found = [words for file in files.to_dict("records") for words in _file_faults(file)]
    found += [
        f"诉求 {row['complaint_id']} 在{row['place']}里，却不在诉求表里"
        for row in reader.query("lost_complaints").to_dict("records")
    ]
    foreign = reader.query("foreign_complaints")["complaint_id"]
    found += [f"诉求 {complaint_id} 在诉求表里，收件明细里却没有它出自的那一行" for complaint_id in foreign]
    return Finding("收件", f"{len(files)} 个文件，{int(files['row_count'].sum())} 行", tuple(found))


def _file_faults(file: Mapping[Any, Any]) -> list[str]:
    if file["file_name"] is None:
        return [f"收件明细里有 {file['found_rows']} 行，所属的文件 {file['file_id'][:12]}… 却没有登记"]
    name = f"文件 {file['file_name']}"
    told = {outcome: int(file[f"{outcome}_count"]) for outcome in OUTCOMES}
    found = []
    if sum(told.values()) != file["row_count"]:
        sums = " + ".join(f"{OUTCOMES[outcome]} {count}" for outcome, count in told.items())
        found.append(f"{name} 行数不平：{file['row_count']} 行，而 {sums} = {sum(told.values())}")
    found += [
        f"{name} 记为{OUTCOMES[outcome]} {count} 行，收件明细里是 {file[f'found_{outcome}']} 行"
        for outcome, count in told.items()
        if count != file[f"found_{outcome}"]
    ]
    return found


def _snapshot(reader: Reader) -> Finding:
    """Compare the published snapshot with the ledger: all of it, or what only grows where the ledger has gone on."""
    is_current = bool(reader.query("snapshot_state")["is_current"].iloc[0])
    found = []
    for table in TABLES:
        if not table.is_published or not (is_current or table.is_append_only):
            continue
        columns = [c for c in table.column_names if (table.name, c) not in _CHANGED_AFTER_PUBLICATION]
        found += [
            f"{table.heading} {row['row_key']}：{_SIDES[row['side']]}"
            for row in reader.compare_with_snapshot(table, columns).to_dict("records")
            if (is_current and not table.grows_between_runs) or row["side"] != "ledger"
        ]
    scope = "与台账同步" if is_current else "台账在它之后又有变化，只比对只增不改的表"
    return Finding("快照", scope, tuple(found))
