"""Counts attempts and failures of one promise, and makes the table of all of them."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_PROMISES = Path(__file__).parent / "promises.toml"


@dataclass(frozen=True)
class Promise:
    """One row of the table: what is tried, and the largest share of attempts that may fail."""

    code: str
    title: str
    goal: str
    most: float = 0.0


@dataclass
class Tally:
    """Attempts at one promise, and what failed: only places and kinds, never anybody's text."""

    promise: Promise
    attempts: int = 0
    failures: list[str] = field(default_factory=list)

    def count(self, kept: bool, what: str) -> None:
        """Count one attempt; `what` tells which one, should it have failed."""
        self.attempts += 1
        if not kept:
            self.failures.append(what)

    def kept(self) -> bool:
        """Whether few enough of the attempts failed; never true of a promise that was not tried."""
        return self.attempts > 0 and len(self.failures) <= self.promise.most * self.attempts


def promises() -> dict[str, Promise]:
    """Return the promises by their code, in the order of the table."""
    read = tomllib.loads(_PROMISES.read_text(encoding="utf-8"))
    return {code: Promise(code, **entry) for code, entry in read["promise"].items()}


def table(counts: Iterable[tuple[str, int, int]]) -> str:
    """Return attempts and failures by promise (`code`, attempts, failures) as a Markdown table, in Chinese."""
    sums: dict[str, tuple[int, int]] = {}
    for code, attempts, failures in counts:
        before = sums.get(code, (0, 0))
        sums[code] = before[0] + attempts, before[1] + failures
    lines = ["| 试什么 | 底线 | 次数 | 失败 |", "|---|---|--:|--:|"]
    for code, promise in promises().items():
        attempts, failures = sums.get(code, (0, 0))
        lines.append(f"| {promise.title} | {promise.goal} | {attempts or '没有试'} | {failures if attempts else '—'} |")
    return "\n".join(lines)
