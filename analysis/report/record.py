"""What every code of a report stands for, kept beside the results so that it can be followed back later."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from analysis.exchange.files import SHARED_MODE, write_atomically


@dataclass(frozen=True)
class Entry:
    """One number of a report, or one row of a table of numbers.

    Attributes:
        code: such as R-2023Q2-07.
        label: its name.
        counts: what it counts.
        function: what works it out.
        filters: what is filtered by.
        run_id: the run whose ledger it was worked out from.
        values: as they are shown, by heading; small counts are hidden here too.
    """

    code: str
    label: str
    counts: str
    function: str
    filters: str
    run_id: str
    values: Mapping[str, str]


def keep(folder: Path, prefix: str, run_id: str, entries: Sequence[Entry]) -> Path:
    """Write the record of a report and return its path; one of the same period and run takes its place."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    content = json.dumps([asdict(e) for e in entries], ensure_ascii=False, indent=1)
    return write_atomically(folder / f"{prefix}_{run_id}.json", content.encode(), SHARED_MODE)


def kept(folder: Path, prefix: str, code: str) -> list[Entry]:
    """Return what the records of a period say of a code, the newest run first."""
    found = []
    for path in sorted(folder.glob(f"{prefix}_*.json"), reverse=True):
        entries = json.loads(path.read_text(encoding="utf-8"))
        found += [Entry(**e) for e in entries if e["code"] == code]
    return found
