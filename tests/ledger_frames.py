"""A ledger of invented problems and complaints: what the tests of workbooks and digest are fed with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from analysis.codebook.scheme import load_scheme
from analysis.config import Settings, load_settings
from analysis.contracts import PROBLEMS, TABLES, conform, empty_frame
from analysis.exchange.edition import RunInfo
from analysis.exchange.explanation_text import SECTIONS
from analysis.exchange.oversight import Oversight
from analysis.exchange.seal import Seal
from analysis.exchange.shown import Shown
from analysis.exchange.unit_workbook import UnitIssue
from analysis.ledger.deadlines import DeadlineBook, load_deadlines
from analysis.ledger.deadlines import time_left as count_time_left
from analysis.ledger.store import Store
from analysis.ledger.working_days import WorkingCalendar, load_calendar
from analysis.pipeline.overseeing import oversee
from analysis.pipeline.showing import read_judgements, read_shown, read_waiting, waiting_for_review
from analysis.text import text_digest
from analysis.time_left import TimeLeft

AS_OF = date(2026, 11, 23)
RUN = RunInfo("20261123-023000", AS_OF, datetime(2026, 11, 23, 2, 30), "m20261101-3fa9c2", "2026.1")
EARLIER_RUN = "20261020-023000"
SOURCE_NAMES = {"hotline_12345": "12345热线", "rednet": "红网问政湖南"}

CANARY = "张翠花家住三栋五零四室"
"""Stands in every free-text field of every complaint; may be seen by the supervisor only where text is shown."""

_POLICE, _URBAN, _TRANSPORT = "furong.traffic_police", "furong.urban_management", "furong.transport"
_PARKING, _EXPRESSWAY = "furong.parking", "hunan.expressway_police"
_KINDS = {_POLICE: "交警", _URBAN: "城管", _TRANSPORT: "交通运输", _PARKING: "停车收费企业", _EXPRESSWAY: "高速"}

_NOTHING = dict.fromkeys(PROBLEMS.column_names)
ISSUE = UnitIssue(
    "FR",
    dict.fromkeys(_KINDS, "E0123456789ab"),
    {f"FR-2026-{n:04d}": _NOTHING for n in range(1, 21)},
    Seal(b"key"),
)
"""By what the workbooks of units are known again."""

# unit, sub-problem, statement, complaints, persons, roads, days until due
_PROBLEMS = (
    (
        _POLICE,
        "rigid.mechanical",
        "医院、学校周边没有施划停车泊位，仍对临时停靠车辆一律抄牌处罚，未先行提醒教育",
        48,
        41,
        ("人民东路", "八一路"),
        12,
    ),
    (
        _POLICE,
        "profit_driven.trap",
        "电子监控设置位置隐蔽、标志标线互相矛盾，短时间内集中产生大量处罚",
        37,
        30,
        ("五一大道", "远大一路"),
        -3,
    ),
    (
        _POLICE,
        "irregular.procedure",
        "现场执法不出示证件、不告知违法事实和申辩权利，辅助人员单独执法",
        22,
        19,
        ("韶山北路",),
        3,
    ),
    (_POLICE, "rough.attitude", "执法人员态度生硬、言语冷横，对询问不予解释", 17, 15, ("解放西路",), -11),
    (
        _POLICE,
        "irregular.fact_error",
        "非现场执法错录号牌、误拍正常行驶车辆，申诉后长期得不到更正",
        12,
        12,
        ("车站北路",),
        0,
    ),
    (
        _POLICE,
        "irregular.selective",
        "同一路段对外地车辆从严、对本地车辆放宽，同样停放只查处一部分",
        9,
        4,
        ("黄兴中路",),
        25,
    ),
    (_POLICE, "irregular.inaction", "对多次反映的执法问题互相推诿、长期不予答复", 3, 3, ("荷花路",), 25),
    (
        _URBAN,
        "rigid.mechanical",
        "人行道未设置禁停标识，凌晨集中贴单处罚，轻微违停不予提醒",
        31,
        27,
        ("蔡锷中路", "定王台街道"),
        12,
    ),
    (
        _URBAN,
        "irregular.arbitrary_stop",
        "未经告知将车辆拖离，现场不留联系方式，当事人无法得知车辆去向",
        14,
        13,
        ("芙蓉中路",),
        6,
    ),
    (_URBAN, "profit_driven.arbitrary_fee", "拖车、保管费用没有公示标准，先收费后放车", 11, 10, ("远大一路",), -1),
    (_URBAN, "rough.no_hearing", "不听当事人陈述申辩，一罚了之", 4, 4, (), 25),
    (_TRANSPORT, "irregular.discretion", "同样的超限情节处罚金额相差悬殊，裁量理由不说明", 10, 8, ("京港澳高速",), 25),
    (
        _TRANSPORT,
        "irregular.arbitrary_stop",
        "路面检查随意拦停货车，无故扣留证件、车辆超过法定期限",
        9,
        9,
        ("东二环高架桥",),
        25,
    ),
    (_TRANSPORT, "rigid.one_size", "对网约车平台合规手续办理期间的车辆不分情形一律顶格处罚", 7, 6, ("长沙大道",), 25),
    (
        _PARKING,
        "profit_driven.arbitrary_fee",
        "道路停车泊位计费起止不准，重复扣费，申诉渠道不畅",
        28,
        22,
        ("建湘路", "白沙路"),
        12,
    ),
    (_EXPRESSWAY, "irregular.restriction", "限速值短距离内突降，标志设置不连续", 6, 6, ("长永高速",), 25),
    (None, "rough.violence", "查处车辆时强行拖拽、损坏车身，没有补偿说明", 5, 5, ("远大二路",), 9),
    (None, "irregular.inaction", "多个部门对占道施工围挡处罚权限互相推诿", 5, 5, ("晚报大道",), 25),
    (_TRANSPORT, "rent_seeking.bribery", "反映治超点收取费用后放行超限车辆", 8, 6, ("滨河路",), 4),
    (_POLICE, "rent_seeking.intermediary", "反映拖车企业与执法人员约定分成", 4, 3, ("人民东路",), -2),
)

_OPENINGS = (
    "市民来电反映：",
    "本人于上月途经{road}，",
    "早上送孩子上学，在{road}路口，",
    "我是一名货车司机，",
    "作为住在附近多年的老人，我要说几句：",
)
_CLOSINGS = (
    "请相关部门核实处理并回复。",
    "希望给老百姓一个说法，谢谢！",
    "诉求：要求撤销处罚并规范执法。（信息保密）",
    "已经打过三次电话都没有结果，这到底归谁管？",
)


def build_tables(seed: int = 7) -> dict[str, pd.DataFrame]:
    """Return all published tables of a ledger with 20 problems and 300 complaints."""
    random = Random(seed)
    problems, links, complaints, assessments, gate = [], [], [], [], []
    serial = 0
    for number, (unit, code, statement, count, persons, roads, days) in enumerate(_PROBLEMS, 1):
        problem_id = f"FR-2026-{number:04d}"
        is_new = number % 3 == 0
        run_id = RUN.run_id if is_new else EARLIER_RUN
        problems.append(_problem(problem_id, unit, code, statement, days, run_id))
        for index in range(count):
            serial += 1
            road = random.choice(roads) if roads else ""
            complaint, evidence = _complaint(serial, road, statement, f"p{number}-{index % persons}", random)
            complaints.append(complaint)
            is_late = is_new or index == count - 1
            judged_in = RUN.run_id if is_late else EARLIER_RUN
            identity = {"complaint_id": complaint["complaint_id"], "sub_problem_code": code, "run_id": judged_in}
            links.append(identity | {"problem_id": problem_id})
            assessments.append(
                identity
                | {
                    "score": round(random.uniform(0.55, 0.99), 3),
                    "assessor": random.choice(["cue", "model", "both"]),
                    "cue_id": "mechanical.no_space" if index % 2 else None,
                    "evidence_start": evidence[0],
                    "evidence_end": evidence[1],
                }
            )
            gate.append(_gate(complaint["complaint_id"], "in_scope", 0.9, None, judged_in))
    for index in range(10):
        serial += 1
        complaint, _ = _complaint(serial, "晚报大道", "说不清楚是谁的问题", None, random)
        complaints.append(complaint)
        reason = "纳入分接近门槛" if index % 3 else "规则与模型不一致"
        gate.append(_gate(complaint["complaint_id"], "review", 0.62 - index / 50, reason, RUN.run_id))
    tables = {t.name: empty_frame(t) for t in TABLES if t.is_published}
    tables |= {
        "problems": pd.DataFrame(problems),
        "problem_complaints": pd.DataFrame(links),
        "complaints": pd.DataFrame(complaints),
        "assessments": pd.DataFrame(assessments),
        "gate_decisions": pd.DataFrame(gate),
        "explanations": pd.DataFrame([_explanation(row) for row in gate]),
        "assistant_opinions": pd.DataFrame([_opinion(row) for row in complaints[-10::3]]),
        "raw_files": pd.DataFrame(_RAW_FILES),
        "quarantine": pd.DataFrame(_QUARANTINE),
        "complaint_matters": _matters(links),
        "runs": pd.DataFrame([_run(1, EARLIER_RUN, 34), _run(2, RUN.run_id, 0)]),
    }
    return {t.name: conform(tables[t.name], t) for t in TABLES if t.is_published}


@contextmanager
def stored(tables: Mapping[str, pd.DataFrame]) -> Iterator[Store]:
    """Put the tables into a ledger of their own for as long as it is looked at."""
    with TemporaryDirectory() as folder, Store.open(Path(folder) / "ledger.duckdb") as store:
        for table in TABLES:
            if table.is_published:
                store.append(table, tables[table.name])
        yield store


def shown(tables: Mapping[str, pd.DataFrame], settings: Settings | None = None) -> Shown:
    """Return what the outputs of RUN show of a ledger with these tables."""
    settings = settings or load_settings()
    with stored(tables) as store:
        waiting = read_waiting(store, read_judgements(store, settings, RUN.as_of), settings)
        return read_shown(store, settings, RUN.run_id, waiting_for_review(waiting, settings))


def overseen(tables: Mapping[str, pd.DataFrame], settings: Settings | None = None) -> Oversight:
    """Return what the outputs of RUN tell of reviews, elusion test and drift of a ledger with these tables."""
    settings = settings or load_settings()
    with stored(tables) as store:
        judgements = read_judgements(store, settings, RUN.as_of)
        return oversee(judgements, read_waiting(store, judgements, settings), settings, RUN.run_id)


def time_left(problem: Mapping[str, Any], category_code: str, as_of: date) -> TimeLeft:
    """Tell how a problem stands to its deadline by the shipped rules."""
    return count_time_left(problem, category_code, as_of, *_deadline_rules())


@cache
def _deadline_rules() -> tuple[DeadlineBook, WorkingCalendar]:
    return load_deadlines(load_scheme()), load_calendar()


def _run(sequence: int, run_id: str, days_ago: int) -> dict[str, object]:
    started_at = RUN.started_at - timedelta(days=days_ago)
    return {
        "run_id": run_id,
        "sequence": sequence,
        "started_at": started_at,
        "finished_at": started_at + timedelta(minutes=2),
        "as_of_date": AS_OF - timedelta(days=days_ago),
        "status": "finished",
        "software_version": "1",
        "codebook_version": RUN.codebook_version,
        "counts": None,
    }


def _problem(problem_id: str, unit: str | None, code: str, statement: str, days: int, run_id: str) -> dict[str, object]:
    return dict.fromkeys(PROBLEMS.column_names) | {
        "problem_id": problem_id,
        "source": "complaint",
        "unit_id": unit,
        "unit_kind": _KINDS[unit] if unit else "其他",
        "unit_reason": "诉求或承办信息指明该单位" if unit else "待定：名录中没有其他类单位",
        "sub_problem_code": code,
        "theme_code": "other",
        "statement": statement,
        "merge_key": f"{unit}|{code}|other|{problem_id}",
        "status": "awaiting_handover" if unit else "registered",
        "status_on": AS_OF - timedelta(days=30),
        "registered_on": AS_OF - timedelta(days=30),
        "due_on": AS_OF + timedelta(days=days),
        "deadline_rule": "2026.1：登记后 30 个工作日",
        "is_due_provisional": days == 25,
        "relapse_count": 0,
        "version": 3,
        "run_id": run_id,
    }


def _complaint(
    serial: int, road: str, statement: str, person: str | None, random: Random
) -> tuple[dict[str, object], tuple[int, int]]:
    title = f"关于{road or '辖区'}执法的诉求"
    before = random.choice(_OPENINGS).format(road=road or "街上") + "当时的情况是这样的，"
    padding = "前后经过说来话长，" * random.choice([0, 0, 1, 40])
    evidence = statement.split("，")[0]
    text = f"{before}{padding}{evidence}。{CANARY}，{random.choice(_CLOSINGS)}"
    start = len(title) + 1 + len(before) + len(padding)
    complaint = {
        "complaint_id": f"T2026{serial:08d}",
        "source_code": "hotline_12345" if serial % 5 else "rednet",
        "native_id": f"2026{serial:08d}",
        "received_at": datetime(2026, 1, 5, 8, 30) + timedelta(days=serial % 310, minutes=serial),
        "title": title,
        "text": text,
        "tokens": text,
        "place": f"长沙市芙蓉区{road}{serial}号{CANARY}" if road else f"芙蓉区{CANARY}",
        "district": "芙蓉区",
        "request_type": "投诉",
        "native_category": None,
        "channel": "来电",
        "handling_unit": CANARY,
        "native_status": None,
        "reply": CANARY,
        "replied_at": None,
        "satisfaction": None,
        "is_confidential": None,
        "complainant_key": person,
        "file_id": "f1",
        "sheet_name": "工单",
        "row_number": serial + 3,
        "run_id": EARLIER_RUN,
    }
    return complaint, (start, start + len(evidence))


def _gate(complaint_id: object, decision: str, score: float, reason: str | None, run_id: str) -> dict[str, object]:
    return {
        "complaint_id": complaint_id,
        "decision": decision,
        "scope_score": score,
        "unit_kind": "交警",
        "reason": "命中规则",
        "review_reason": reason,
        "model_id": RUN.model_id,
        "codebook_version": RUN.codebook_version,
        "decided_by": "model",
        "cue_balance": 1.0,
        "unknown_wording_share": 0.05,
        "is_sub_problem_sure": decision != "out_of_scope" or None,
        "run_id": run_id,
    }


def _explanation(decision: dict[str, object]) -> dict[str, object]:
    sections = "\n".join(f"【{name}】\n第 1 句“{CANARY}”：略有作用（+0.10）" for name in SECTIONS)
    return {"complaint_id": decision["complaint_id"], "text": sections, "run_id": decision["run_id"]}


def _opinion(complaint: dict[str, object]) -> dict[str, object]:
    return {
        "complaint_id": complaint["complaint_id"],
        "text_digest": text_digest(str(complaint["title"]), str(complaint["text"])),
        "decision": "in_scope",
        "codes": "irregular.inaction;rent_seeking.bribery",
        "unit_kind": "交警",
        "evidence": "[]",
        "endpoint_host": "10.1.2.3",
        "model_name": "qwen",
        "prompt_version": "2026.1-1",
        "requested_at": datetime(2026, 11, 20, 3),
        "run_id": RUN.run_id,
    }


def _matters(links: list[dict[str, object]]) -> pd.DataFrame:
    """Every second complaint of a problem is about the same matter as the one before it."""
    rows = []
    for index, link in enumerate(links):
        first = links[index - index % 2]
        same = first if first["problem_id"] == link["problem_id"] else link
        rows.append(
            {
                "complaint_id": link["complaint_id"],
                "matter_id": f"M{same['complaint_id']}",
                "matched_complaint_id": None if same is link else same["complaint_id"],
                "similarity": None if same is link else 0.8,
                "run_id": link["run_id"],
            }
        )
    return pd.DataFrame(rows).astype({"similarity": "float64"})


def _raw_file(file_id: str, name: str, counts: tuple[int, ...], run_id: str, **more: object) -> dict[str, object]:
    names = ("row_count", "accepted_count", "updated_count", "unchanged_count", "duplicate_count", "quarantined_count")
    file = {"file_id": file_id, "file_name": name, "file_kind": "tickets", "status": "read", "byte_count": 9000}
    return file | dict(zip(names, counts, strict=True)) | {"skipped_count": 1, "notes": None, "run_id": run_id} | more


_RAW_FILES = (
    _raw_file("f1", "tickets/2026年工单.xlsx", (290, 288, 0, 0, 1, 1), EARLIER_RUN),
    _raw_file("f2", "tickets/11月|<b>导出</b>`x`.csv", (14, 10, 2, 1, 0, 1), RUN.run_id, notes="隐藏表“=cmd”未读"),
    _raw_file("f3", "posts/www.坏文件.xls", (0, 0, 0, 0, 0, 0), RUN.run_id, status="unreadable", file_kind="posts"),
)


def _quarantined(number: int, **more: object) -> dict[str, object]:
    entry: dict[str, object] = {
        "quarantine_id": f"Q{number:06d}",
        "file_id": "f1",
        "file_name": "tickets/2026年工单.xlsx",
        "sheet_name": "工单",
        "row_number": 100 + number,
        "column_name": "received_at",
        "heading": "受理时间",
        "value_class": "文本，6 个字符",
        "reason_code": "bad_time",
        "reason": "“受理时间”不是能认出的时间，请写成 2026-11-20 08:30。",
        "status": "open",
        "resolved_file_id": None,
        "run_id": RUN.run_id,
    }
    return entry | more


_QUARANTINE = (
    _quarantined(1),
    _quarantined(2, status="resolved", resolved_file_id="f2"),
    _quarantined(3, file_id="f2", file_name="tickets/11月|<b>导出</b>`x`.csv", sheet_name="", row_number=9),
    _quarantined(
        4,
        file_id="f3",
        file_name="posts/www.坏文件.xls",
        sheet_name=None,
        row_number=None,
        column_name=None,
        heading=None,
        value_class="空文件，0 字节",
        reason_code="empty_file",
        reason="文件是空的，请重新导出。",
    ),
)
