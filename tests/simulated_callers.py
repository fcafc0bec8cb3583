"""Invented callers of a district: what they say, dropped as raw exports, and what must become of each row."""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path

import pandas as pd

from analysis.sample.compose import Complaint, compose
from analysis.sample.texts import load_fillings, load_stories

HEADINGS = ["受理编号", "登记时间", "来电人", "来电号码", "标题", "工单内容", "地址"]
OUTCOMES = ("accepted", "updated", "unchanged", "duplicate", "quarantined")
_FIRST_NUMBER = 27000001
_SHARE_IN_SCOPE = 0.4
"""Much more than in life, where it is one in twenty: what is in scope is what makes work."""


@dataclass(frozen=True)
class Ticket:
    """One row of an export."""

    number: int
    at: datetime
    name: str
    phone: str
    title: str
    text: str
    place: str

    @property
    def complaint_id(self) -> str:
        return f"L{self.number}"

    @property
    def row(self) -> list[str]:
        return [
            str(self.number), f"{self.at:%Y-%m-%d %H:%M}", self.name, self.phone, self.title, self.text, self.place,
        ]  # fmt: skip


@dataclass
class Callers:
    """Whoever calls; all of it follows from the seed.

    Attributes:
        folder: the raw files' folder.
        seed: of everything.
        per_night: new complaints a night.
        told: every complaint that was dropped in so far as it was told last, by its id.
        expected: by file, what must become of its rows.
        copies: files dropped in again under another name.
        retold: complaints about problems that had been closed, by id of complaint: the problem.
        updated: complaints whose text was changed by a later export.
        repeated: complaints by somebody who had complained of the same matter before.
    """

    folder: Path
    seed: int
    per_night: int
    told: dict[str, Ticket] = field(default_factory=dict)
    expected: dict[str, Counter[str]] = field(default_factory=dict)
    copies: int = 0
    retold: dict[str, str] = field(default_factory=dict)
    updated: set[str] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        self._stream = self._complaints()
        self._callers: set[tuple[str, str]] = set()
        self._numbers = count(_FIRST_NUMBER)

    def _complaints(self) -> Iterator[Complaint]:
        """Yield complaints without end, in the order of a sample's time; repeats follow what they repeat."""
        stories, fillings, seed = load_stories(), load_fillings(), self.seed * 1000
        while True:
            rng = random.Random(seed)
            composed = compose(stories, fillings, rng)
            wanted = {c.matter for c in composed if c.story.codes}
            others = sorted({c.matter for c in composed} - wanted)
            wanted |= set(rng.sample(others, round(len(wanted) / _SHARE_IN_SCOPE) - len(wanted)))
            for complaint in composed:
                if complaint.matter in wanted:
                    yield replace(complaint, matter=f"{seed}|{complaint.matter}")
            seed += 1

    def drop(self, first: date, last: date, closed: dict[str, list[str]]) -> None:
        """Write the export of one night: what was said from `first` to `last`, and what exports bring besides.

        closed: closed problems with the ids of complaints that belong to them.
        """
        rng = self._rng
        minutes = sorted(rng.randrange(((last - first).days + 1) * 14 * 60) for _ in range(self.per_night))
        times = [
            datetime(first.year, first.month, first.day, 8) + timedelta(days=m // (14 * 60), minutes=m % (14 * 60))
            for m in minutes
        ]
        tickets = [self._new(at) for at in times]
        if closed and rng.random() < 0.6:
            tickets[-1] = self._retell(tickets[-1], closed)
        expected = Counter({"accepted": len(tickets)})
        rows = [ticket.row for ticket in tickets]
        known = sorted(self.told)
        for ticket in tickets:
            self.told[ticket.complaint_id] = ticket
        if known and rng.random() < 0.5:
            rows.insert(0, self.told[rng.choice(known)].row)
            expected["unchanged"] += 1
        if known and rng.random() < 0.3:
            old = self.told[rng.choice(known)]
            if old.row not in rows:
                mended = replace(old, text=f"{old.text}补充：已再次核实，请尽快处理。")
                self.told[old.complaint_id] = mended
                self.updated.add(old.complaint_id)
                rows.append(mended.row)
                expected["updated"] += 1
        if rng.random() < 0.3:
            rows.append(rng.choice(tickets).row)
            expected["duplicate"] += 1
        if rng.random() < 0.4:
            bad = rng.choice(tickets).row
            bad[0] = str(next(self._numbers))
            if rng.random() < 0.5:
                bad[4] = bad[5] = ""
            else:
                bad[1] = rng.choice(["2027年13月1日", "昨天下午"])
            expected["quarantined"] += 1
            rows.append(bad)
        self._write(f"12328工单_{last:%Y%m%d}", rows, expected)
        if len(self.expected) > 1 and rng.random() < 0.2:
            old_name = rng.choice(sorted(self.expected)[:-1])
            shutil.copy(self.folder / old_name, self.folder / f"重交_{last:%Y%m%d}_{old_name}")
            self.copies += 1

    def _write(self, name: str, rows: list[list[str]], expected: Counter[str]) -> None:
        frame = pd.DataFrame(rows, columns=HEADINGS)
        if self._rng.random() < 0.3:
            name = f"{name}.xlsx"
            frame.to_excel(self.folder / name, index=False)
        else:
            name = f"{name}.csv"
            frame.to_csv(self.folder / name, index=False, encoding=self._rng.choice(["utf-8", "gb18030"]))
        self.expected[name] = expected

    def _new(self, at: datetime) -> Ticket:
        said = next(self._stream)
        number = next(self._numbers)
        caller = said.matter, said.person.phone
        if caller in self._callers:
            self.repeated.add(f"L{number}")
        self._callers.add(caller)
        return Ticket(number, at, said.person.name, said.person.phone, said.title, said.text, said.place)

    def _retell(self, instead: Ticket, closed: dict[str, list[str]]) -> Ticket:
        """Return a complaint by somebody else, in the words of one that belongs to a closed problem."""
        problem_id = self._rng.choice(sorted(closed))
        said = self.told[self._rng.choice(closed[problem_id])]
        self.retold[instead.complaint_id] = problem_id
        return replace(instead, title=said.title, text=said.text)

    @property
    def totals(self) -> Counter[str]:
        """What must become of all rows so far."""
        return sum(self.expected.values(), Counter[str]())
