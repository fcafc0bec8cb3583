"""A district office over simulated years: nights, a supervisor, units and reviewers, who remember what they answered.

What they remember is kept apart from the product's tables and follows from their answers alone, by rules written down
here a second time: `tests/office_balances.py` holds the ledger against it.
"""

import json
import random
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from analysis.codebook.scheme import load_scheme
from analysis.codebook.units import load_units
from analysis.contracts import FILED_COLUMNS, LOOK_BACK_SAMPLES, PROBLEM_STATUSES, TABLES
from analysis.errors import UsageError
from analysis.exchange.decision_return import DecisionWorkbookError
from analysis.exchange.review_columns import sub_problem_labels
from analysis.ingest.masking import load_masker
from analysis.ledger.steps import plain_problem
from analysis.ledger.store import Reader
from analysis.pipeline.deciding import export_decisions, import_decisions
from analysis.pipeline.importing import ImportedLedger, RefusedLedger, import_ledgers
from analysis.pipeline.looking_back import draw_sample, import_findings
from analysis.pipeline.placing import (
    Said,
    different_matters,
    merge_two_problems,
    move_complaints,
    same_matter,
    split_problem,
)
from analysis.pipeline.review_workbooks import export_queue, import_reviews
from analysis.pipeline.stages import run_night
from analysis.segment.jieba_segmenter import load_segmenter
from analysis.site import SitePaths
from analysis.training import load_classifier
from tests.review_edits import Form, open_form, save
from tests.simulated_callers import Callers
from tests.unit_edits import HEADINGS
from tests.unit_site import read_here

SUPERVISOR, REVIEWER = "王主任", "钱某"
_AT_NIGHT, _IN_THE_MORNING = time(2, 30), time(9)
_LEAD_PREFIX = "rent_seeking."
CLOSED, FINISHED = ("closed", "consolidated"), ("closed", "consolidated", "unfounded", "transferred", "merged")
AT_UNIT = ("awaiting_handover", "rectifying", "objected", "closure_requested", "verifying", "relapsed")
_LEADS_TO = {
    "handed_over": "rectifying",
    "unit_assigned": "awaiting_handover",
    "unit_undetermined": "registered",
    "objection_raised": "objected",
    "objection_rejected": "rectifying",
    "closure_requested": "closure_requested",
    "closure_withdrawn": "rectifying",
    "verification_started": "verifying",
    "verification_failed": "rectifying",
    "closed": "closed",
    "unfounded": "unfounded",
    "transferred": "transferred",
    "merged": "merged",
    "restored": "registered",
    "recurred": "relapsed",
    "looked_back": "consolidated",
    "look_back_failed": "relapsed",
}
_EMPTIES = {
    "handed_over": ("progress", "completed_on", "evidence", "evidence_on"),
    "unit_assigned": FILED_COLUMNS,
    "verification_failed": ("completed_on",),
}
_ENDS = {
    "handed_over": ("closed_on",),
    "unit_assigned": ("extension", "released"),
    "unit_undetermined": ("unit_id", "released"),
    "restored": ("released",),
    "text_withdrawn": ("released",),
    "extension_granted": ("extension",),
    "extension_refused": ("extension",),
}
"""What of a card a step ends, by its kind."""
_SAID = {"unit_id": "unit_id", "extension_due_on": "extension", "released_text": "released"}
"""What of a card a step sets, by what it carries."""
_WEIGHTS = {
    "交办": 8, "确定责任单位": 1, "责任单位待定": 0.3, "移送": 0.5, "认定不属实": 0.5, "开始核查": 3,
    "核查通过并销号": 10, "核查不通过": 2, "退回销号申请": 1, "批准延期": 1, "不批准延期": 4, "异议不成立": 5,
    "并入另一问题": 0.4, "恢复办理": 1, "更正上一步": 0.4, "放行文字": 0.6, "撤回放行": 0.6,
}  # fmt: skip
_KIND_OF = {
    "交办": "handed_over", "确定责任单位": "unit_assigned", "责任单位待定": "unit_undetermined", "移送": "transferred",
    "认定不属实": "unfounded", "开始核查": "verification_started", "核查通过并销号": "closed",
    "核查不通过": "verification_failed", "退回销号申请": "closure_withdrawn", "批准延期": "extension_granted",
    "不批准延期": "extension_refused", "异议不成立": "objection_rejected", "并入另一问题": "merged",
    "恢复办理": "restored", "更正上一步": "event_corrected", "放行文字": "text_released", "撤回放行": "text_withdrawn",
}  # fmt: skip
_APPLICATIONS = {
    "closure_requested": "申请销号",
    "extension_requested": "申请延期",
    "objection_raised": "提出异议",
    "closure_withdrawn": "撤回销号申请",
}


