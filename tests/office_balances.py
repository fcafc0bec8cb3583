"""The books of a simulated office: what ledger, files and the people's memory must agree on after a night."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from analysis.contracts import DECISIONS, FILED_COLUMNS, LIFE_CYCLE_KINDS, PROBLEM_STATUSES
from analysis.ledger.chain import SYSTEM
from analysis.ledger.steps import plain_problem
from analysis.ledger.store import Reader
from analysis.pipeline.night import open_night
from analysis.pipeline.stages import STAGES, run_stage
from analysis.pipeline.verifying import verify_ledger
from analysis.site import site_paths
from tests.review_edits import open_form
from tests.simulated_callers import OUTCOMES
from tests.simulated_office import AT_UNIT, CLOSED, FINISHED, Office

Tables = dict[str, pd.DataFrame]
_COUNT_COLUMNS = [f"{outcome}_count" for outcome in OUTCOMES]


def assert_balanced(office: Office) -> None:
    """Check everything that must add up right after a night."""
    with Reader.open(office.site.ledger) as reader:
        tables = reader.tables()
    _rows(office, tables)
    _judgements(office, tables)
    _problems(office, tables)
    _steps(office, tables)
    _lives(office, tables)
    _deadlines(office, tables)
    _reach(office, tables)
    _unit_workbooks(office, tables)
    _digest(office, tables)
    assert not [told for finding in verify_ledger(office.site) for told in finding.differences]


def _rows(office: Office, tables: Tables) -> None:
    """Each file's rows are what was dropped in and became what it should; no row is lost, no copy read twice."""
    files = tables["raw_files"]
    names = files["file_name"].map(lambda name: Path(name).name)
    found = {
        name: Counter({o: n for o, n in zip(OUTCOMES, counts, strict=True) if n})
        for name, counts in zip(names, files[_COUNT_COLUMNS].astype(int).to_numpy().tolist(), strict=True)
    }
    assert found == {name: +expected for name, expected in office.callers.expected.items()}
    assert (files[_COUNT_COLUMNS].sum(axis=1) == files["row_count"]).all()
    totals = office.callers.totals
    assert int(files["row_count"].sum()) == sum(totals.values()) == len(tables["intake_rows"])
    assert Counter(tables["intake_rows"]["outcome"]) == totals
    assert set(tables["complaints"]["complaint_id"]) == set(office.callers.told)
    assert len(tables["complaints"]) == totals["accepted"]
    assert len(list((office.site.raw / "tickets").iterdir())) == len(files) + office.callers.copies


def _judgements(office: Office, tables: Tables) -> None:
    """Each complaint is judged once; those in scope are in a problem, and no others."""
    gate, links = tables["gate_decisions"], tables["problem_complaints"]
    assert gate["complaint_id"].is_unique
    assert set(gate["complaint_id"]) == set(tables["complaints"]["complaint_id"])
    assert sum(gate["decision"].value_counts()[list(set(gate["decision"]))]) == len(gate)
    is_in, is_sure = gate["decision"] == "in_scope", gate["is_sub_problem_sure"].fillna(value=True).astype(bool)
    linked = set(links["complaint_id"])
    assert set(gate.loc[is_in & is_sure, "complaint_id"]) <= linked
    assert linked <= set(gate.loc[is_in, "complaint_id"])
    assert linked - set(gate.loc[is_in & is_sure, "complaint_id"]) <= set(office.placed)
    assert not links.duplicated(["complaint_id", "sub_problem_code"]).any()
    decided = gate.set_index("complaint_id")["decision"]
    for complaint_id, decision in office.reviewed.items():
        if complaint_id not in office.callers.updated:
            assert decided[complaint_id] == decision, complaint_id
    matters = tables["complaint_matters"]
    assert matters["complaint_id"].is_unique
    assert set(matters["complaint_id"]) == set(tables["complaints"]["complaint_id"])


