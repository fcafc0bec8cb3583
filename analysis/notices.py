"""What notices told people, and whom they did not reach: one small file beside the results, ids and counts only."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from analysis.errors import IntegrityError
from analysis.exchange.files import SHARED_MODE, write_atomically
from analysis.exchange.reminder import Told


@dataclass(frozen=True)
class Undelivered:
    """A notice that did not reach everybody.

    at: when it was sent. about: its title. addresses: whom it did not reach, without the secrets in the addresses.
    """

    at: datetime
    about: str
    addresses: tuple[str, ...]

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.at:%Y-%m-%d %H:%M} 的通知“{self.about}”没有送到{'、'.join(self.addresses)}"


@dataclass(frozen=True)
class Notices:
    """The state of a site's notices.

    told: by the last reminder that reached somebody. undelivered: the newest notice, unless it reached everybody.
    """

    told: Told = field(default_factory=Told)
    undelivered: Undelivered | None = None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the state at `path`; a missing file means that nobody was told anything.

        Raises:
            IntegrityError: the file is not what `write` wrote.
        """
        if not path.exists():
            return cls()
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            told, missed = content["told"], content["undelivered"]
            return cls(
                Told(frozenset(told["overdue"]), frozenset(told["due_soon"]), str(told["week"])),
                missed
                and Undelivered(
                    datetime.fromisoformat(missed["at"]), str(missed["about"]), tuple(map(str, missed["addresses"]))
                ),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise IntegrityError(f"通知记录 {path} 已损坏。请删除它：只会把说过的再提醒一遍。") from error

    def write(self, path: Path) -> None:
        """Put the state at `path` in one step."""
        missed = self.undelivered
        content = {
            "told": {
                "overdue": sorted(self.told.overdue),
                "due_soon": sorted(self.told.due_soon),
                "week": self.told.week,
            },
            "undelivered": missed
            and {"at": missed.at.isoformat(), "about": missed.about, "addresses": list(missed.addresses)},
        }
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        write_atomically(path, json.dumps(content, ensure_ascii=False, indent=1).encode(), SHARED_MODE)


def record_delivery(path: Path, at: datetime, about: str, unreached: tuple[str, ...], told: Told | None = None) -> None:
    """Record that a notice was sent.

    Args:
        path: of the state.
        at: when.
        about: its title.
        unreached: whom it did not reach.
        told: what is known to be told now; None where the notice was no reminder, or reached nobody.
    """
    before = Notices.read(path)
    missed = Undelivered(at, about, unreached) if unreached else None
    after = replace(before, undelivered=missed, told=told or before.told)
    if after != before:
        after.write(path)


def forget_settled(path: Path, told: Told) -> None:
    """Record what is left of what was told, on a day on which nothing is new: what is settled is new if it comes again.

    Args:
        path: of the state; nothing to forget where it is not there.
        told: what is known to be told, and still stands.
    """
    before = Notices.read(path)
    if path.exists() and before.told != told:
        replace(before, told=told).write(path)
