"""The real exports beside the checkout are read as they are; skipped where they are not."""

import csv
import datetime as dt
from pathlib import Path

import pytest

from analysis.ingest.discover import discover
from analysis.ingest.intake import read_intake
from tests.ingest_files import LIMITS, SOURCES

_REAL = Path(__file__).resolve().parents[2] / "shared" / "real"
_LABELS = _REAL.parent / "eval" / "dev.csv"

pytestmark = pytest.mark.skipif(not _REAL.is_dir(), reason="没有真实数据目录 ../shared/real")


def test_every_real_post_is_accepted_under_its_own_id() -> None:
    intakes = [read_intake(f, SOURCES, LIMITS, dt.date(2026, 11, 23)) for f in discover(_REAL)]
    assert [len(i.rejects) for i in intakes] == [0, 0]
    assert [i.row_count for i in intakes] == [len(i.candidates) for i in intakes]
    found = {row.id_prefix + row.native_id: row.text for i in intakes for row in i.candidates.itertuples()}
    assert len(found) == sum(i.row_count for i in intakes)
    with _LABELS.open(encoding="utf-8", newline="") as stream:
        labelled = {r["complaint_id"]: r["text"] for r in csv.DictReader(stream) if r["source"] == "petition_board"}
    assert {k: "".join(t.split()) for k, t in found.items()} == {k: "".join(t.split()) for k, t in labelled.items()}