class Clock:
    """The office's only clock; each look at it takes a second, so that no two things happen at once."""

    def __init__(self) -> None:
        self.at = datetime(2000, 1, 1)

    def set(self, day: date, hour: time) -> None:
        self.at = datetime.combine(day, hour)

    def now(self, zone: ZoneInfo) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at.replace(tzinfo=zone)


@contextmanager
def simulated_time() -> Iterator[Clock]:
    """Let every part of the product read a simulated clock; load once what every night would load anew."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.pipeline.night.datetime", clock)
        patch.setattr("analysis.pipeline.night.load_segmenter", cache(load_segmenter))
        masker, classifier = cache(load_masker), cache(load_classifier)
        for module in ("reading", "reviewing", "importing", "steps_by_people"):
            patch.setattr(f"analysis.pipeline.{module}.load_masker", masker)
        for module in ("judging", "explaining"):
            patch.setattr(f"analysis.pipeline.{module}.load_classifier", classifier)
        patch.setattr("analysis.pipeline.returned_files.open_reading", read_here)
        patch.setattr("analysis.ingest.intake.open_reading", read_here)
        yield clock


@dataclass
class Card:
    """What the office remembers of a problem: where it stands by the answers given.

    before: the card before each step that somebody took and that was not corrected.
    """

    problem_id: str
    unit_id: str | None
    is_lead: bool
    status: str
    filed: dict[str, Any] = field(default_factory=lambda: dict.fromkeys(FILED_COLUMNS))
    extension: date | None = None
    released: str | None = None
    closed_on: date | None = None
    closings: int = 0
    relapses: int = 0
    before: list["Card"] = field(default_factory=list)


@dataclass
class Office:
    """The office, and all who send it something.

    Attributes:
        site: its files.
        clock: its clock.
        callers: who complain.
        rng: what people choose.
        desk: where workbooks lie while they are filled in.
        cards: what is remembered of each problem.
        steps: steps that people took, by problem and kind, corrections as well; those of units and supervisor alike.
        decided: how often the supervisor decided what, in words.
        files: what became of the units' files.
        reviewed: what the reviewer decided about complaints: in scope or not.
        placed: where the supervisor put complaints, by complaint: the problem.
        ruled: complaints about whose matters the supervisor ruled.
        split: problems that were split from others, with whose deadlines.
        deadlines: what was set for each problem before the rules changed.
        rules_version: of the rules for deadlines since then.
        rules_changed_at: the last event before.
        late: copies of ledgers that units have not sent back yet.
        nights: days of nights so far.
    """

    site: SitePaths
    clock: Clock
    callers: Callers
    rng: random.Random
    desk: Path
    cards: dict[str, Card] = field(default_factory=dict)
    steps: Counter[tuple[str, str]] = field(default_factory=Counter)
    decided: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    reviewed: dict[str, str] = field(default_factory=dict)
    placed: dict[str, str] = field(default_factory=dict)
    ruled: set[str] = field(default_factory=set)
    split: set[str] = field(default_factory=set)
    deadlines: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    rules_version: str = ""
    rules_changed_at: int = 0
    has_holidays: bool = False
    late: list["SentBack"] = field(default_factory=list)
    nights: list[date] = field(default_factory=list)
    number: int = 0

    @property
    def today(self) -> date:
        return self.clock.at.date()

    def table(self, name: str) -> Any:
        """Return a table of the ledger."""
        with Reader.open(self.site.ledger) as reader:
            return reader.table(next(t for t in TABLES if t.name == name))

    def problems(self) -> dict[str, dict[str, Any]]:
        return {row["problem_id"]: plain_problem(row) for row in self.table("problems").to_dict("records")}

    def event_count(self) -> int:
        with Reader.open(self.site.ledger) as reader:
            return reader.head().sequence

    def morning(self) -> None:
        """Let the people come to work."""
        self.clock.set(self.today, _IN_THE_MORNING)

    def paper(self, name: str) -> Path:
        """Return a path on the desk at which nothing lies yet."""
        self.number += 1
        return self.desk / f"{self.number:05d}{name}.xlsx"

    # Nights ----------------------------------------------------------------------------------------------------------

    def night(self, day: date) -> None:
        """Let the callers call until the day before, run the night, and see what it made of the problems."""
        first = self.nights[-1] if self.nights else day - timedelta(days=1)
        self.callers.drop(first, day - timedelta(days=1), self._closed_with_complaints())
        self.clock.set(day, _AT_NIGHT)
        counts = run_night(self.site)
        assert counts["rows"] == sum(self.callers.expected[list(self.callers.expected)[-1]].values())
        self.nights.append(day)
        self._look_through()

    def _closed_with_complaints(self) -> dict[str, list[str]]:
        closed = {p for p, card in self.cards.items() if card.status in CLOSED}
        found: dict[str, list[str]] = {}
        if closed:
            links = self.table("problem_complaints")
            for problem_id, complaint_id in links[["problem_id", "complaint_id"]].itertuples(index=False):
                if problem_id in closed and complaint_id in self.callers.told:
                    found.setdefault(problem_id, []).append(complaint_id)
        return {problem_id: sorted(set(ids)) for problem_id, ids in found.items()}

    def _look_through(self) -> None:
        """Make cards of the new problems; of the old ones, the night may only have opened closed ones again."""
        for problem_id, row in self.problems().items():
            card = self.cards.get(problem_id)
            if card is None:
                assert row["status"] in ("registered", "awaiting_handover"), row
                is_lead = row["sub_problem_code"].startswith(_LEAD_PREFIX)
                self.cards[problem_id] = Card(problem_id, row["unit_id"], is_lead, row["status"])
            elif row["status"] == "relapsed" and card.status in CLOSED:
                self._take(problem_id, "recurred", by_system=True)

    # Cards -----------------------------------------------------------------------------------------------------------

    def _take(self, problem_id: str, kind: str, *, by_system: bool = False, **facts: Any) -> None:
        """Note a step on a card."""
        card = self.cards[problem_id]
        if not by_system:
            self.steps[problem_id, kind] += 1
        if kind == "event_corrected":
            history = card.before
            self.cards[problem_id] = replace(history[-1], before=history[:-1])
            return
        card.before.append(replace(card, filed=dict(card.filed), before=[]))
        status = _LEADS_TO.get(kind, card.status)
        card.relapses += status == "relapsed" != card.status
        card.status = status
        for name in _EMPTIES.get(kind, ()):
            card.filed[name] = None
        for name in _ENDS.get(kind, ()):
            setattr(card, name, None)
        if kind == "closed":
            card.closed_on, card.closings = self.today, card.closings + 1
        card.filed |= {name: value for name, value in facts.items() if name in card.filed}
        for name, own in _SAID.items():
            if name in facts:
                setattr(card, own, facts[name])

    def _unit_takes(self, problem_id: str, kind: str, **facts: Any) -> None:
        """Note a step of a unit: whoever answers to what was not handed over yet has been handed it."""
        status = self.cards[problem_id].status
        if status == "relapsed" or (status == "awaiting_handover" and kind != "objection_raised"):
            self._take(problem_id, "handed_over")
        self._take(problem_id, kind, **facts)

    # The supervisor --------------------------------------------------------------------------------------------------

    def decide(self) -> None:
        """Fill in a real 监督台账 and bring it back; now and then twice, too late, or with a cell changed."""
        path = self.paper("监督台账")
        export_decisions(self.site, path, with_leads=True)
        book = DecisionBook(path)
        assert set(book.rows) == set(self.cards)
        chosen: dict[str, tuple[str, dict[str, Any]]] = {}
        targets: set[str] = set()
        for problem_id in book.rows:
            card = self.cards[problem_id]
            assert book.value(problem_id, "办理状态") == PROBLEM_STATUSES[card.status], problem_id
            decision = self._decision(book, card, set(chosen), targets)
            if decision:
                chosen[problem_id] = decision
                book.fill(problem_id, 决定=decision[0], **decision[1])
        if not chosen:
            return
        book.save(path)
        events = self.event_count()
        if self.rng.random() < 0.2:
            self._refused_decisions(book, path)
        done = import_decisions(self.site, path, SUPERVISOR)
        words = Counter(word for word, _ in chosen.values())
        assert (dict(done.recorded), done.unchanged) == (dict(words), 0)
        assert self.event_count() > events
        self.decided += words
        for problem_id, (word, cells) in chosen.items():
            self._note_decision(problem_id, _KIND_OF[word], cells)
        if self.rng.random() < 0.2:
            events = self.event_count()
            again = import_decisions(self.site, path, SUPERVISOR)
            assert (dict(again.recorded), again.unchanged) == ({}, len(chosen))
            assert self.event_count() == events

    def _refused_decisions(self, book: "DecisionBook", path: Path) -> None:
        forged = self.paper("监督台账改动")
        shutil.copy(path, forged)
        other = DecisionBook(forged)
        other.fill(self.rng.choice(list(book.rows)), 整改时限=date(2035, 1, 1))
        other.save(forged)
        events = self.event_count()
        with pytest.raises(DecisionWorkbookError, match="一行也没有记入"):
            import_decisions(self.site, forged, SUPERVISOR)
        assert self.event_count() == events
        self.files["decisions refused"] += 1

    def _decision(
        self, book: "DecisionBook", card: Card, decided: set[str], targets: set[str]
    ) -> tuple[str, dict[str, Any]] | None:
        """Return what is decided about a problem, and the other cells; None where nothing is."""
        is_waiting = bool(book.value(card.problem_id, "待决定的事"))
        eagerness = 0.75 if is_waiting else 0.01 if card.status in FINISHED else 0.05
        if card.problem_id in targets or self.rng.random() > eagerness:
            return None
        offered = book.offered(card.problem_id)
        weights = [
            _WEIGHTS[word] * (10 if card.is_lead and word == "移送" else 6 if card.extension and "延期" in word else 1)
            for word in offered
        ]
        word = self.rng.choices(offered, weights)[0]
        reason, day = {"理由": "经研究决定"}, self.today
        if word == "确定责任单位":
            units = [u for u in load_units(self.site.codebook).unit if u.unit_id != card.unit_id]
            return word, {"责任单位": self.rng.choice(units).short_name} | reason
        if word == "移送":
            return word, {"移送单位": "区纪委监委" if card.is_lead else "市交通运输局"} | reason
        if word in ("核查通过并销号", "核查不通过"):
            return word, {"核查意见": "现场核查", "核查人": "李某", "核查日期": day}
        if word == "放行文字":
            number = 1 + sum(kind == "text_released" for _, kind in self.steps.elements())
            return word, {"放行文字": f"请核对第{number}项执法程序"} | reason
        if word == "认定不属实":
            return word, {"核查人": "李某"} | reason
        if word == "批准延期":
            due = book.value(card.problem_id, "整改时限").date()
            until = max(due, day) + timedelta(days=self.rng.randint(5, 40))
            return word, reason | (
                {} if card.extension and card.extension > day and card.extension > due else {"延期至": until}
            )
        if word == "并入另一问题":
            others = [
                c.problem_id
                for c in self.cards.values()
                if c.status not in FINISHED
                and c.is_lead == card.is_lead
                and c.problem_id not in decided | {card.problem_id}
            ]
            if not others:
                return None
            into = self.rng.choice(others)
            targets.add(into)
            return word, {"并入问题编号": into} | reason
        return word, {} if word in ("交办", "开始核查") else reason

    def _note_decision(self, problem_id: str, kind: str, cells: Mapping[str, Any]) -> None:
        card = self.cards[problem_id]
        if kind in ("closed", "verification_failed", "unfounded") and card.status == "closure_requested":
            self._take(problem_id, "verification_started")
        if kind in ("objection_rejected", "extension_granted", "extension_refused") and card.status in (
            "awaiting_handover",
            "relapsed",
        ):
            self._take(problem_id, "handed_over")
        if kind == "unit_assigned":
            unit_id = next(u.unit_id for u in load_units(self.site.codebook).unit if u.short_name == cells["责任单位"])
            self._take(problem_id, kind, unit_id=unit_id)
        else:
            facts = {"released_text": cells["放行文字"]} if kind == "text_released" else {}
            self._take(problem_id, kind, **facts)
        if kind == "restored" and self.cards[problem_id].unit_id:
            self._take(problem_id, "unit_assigned", unit_id=self.cards[problem_id].unit_id)

    # The units -------------------------------------------------------------------------------------------------------

    def answer(self) -> None:
        """Let each unit do something with its 整改台账 of last night; then bring what others had kept until now."""
        kept, self.late = self.late, []
        for path in sorted((self.site.processed / "整改台账").glob("*.xlsx")):
            mood = self.rng.choices(["silent", "ordinary", "twice", "late", "forged"], [15, 40, 15, 15, 15])[0]
            if mood == "silent":
                continue
            sent = self._filled(path)
            if not sent.problem_ids():  # a unit all of whose problems are closed has nothing to fill in
                continue
            if mood == "late":
                self.late.append(sent)
            elif mood == "forged":
                self._bring_forged(sent)
            else:
                self._bring_fresh(sent)
                if mood == "twice":
                    self._bring_twice(sent)
        for sent in kept:
            self._bring_late(sent)

    def _filled(self, path: Path) -> "SentBack":
        form = open_form(path, "整改台账")
        sent = SentBack(path.name, form, {}, 0)
        rows = sent.problem_ids()
        assert {self.cards[p].status for p in rows} <= set(AT_UNIT)
        for problem_id in rows:
            if self.rng.random() < 0.7:
                self._fill_row(sent, problem_id)
        if self.rng.random() < 0.3 and len(rows) > 3:
            untouched = [p for p in rows if p not in sent.answers]
            for problem_id in untouched[: len(untouched) // 2]:
                form.sheet.delete_rows(form.row(problem_id))
                sent.deleted += 1
        return sent

    def _fill_row(self, sent: "SentBack", problem_id: str) -> None:
        card, day, rng = self.cards[problem_id], self.today, self.rng
        said: dict[str, Any] = {}
        kind, cells = "", dict[str, Any]()
        if card.status == "objected":
            return
        if card.status in ("awaiting_handover", "rectifying", "relapsed"):
            said = {"measure": f"开展培训第{rng.randint(1, 9999)}期", "progress": "达到序时进度"}
            said["remark"] = f"第{rng.randint(1, 9999)}号"
            chance = rng.random()
            if chance < 0.45:
                kind = "closure_requested"
                said |= {"handler": "王某", "completed_on": day, "evidence": f"整改方案{rng.randint(1, 999)}号"}
                said |= {"evidence_on": day, "progress": "完成整改"}
            elif chance < 0.55 and card.extension is None:
                kind = "extension_requested"
                until = max(day, sent.due_on(problem_id)) + timedelta(days=rng.randint(10, 60))
                cells = {"申请理由": "施工工期", "申请延期至": until}
            elif chance < 0.65 and card.status != "relapsed":
                kind, said = "objection_raised", {}
                cells = {"申请理由": "不是本单位职责"}
        elif card.status == "closure_requested" and rng.random() < 0.15:
            kind, cells = "closure_withdrawn", {"申请理由": "材料有误"}
        elif rng.random() < 0.3:
            said = {"remark": f"补充第{rng.randint(1, 9999)}号"}
        sent.fill(problem_id, said, kind, cells)

    def _bring(self, sent: "SentBack", name: str) -> ImportedLedger | RefusedLedger:
        path = save(sent.form, self.paper(name))
        (done,) = import_ledgers(self.site, [path])
        (again,) = import_ledgers(self.site, [path]) if self.rng.random() < 0.1 else (done,)
        if isinstance(done, ImportedLedger) and again is not done:
            assert isinstance(again, ImportedLedger)
            assert again.is_known
        return done

    def _bring_fresh(self, sent: "SentBack") -> None:
        before = deepcopy(self.cards)
        done = self._bring(sent, "交回")
        assert isinstance(done, ImportedLedger), getattr(done, "error", None)
        assert (done.conflict_count, done.missing_count, done.masked) == (0, sent.deleted, ())
        assert dict(done.applications or {}) == dict(Counter(a.kind for a in sent.answers.values() if a.kind))
        assert done.changed_count == sum(
            value != before[p].filed[name] or name in sent.emptied(before[p])
            for p, answer in sent.answers.items()
            for name, value in answer.filed.items()
        )
        for problem_id, answer in sent.answers.items():
            self._note_answer(problem_id, answer)
        self.files["taken in"] += 1

    def _note_answer(self, problem_id: str, answer: "Answer") -> None:
        if answer.filed:
            self._unit_takes(problem_id, "rectification_filed", **answer.filed)
        if answer.kind:
            until = {"extension_due_on": answer.until} if answer.until else {}
            self._unit_takes(problem_id, answer.kind, **until)

    def _bring_twice(self, sent: "SentBack") -> None:
        """Bring the same copy once more, with more in it than the first time."""
        more = {
            problem_id: Answer({"goal": f"不再发生{self.rng.randint(1, 999)}"})
            for problem_id in sent.answers
            if self.cards[problem_id].status == "rectifying"
        }
        for problem_id, answer in more.items():
            sent.form.fill(problem_id, **{HEADINGS["goal"]: answer.filed["goal"]})
        done = self._bring(sent, "又交回")
        assert isinstance(done, ImportedLedger), getattr(done, "error", None)
        assert (done.conflict_count, done.changed_count, dict(done.applications or {})) == (0, len(more), {})
        for problem_id, answer in more.items():
            self._note_answer(problem_id, answer)
        self.files["twice"] += 1

    def _bring_forged(self, sent: "SentBack") -> None:
        problem_id = self.rng.choice(sent.problem_ids())
        cells = self.rng.choice([{"整改时限": date(2035, 1, 1)}, {"状态": "已销号"}, {"校验码": "0" * 16}])
        sent.form.fill(problem_id, **cells)
        before = self.event_count()
        assert isinstance(self._bring(sent, "改动"), RefusedLedger)
        assert self.event_count() == before
        self.files["forged"] += 1

    def _bring_late(self, sent: "SentBack") -> None:
        """Bring a copy of an earlier ledger: what it says that nobody knows better is taken, and nothing else."""
        first = self.event_count()
        done = self._bring(sent, "迟交")
        events = self.table("events")
        fresh = events[events["sequence"] > first].sort_values("sequence")
        if isinstance(done, RefusedLedger):
            assert fresh.empty
            self.files["late and refused"] += 1
            return
        told = fresh["kind"].value_counts().to_dict()
        assert sum((done.applications or {}).values()) == sum(told.get(kind, 0) for kind in _APPLICATIONS)
        for event in fresh.to_dict("records"):
            answer = sent.answers[event["problem_id"]]
            facts = plain_facts(event["payload"])
            if event["kind"] == "handed_over":
                assert self.cards[event["problem_id"]].status in ("awaiting_handover", "relapsed")
            elif event["kind"] == "rectification_filed":
                assert facts.items() <= answer.filed.items()
            else:
                assert event["kind"] == answer.kind
            self._take(event["problem_id"], event["kind"], **facts)
        self.files["late"] += 1
        self.files["conflicts"] += done.conflict_count

    # Rules -----------------------------------------------------------------------------------------------------------

    def change_deadlines(self, version: str) -> None:
        """Give problems to come more time than the rules gave so far."""
        rows = self.problems().items()
        self.deadlines = {p: (r["due_on"], r["deadline_rule"], r["is_due_provisional"]) for p, r in rows}
        self.rules_version, self.rules_changed_at = version, self.event_count()
        shipped = files("analysis.codebook").joinpath("deadlines.toml").read_text(encoding="utf-8")
        changed = shipped.replace('version = "2026.1"', f'version = "{version}"')
        changed = changed.replace("working_days = 30", "working_days = 45").replace(
            "working_days = 15", "working_days = 20"
        )
        assert changed.count("working_days = 45") == changed.count("working_days = 20\n") - 1 == 1
        (self.site.codebook / "deadlines.toml").write_text(changed, encoding="utf-8")

    def publish_holidays(self, year: int) -> None:
        """Let the holidays of a year be known from now on."""
        self.has_holidays = True
        shipped = files("analysis.codebook").joinpath("holidays.toml").read_text(encoding="utf-8")
        days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
        told = "".join(
            f'\n[[day]]\ndate = {day}\nis_working = {"true" if is_working else "false"}\nbasis = "虚构的安排"\n'
            for day, is_working in ((day, day.weekday() < 5 and day.day > 3) for day in days)
        )
        (self.site.codebook / "holidays.toml").write_text(shipped + told, encoding="utf-8")

    # Look-back, reviews, places --------------------------------------------------------------------------------------

    def look_back(self) -> None:
        """Draw closed problems and look at most of them; some did not hold."""
        path = self.paper("回头看核查表")
        closed = [p for p, card in self.cards.items() if card.status == "closed"]
        if not closed:
            with pytest.raises(UsageError, match="没有可以回头看"):
                draw_sample(self.site, path, SUPERVISOR)
            return
        drawn = draw_sample(self.site, path, SUPERVISOR)
        assert (drawn.population_count, drawn.sample_count) == (len(closed), min(len(closed), 10))
        form = open_form(path, "回头看核查表")
        chosen = self.table(LOOK_BACK_SAMPLES.name).query("sample_id == @drawn.sample_id")["problem_id"]
        assert set(chosen) <= set(closed)
        found = Counter[str]()
        for problem_id in chosen:
            if self.rng.random() < 0.2:
                continue
            kind, word = self.rng.choices([("looked_back", "巩固"), ("look_back_failed", "反弹")], [3, 1])[0]
            told = {"情况说明": "现场又见同样情形"} if kind == "look_back_failed" else {}
            form.fill(
                problem_id,
                现场查验="符合" if not told else "不符合",
                参加人="赵某",
                回头看日期=self.today,
                结论=word,
                **told,
            )
            self._take(problem_id, kind)
            found[kind] += 1
        done = import_findings(self.site, save(form, path), SUPERVISOR)
        assert sum(done.recorded.values()) == sum(found.values())
        self.files["look-back"] += 1

    def review(self) -> None:
        """Let the reviewer decide about some of what waits."""
        path = self.paper("复核表")
        exported = export_queue(self.site, path, 8)
        if not exported.written:
            return
        form = open_form(path)
        labels = sub_problem_labels(load_scheme(self.site.codebook))
        codes = [code for code in labels if not code.startswith(_LEAD_PREFIX)]
        key = form.column("行标识")
        for row in range(form.header + 1, form.sheet.max_row + 1):
            complaint_id = str(form.sheet.cell(row, key).value)
            is_included = self.rng.random() < 0.5
            form.put(row, "复核结论", "纳入" if is_included else "不纳入")
            if is_included:
                form.put(row, "小类1", labels[self.rng.choice(codes)])
                form.put(row, "被反映单位", self.rng.choice(["交警", "城管", "交通运输"]))
            form.put(row, "复核人", REVIEWER)
            form.put(row, "复核日期", self.today)
            self.reviewed[complaint_id] = "in_scope" if is_included else "out_of_scope"
        done = import_reviews(self.site, save(form, path))
        assert (done.recorded, done.unchanged) == (exported.written, 0)

    def place(self) -> None:
        """Move a complaint, split a problem, merge two, and rule about matters."""
        said = Said(SUPERVISOR, "经核对")
        links = self.table("problem_complaints").drop_duplicates(["problem_id", "complaint_id"])
        scope = self.table("gate_decisions").set_index("complaint_id")["decision"]
        links = links[links["complaint_id"].map(scope) == "in_scope"]
        homes = links["complaint_id"].value_counts()
        links = links[links["complaint_id"].map(homes) == 1]
        sizes = links["problem_id"].value_counts()
        live = [p for p, c in sorted(self.cards.items()) if c.status not in FINISHED and not c.is_lead]
        large = [p for p in live if sizes.get(p, 0) > 1]
        if len(live) < 3 or not large:
            return
        source = self.rng.choice(large)
        members = sorted(links.loc[links["problem_id"] == source, "complaint_id"])
        target = self.rng.choice([p for p in live if p != source])
        move_complaints(self.site, members[:1], target, said, source)
        self.placed[members[0]] = target
        new_id = split_problem(self.site, source, members[1:2], said).problem_id
        assert new_id not in self.cards
        self.placed[members[1]] = new_id
        self.split.add(new_id)
        old = self.cards[source]
        kinds = ("problem_created", "unit_assigned" if old.unit_id else "unit_undetermined")
        self.cards[new_id] = Card(
            new_id, old.unit_id, is_lead=False, status="awaiting_handover" if old.unit_id else "registered"
        )
        self.steps.update({(new_id, kind): 1 for kind in kinds})
        mergeable = [p for p in live if self.cards[p].status in ("registered", "awaiting_handover", "rectifying")]
        if len(mergeable) > 2:
            merged, into = self.rng.sample(mergeable, 2)
            merge_two_problems(self.site, merged, into, said)
            self._take(merged, "merged")
        one, other = self.rng.sample(sorted(self.callers.told), 2)
        known = set(self.table("complaint_matters")["complaint_id"])
        if {one, other} <= known and not {one, other} & self.ruled:
            (different_matters if self.rng.random() < 0.5 else _same)(self.site, one, other, said)
            self.ruled |= {one, other}


def _same(site: SitePaths, one: str, other: str, said: Said) -> int:
    return same_matter(site, [one, other], said)


@dataclass(frozen=True)
class Answer:
    """What a unit says about a problem: what it files, what it applies for, until when it wants to have time."""

    filed: dict[str, Any]
    kind: str = ""
    until: date | None = None


@dataclass
class SentBack:
    """A copy of a unit's ledger, filled in; `deleted` rows are missing."""

    name: str
    form: Form
    answers: dict[str, Answer]
    deleted: int

    def problem_ids(self) -> list[str]:
        key, rows = self.form.column("行标识"), range(self.form.header + 1, self.form.sheet.max_row + 1)
        return [str(value) for row in rows if (value := self.form.sheet.cell(row, key).value)]

    def due_on(self, problem_id: str) -> date:
        return self.form.cell(problem_id, "整改时限").value.date()

    def emptied(self, card: Card) -> tuple[str, ...]:
        """Return the columns that stand empty in the ledger sent out, whatever was filed before."""
        return _EMPTIES["handed_over"] if card.status in ("awaiting_handover", "relapsed") else ()

    def fill(self, problem_id: str, filed: dict[str, Any], kind: str, cells: dict[str, Any]) -> None:
        if not filed and not kind:
            return
        told = {HEADINGS[name]: value for name, value in filed.items()} | cells
        self.form.fill(problem_id, **told, **({"申请事项": _APPLICATIONS[kind]} if kind else {}))
        self.answers[problem_id] = Answer(filed, kind, cells.get("申请延期至"))


