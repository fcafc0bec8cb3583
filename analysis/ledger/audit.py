"""Who did what and when, in words: decisions, reviews, placements, releases, runs, exports, imports."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from analysis.contracts import ERASURE_CAUSES, EVENT_KINDS, MATTER_RULING_WORDS, PROBLEMS, REVIEW_DECISIONS, RUNS
from analysis.ledger.chain import SYSTEM
from analysis.ledger.store import Reader

_OTHER_KINDS = {"run": "夜间运行", "exported": "导出整改台账", "imported": "导入整改台账"}
"""What is done besides events."""
AUDIT_KINDS = EVENT_KINDS | _OTHER_KINDS


@dataclass(frozen=True)
class Act:
    """One thing that somebody did: when, who, what, to which problem or other object, and more about it (Chinese)."""

    at: datetime
    person: str
    what: str
    problem_id: str
    object: str
    detail: str
    sequence: int | None


def audit(
    reader: Reader, since: date | None = None, person: str | None = None, problem_id: str | None = None
) -> list[Act]:
    """Return what was done, the oldest first.

    Of the system's own events only those are told that concern no single problem, or the problem asked for.

    Args:
        reader: the ledger, or the snapshot.
        since: on this day or later.
        person: by this person.
        problem_id: to this problem.
    """
    found = reader.query("audit", system=SYSTEM, since=since, person=person, problem_id=problem_id)
    return [_act(row) for row in found.to_dict("records")]


def _act(row: Mapping[Any, Any]) -> Act:
    content = json.loads(row["payload"])
    kind = str(row["kind"])
    sequence = row["sequence"]
    return Act(
        at=row["occurred_at"].to_pydatetime(),
        person=row["actor"],
        what=AUDIT_KINDS[kind],
        problem_id=row["problem_id"] or "",
        object=row["object"] or "",
        detail=_DETAILS.get(kind, _step)(content),
        sequence=None if pd.isna(sequence) else int(sequence),
    )


def _step(content: Mapping[str, Any]) -> str:
    """Say which columns of the problem a step filled in, and the reason that was given; not what stands in them."""
    facts = content.get("facts") or {}
    columns = [PROBLEMS[name].heading for name in facts if name in PROBLEMS.column_names and name != "status_reason"]
    reason = facts.get("status_reason") or content.get("reason") or ""
    return "；".join(part for part in ("、".join(columns), reason and f"理由：{reason}") if part)


def _review(content: Mapping[str, Any]) -> str:
    codes = f"：{content['codes']}" if content.get("codes") else ""
    reason = f"；理由：{content['reason']}" if content.get("reason") else ""
    return f"{REVIEW_DECISIONS[content['decision']]}{codes}{'（裁定）' if content.get('is_final') else ''}{reason}"


def _placement(content: Mapping[str, Any]) -> str:
    return f"{content['sub_problem_code']}；理由：{content['reason']}"


def _ruling(content: Mapping[str, Any]) -> str:
    return f"与 {content['other_complaint_id']}：{MATTER_RULING_WORDS[content['ruling']]}；理由：{content['reason']}"


def _erasure(content: Mapping[str, Any]) -> str:
    return f"{content['complaint_count']} 件，{ERASURE_CAUSES[content['cause']]}；理由：{content['reason']}"


def _rotation(content: Mapping[str, Any]) -> str:
    return f"第 {content['key']} 个；理由：{content['reason']}"


def _run(content: Mapping[str, Any]) -> str:
    return f"{RUNS['status'].values[content['status']]}，程序 {content['software_version']}"


def _export(content: Mapping[str, Any]) -> str:
    return f"{content['export_id']}，{content['problem_count']} 个问题"


def _import(content: Mapping[str, Any]) -> str:
    return (
        f"{content['unit_id']}：填报 {content['changed_count']} 格，申请 {content['request_count']} 件，"
        f"冲突 {content['conflict_count']} 处"
    )


def _codebook(content: Mapping[str, Any]) -> str:
    return f"{content['from']} → {content['to']}"


_DETAILS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "complaint_reviewed": _review,
    "complaint_placed": _placement,
    "matter_ruled": _ruling,
    "codebook_changed": _codebook,
    "text_erased": _erasure,
    "key_rotated": _rotation,
    "run": _run,
    "exported": _export,
    "imported": _import,
}