def _problems(office: Office, tables: Tables) -> None:
    """The problems are those that ever were, each as it is remembered; those closed are what is left of all."""
    problems = {row["problem_id"]: plain_problem(row) for row in tables["problems"].to_dict("records")}
    assert set(problems) == set(office.cards)
    created = tables["events"].query("kind == 'problem_created'")["problem_id"]
    assert created.is_unique
    assert set(created) == set(problems)
    by_year: dict[str, list[int]] = {}
    for problem_id in problems:
        _, year, serial = problem_id.rsplit("-", 2)
        by_year.setdefault(year, []).append(int(serial))
    assert all(sorted(serials) == list(range(1, len(serials) + 1)) for serials in by_year.values())
    for problem_id, card in office.cards.items():
        row = problems[problem_id]
        told = {
            name: row[name]
            for name in ("status", "unit_id", "closed_on", "extension_due_on", "released_text", *FILED_COLUMNS)
        }
        remembered = {
            "status": card.status,
            "unit_id": card.unit_id,
            "closed_on": card.closed_on,
            "extension_due_on": card.extension,
            "released_text": card.released,
        } | card.filed
        assert told == remembered, problem_id
        assert row["relapse_count"] == card.relapses, problem_id
    counts = Counter(row["status"] for row in problems.values())
    assert set(counts) <= set(PROBLEM_STATUSES)
    unfounded_or_elsewhere = counts["unfounded"] + counts["transferred"] + counts["merged"]
    in_work = sum(counts[s] for s in ("registered", *AT_UNIT))
    assert len(problems) - unfounded_or_elsewhere - in_work == sum(counts[s] for s in CLOSED)


def _steps(office: Office, tables: Tables) -> None:
    """What people did, by problem and kind, is what the events tell of people."""
    events = tables["events"]
    by_people = events[(events["actor"] != SYSTEM) & events["kind"].isin([*LIFE_CYCLE_KINDS, "event_corrected"])]
    by_people = by_people[by_people["kind"] != "deadline_set"]
    told = Counter(by_people[["problem_id", "kind"]].itertuples(index=False, name=None))
    assert told == office.steps
    assert events["sequence"].tolist() == list(range(1, len(events) + 1))
    assert len(tables["imports"]) == sum(office.files[name] for name in ("taken in", "twice", "late"))
    assert tables["look_back_samples"]["sample_id"].nunique() == office.files["look-back"]
    reviews = events[events["kind"] == "complaint_reviewed"]
    assert len(reviews) == len(tables["reviews"]) >= len(office.reviewed)


def _lives(office: Office, tables: Tables) -> None:
    """Nothing is closed that its unit did not ask to be closed, and nothing comes back that was not closed before."""
    events, received = tables["events"], tables["complaints"].set_index("complaint_id")["received_at"]
    corrected = {json.loads(p)["sequence"] for p in events.loc[events["kind"] == "event_corrected", "payload"]}
    steps = events[~events["sequence"].isin(corrected) & (events["problem_id"] != "")]
    for problem_id, own in steps.sort_values("sequence").groupby("problem_id"):
        asked = closed = 0
        closed_on, came_in = None, dict[str, list[str]]()
        for event in own.to_dict("records"):
            kind = event["kind"]
            asked += kind == "closure_requested"
            if kind == "closed":
                closed += 1
                closed_on = event["occurred_at"].date()
                assert closed <= asked, problem_id
            elif kind == "complaint_added":
                came_in.setdefault(event["run_id"], []).append(json.loads(event["payload"])["complaint_id"])
            elif kind in ("recurred", "look_back_failed"):
                assert closed_on is not None, problem_id
                if kind == "recurred":
                    assert any(received[c].date() > closed_on for c in came_in[event["run_id"]]), problem_id
                closed_on = None
        assert closed == office.cards[str(problem_id)].closings


def _deadlines(office: Office, tables: Tables) -> None:
    """A deadline that was set before the rules changed stands, but where somebody set another since."""
    if not office.deadlines:
        return
    events = tables["events"]
    after = events[
        (events["sequence"] > office.rules_changed_at) & events["kind"].isin(["deadline_set", "extension_granted"])
    ]
    corrected = events[(events["sequence"] > office.rules_changed_at) & (events["kind"] == "event_corrected")]
    reset = set(after["problem_id"]) | set(corrected["problem_id"])
    problems = {row["problem_id"]: plain_problem(row) for row in tables["problems"].to_dict("records")}
    for problem_id, told in office.deadlines.items():
        row = problems[problem_id]
        assert problem_id in reset or (row["due_on"], row["deadline_rule"], row["is_due_provisional"]) == told
    newly = after.loc[(after["kind"] == "deadline_set") & ~after["problem_id"].isin(office.split), "payload"]
    assert all(json.loads(p)["facts"]["deadline_rule"].startswith(f"{office.rules_version}：") for p in newly)


