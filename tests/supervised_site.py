"""A small site whose complaints were put in scope by hand, for tests of what the supervisor decides."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.config import load_settings
from analysis.contracts import EVENTS, PROBLEMS, TABLES, conform
from analysis.ledger.life_cycle import load_life_cycle
from analysis.ledger.steps import Moment, Request, plain_problem, problem_frame, replay, take_steps
from analysis.ledger.store import Reader
from analysis.pipeline.night import open_ledger
from analysis.pipeline.rules import load_rules
from analysis.pipeline.verifying import verify_ledger
from analysis.site import SitePaths, site_paths
from tests.review_site import TODAY, next_night, put, record, review

SAID: tuple[tuple[str, str, str, str], ...] = (
    ("交警贴单不告知", "交警贴了罚单从来不发短信告知，要求规范执法程序。", "irregular.procedure", "交警"),
    ("罚单没有通知", "违停贴单以后没有通知，过了三个月才知道被罚。", "irregular.procedure", "交警"),
    ("从来不发告知", "抄牌从来不发告知短信，到年检才知道。", "irregular.procedure", "交警"),
    ("交警态度差", "执勤交警态度恶劣，对询问爱理不理。", "rough.attitude", "交警"),
    ("城管贴单态度差", "城管执法人员态度恶劣，说话很冲。", "rough.attitude", "城管"),
    ("检测站乱收费", "检测站执法人员乱收费，不知道归谁管。", "profit_driven.arbitrary_fee", "其他"),
    ("收好处放行", "路政人员收了好处就放超载车过去。", "rent_seeking.bribery", "交通运输"),
)
NOTICE, NOTICE_2, NOTICE_3, POLICE_RUDE, URBAN_RUDE, NOBODYS, LEAD = (f"L{22030001 + n}" for n in range(len(SAID)))


def build_supervised_site(folder: Path) -> SitePaths:
    """Make a site whose complaints are in scope and in problems."""
    for kind in ("tickets", "posts"):
        (folder / "raw" / kind).mkdir(parents=True)
    paths = site_paths(folder / "raw", folder / "processed")
    put(paths, "12328工单1.csv", *((title, text) for title, text, _, _ in SAID))
    next_night(paths)
    decide_scope(paths)
    next_night(paths)
    return paths


def decide_scope(site: SitePaths, **codes: str) -> None:
    """Let a reviewer put every complaint in scope, by complaint id with other codes than at first."""
    rows = []
    for number, (title, text, code, kind) in enumerate(SAID):
        complaint_id = f"L{22030001 + number}"
        decided = {"decision": "in_scope", "codes": codes.get(complaint_id, code), "unit_kind": kind}
        if not codes or complaint_id in codes:
            rows.append(review(complaint_id, (title, text), **decided, reviewed_on=TODAY))
    record(site, *rows)


class Ledger:
    """The tables of a ledger, each read when it is asked for: reading all takes longer than most of what is tested."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __getitem__(self, name: str) -> pd.DataFrame:
        with Reader.open(self._path) as reader:
            return reader.table(next(t for t in TABLES if t.name == name))


def ledger(site: SitePaths) -> Ledger:
    return Ledger(site.ledger)


def problem(site: SitePaths, problem_id: str) -> dict[str, Any]:
    problems = ledger(site)["problems"].set_index("problem_id", drop=False)
    return plain_problem(problems.loc[problem_id].to_dict())


def problem_of(site: SitePaths, complaint_id: str) -> str:
    links = ledger(site)["problem_complaints"]
    found = links.loc[links["complaint_id"] == complaint_id, "problem_id"].unique()
    assert len(found) == 1, found
    return str(found[0])


def kinds(site: SitePaths, problem_id: str) -> list[str]:
    events = ledger(site)["events"]
    return events[events["problem_id"] == problem_id].sort_values("sequence")["kind"].tolist()


def take(site: SitePaths, problem_id: str, kind: str, role: Any, day: date = TODAY, **facts: Any) -> None:
    """Let somebody take a step outside of any workbook."""
    rules = load_rules(site, load_settings(site.settings))
    with open_ledger(site) as store:
        at = pd.Timestamp.now().to_pydatetime()
        request = Request(problem_id, kind, role, "某人", facts)
        taken = take_steps([request], store.table(PROBLEMS), rules.life_cycle, rules.is_restricted, Moment("", at, day))
        assert not taken.refusals, taken.refusals[0].reason
        with store.transaction():
            store.put_problems(taken.problems)
            store.append_events(taken.events)
        store.keep_head()


def assert_history_is_told(site: SitePaths) -> None:
    """Check that the events rebuild the problems, and that no complaint's judgement is in two problems."""
    rules = load_rules(site, load_settings(site.settings))
    tables = ledger(site)
    found = replay(tables[EVENTS.name], load_life_cycle(), rules.is_restricted)
    assert not found.faults
    rebuilt = conform(found.problems.sort_values("problem_id"), PROBLEMS)
    stored = problem_frame(map(plain_problem, tables[PROBLEMS.name].to_dict("records")))
    pd.testing.assert_frame_equal(rebuilt, conform(stored, PROBLEMS))
    assert not [told for finding in verify_ledger(site) for told in finding.differences]
    links = tables["problem_complaints"]
    assert not links.duplicated(["complaint_id", "sub_problem_code"]).any()
    merged = set(stored.loc[stored["status"] == "merged", "problem_id"])
    assert not merged & set(links["problem_id"])
