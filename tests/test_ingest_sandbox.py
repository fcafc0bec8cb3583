"""The reading child keeps to its limits, and whatever kills it is one quarantined file."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.ingest_files import LIMITS, csv_text, intake_of

HEADER = ("工单编号", "受理时间", "诉求内容")


def _reason(tmp_path: Path, content: bytes | str, **changed: int) -> tuple[str, str]:
    intake = intake_of(tmp_path, "tickets/a.csv", content, limits=LIMITS.model_copy(update=changed))
    (entry,) = intake.rejects.to_dict("records")
    assert not intake.is_readable
    assert (
        entry["row_number"] is None or entry["row_number"] != entry["row_number"] or str(entry["row_number"]) == "<NA>"
    )
    return entry["reason_code"], entry["reason"]


def test_too_large_a_file_is_not_opened(tmp_path: Path) -> None:
    code, said = _reason(tmp_path, "x" * 3_000_000, max_file_mb=1)
    assert code == "too_large"
    assert "ingest.max_file_mb" in said


def test_memory_is_limited(tmp_path: Path) -> None:
    content = csv_text(HEADER, *[("A1", "2023-03-05", "内容" * 50)] * 100_000)
    assert _reason(tmp_path, content, read_memory_mb=150)[0] == "out_of_memory"


def test_time_is_limited(tmp_path: Path) -> None:
    content = csv_text(HEADER, *[("A1", "2023-03-05", "")] * 1_500_000).encode("gb18030")
    code, said = _reason(tmp_path, content, read_timeout_seconds=1)
    assert code == "timeout"
    assert "1 秒" in said


def test_output_is_limited(tmp_path: Path) -> None:
    content = csv_text(HEADER, *[("A1", "2023-03-05", "内容")] * 50_000)
    assert _reason(tmp_path, content, max_unpacked_mb=1)[0] == "output_too_large"


def test_rows_are_limited(tmp_path: Path) -> None:
    assert _reason(tmp_path, csv_text(HEADER, HEADER, HEADER), max_rows_per_file=2)[0] == "too_many_rows"


@pytest.mark.parametrize("module", ["pandas", "pydantic", "numpy", "lxml"])
def test_the_child_starts_light(module: str) -> None:
    check = f"import analysis.ingest.reader, sys; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