def plain_facts(payload: str) -> dict[str, Any]:
    """Return what an event says of the columns of its problem, dates as such."""
    facts: dict[str, Any] = json.loads(payload)["facts"]
    return {n: date.fromisoformat(value) if n.endswith("_on") and value else value for n, value in facts.items()}


class DecisionBook:
    """A 监督台账 with its rows by problem, and what each offers."""

    def __init__(self, path: Path) -> None:
        self._book = openpyxl.load_workbook(path)
        self.rows: dict[str, tuple[Worksheet, int, list[Any]]] = {}
        self._offers: dict[tuple[str, str], list[str]] = {}
        for name in ("待决定", "其他在办问题", "已办结问题"):
            sheet = self._book[name]
            header = next(r for r in range(1, 15) if "校验码" in [c.value for c in sheet[r]])
            headings = [c.value for c in sheet[header]]
            for row in range(header + 1, sheet.max_row + 1):
                if problem_id := sheet.cell(row, headings.index("行标识") + 1).value:
                    self.rows[str(problem_id)] = sheet, row, headings
            for rule in sheet.data_validations.dataValidation:
                for cells in rule.sqref.ranges:
                    for row in range(cells.min_row, cells.max_row + 1):
                        place = name, f"{row}:{cells.min_col}"
                        self._offers[place] = str(rule.formula1).strip('"').split(",")

    def _cell(self, problem_id: str, heading: str) -> Any:
        sheet, row, headings = self.rows[problem_id]
        return sheet.cell(row, headings.index(heading) + 1)

    def value(self, problem_id: str, heading: str) -> Any:
        return self._cell(problem_id, heading).value

    def offered(self, problem_id: str) -> list[str]:
        sheet, row, headings = self.rows[problem_id]
        return self._offers[sheet.title, f"{row}:{headings.index('决定') + 1}"]

    def fill(self, problem_id: str, **values: Any) -> None:
        for heading, value in values.items():
            self._cell(problem_id, heading).value = value

    def save(self, path: Path) -> None:
        self._book.save(path)