def _reach(office: Office, tables: Tables) -> None:
    """The list of problems tells of each how many tickets, callers and matters there are, by the callers' own count."""
    links = tables["problem_complaints"].drop_duplicates(["problem_id", "complaint_id"])
    matter = tables["complaint_matters"].set_index("complaint_id")["matter_id"]
    told = _sheet(office.site.processed / "问题清单.xlsx", "问题清单")
    assert [row["问题编号"] for row in told if row["问题编号"] in office.cards]
    shown = {row["问题编号"]: (row["诉求数"], row["人数"], row["事项数"]) for row in told}
    of_problem: dict[str, list[str]] = {}
    for problem_id, complaint_id in links[["problem_id", "complaint_id"]].itertuples(index=False):
        of_problem.setdefault(problem_id, []).append(complaint_id)
    leads = {p for p, card in office.cards.items() if card.is_lead}
    assert set(shown) == set(office.cards) - leads
    for problem_id, reach in shown.items():
        own = of_problem.get(problem_id, [])
        phones = {office.callers.told[c].phone for c in own}
        assert reach == (len(own), len(phones), len({matter[c] for c in own})), problem_id
        assert len(own) >= reach[2] >= min(len(own), 1)
        assert reach[1] <= len(own)
    merged = {p for p, card in office.cards.items() if card.status == "merged"}
    assert not merged & set(of_problem)
    homes = tables["problems"].set_index("problem_id")["merged_into_id"].dropna().to_dict()
    scope = tables["gate_decisions"].set_index("complaint_id")["decision"]
    for complaint_id, problem_id in office.placed.items():
        home = problem_id
        while home in homes:
            home = homes[home]
        assert scope[complaint_id] != "in_scope" or complaint_id in of_problem.get(home, []), complaint_id


def _unit_workbooks(office: Office, tables: Tables) -> None:
    """The units' ledgers together hold each problem that a unit has to work on once, and no others."""
    found: dict[str, set[str]] = {}
    versions: dict[str, str] = {}
    shown = 0
    for path in (office.site.processed / "整改台账").glob("*.xlsx"):
        form = open_form(path, "整改台账")
        for row in range(form.header + 1, form.sheet.max_row + 1):
            problem_id = form.sheet.cell(row, form.column("行标识")).value
            if problem_id:
                unit_id = str(form.sheet.cell(row, form.column("单位代码")).value)
                found.setdefault(unit_id, set()).add(str(problem_id))
                version = str(form.sheet.cell(row, form.column("导出编号")).value)
                assert versions.setdefault(unit_id, version) == version
                has_text = "放行文字" in form.headings()
                released = form.sheet.cell(row, form.column("放行文字")).value if has_text else None
                assert released == office.cards[str(problem_id)].released
                shown += 1
    expected: dict[str, set[str]] = {}
    for problem_id, card in office.cards.items():
        if card.unit_id and card.status in AT_UNIT and not card.is_lead:
            expected.setdefault(card.unit_id, set()).add(problem_id)
    assert found == expected
    assert shown == sum(map(len, expected.values()))
    kept = tables["exports"].set_index("export_id")["problem_count"]
    assert {unit_id: int(kept[versions[unit_id]]) for unit_id in expected} == {u: len(p) for u, p in expected.items()}


def _digest(office: Office, tables: Tables) -> None:
    """What the digest says is what the ledger holds."""
    text = office.site.digest.read_text(encoding="utf-8")
    sections = dict(part.split("\n", 1) for part in text.split("\n## ")[1:])
    cards = [card for card in office.cards.values() if not card.is_lead]
    statuses = Counter(card.status for card in cards)
    gate = tables["gate_decisions"]
    to_do = {
        "个问题销号后反弹": statuses["relapsed"],
        "个问题申请销号": statuses["closure_requested"] + statuses["verifying"],
        "个问题责任单位有异议": statuses["objected"],
        "个问题申请延期": sum(card.extension is not None and card.status == "rectifying" for card in cards),
        "个线索移送类问题": len(office.cards) - len(cards),
        "个问题责任单位待定": sum(not c.unit_id and c.status not in FINISHED for c in cards),
        "个问题待交办": sum(bool(c.unit_id) and c.status == "awaiting_handover" for c in cards),
        "件诉求待人工复核": int((gate["decision"] == "review").sum()),
    }
    told = {
        line.split("** ")[1].split("：")[0]: int(line.split("**")[1])
        for line in sections["今天要办"].splitlines()
        if line.startswith("- **")
    }
    assert {words: told.get(words, 0) for words in to_do} == to_do
    overdue = [
        row
        for row in map(plain_problem, tables["problems"].to_dict("records"))
        if row["due_on"] < office.today
        and row["status"] not in FINISHED
        and not office.cards[row["problem_id"]].is_lead
    ]
    assert told.get("个问题已超期", 0) == len(overdue)
    judged = _markdown(sections["判断"])["累计"]
    decided = gate["decision"].value_counts()
    by_people = int((gate["decided_by"] == "reviewer").sum())
    assert judged == [str(n) for n in (len(gate), *(int(decided.get(code, 0)) for code in DECISIONS), by_people)]
    links = tables["problem_complaints"]
    phones = {office.callers.told[c].phone for c in links["complaint_id"]}
    matters = tables["complaint_matters"].set_index("complaint_id")["matter_id"]
    reach = [links["complaint_id"].nunique(), len(phones), links["complaint_id"].map(matters).nunique()]
    state = _markdown(sections["台账现状"])
    assert state["合计（去重）"] == [str(n) for n in (len(office.cards), *reach)]
    assert sum(int(row[0]) for name, row in state.items() if name != "合计（去重）") == len(office.cards)
    standing = [c for c in office.cards.values() if c.status != "merged"]
    finished = sum(card.status in FINISHED for card in standing)
    assert _markdown(sections["问题来源"])["合计（去重）"][:2] == [str(len(standing)), str(finished)]
    last = office.callers.expected[list(office.callers.expected)[-1]]
    intake = _markdown(sections["收件对账"])["合计"]
    assert intake[2:4] == ["平", str(sum(last.values()))]
    assert intake[4:9] == [str(last[outcome]) for outcome in OUTCOMES]


def _markdown(section: str) -> dict[str, list[str]]:
    """Return the rows of a section's table by their first cell."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")
    ]
    return {row[0]: row[1:] for row in rows[2:]}


def _sheet(path: Path, name: str) -> list[dict[str, Any]]:
    book = openpyxl.load_workbook(path, read_only=True)
    rows = [list(row) for row in book[name].iter_rows(values_only=True)]
    header = next(n for n, row in enumerate(rows) if "问题编号" in row)
    headings = [str(h).replace("\n", "") for h in rows[header]]
    return [dict(zip(headings, row, strict=True)) for row in rows[header + 1 :] if row[1]]


def matters_at_once(office: Office, folder: Path) -> dict[str, str]:
    """Return the matter of each complaint where all files are read in one night by an office that never was before."""
    paths = site_paths(office.site.raw, folder)
    with open_night(paths, office.today) as night:
        for stage in STAGES:
            if stage.code in ("ingest", "merge"):
                run_stage(night, stage)
        matters = night.store.tables()["complaint_matters"]
    return dict(zip(matters["complaint_id"], matters["matter_id"], strict=True))


def partition(matters: dict[str, str]) -> set[frozenset[str]]:
    """Return the complaints of each matter."""
    members: dict[str, set[str]] = {}
    for complaint_id, matter_id in matters.items():
        members.setdefault(matter_id, set()).add(complaint_id)
    return {frozenset(own) for own in members.values()}


def overlapping(sets: set[frozenset[str]]) -> list[frozenset[str]]:
    """Return the sets with those that share a member, directly or by way of others, made one."""
    found: list[frozenset[str]] = []
    for members in sets:
        touching = [own for own in found if own & members]
        found = [own for own in found if not own & members] + [members.union(*touching)]
    return found
