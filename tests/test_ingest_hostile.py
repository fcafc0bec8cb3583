"""Hostile files: none crashes the reading, goes beyond a limit, loses a row or alters a value."""

import datetime as dt
import time

import pandas as pd
import pytest

from analysis.config import load_settings
from analysis.ingest.discover import RawFile, discover
from analysis.ingest.intake import REJECT_COLUMNS, Intake, read_intake
from analysis.ingest.reasons import REASONS
from analysis.ingest.sources import load_sources
from tests.hostile import HostileCase, write_hostile

AS_OF = dt.date(2026, 11, 23)
_LIMITS = load_settings().ingest
_SECONDS_PER_FILE = 10


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[HostileCase], dict[str, RawFile]]:
    raw = tmp_path_factory.mktemp("site") / "raw"
    cases = write_hostile(raw)
    return cases, {f.path.relative_to(raw).as_posix(): f for f in discover(raw)}


@pytest.fixture(scope="module")
def intakes(hostile: tuple[list[HostileCase], dict[str, RawFile]]) -> dict[str, tuple[Intake, float]]:
    cases, files = hostile
    sources = load_sources()
    found = {}
    for case in cases:
        start = time.perf_counter()
        intake = read_intake(files[case.file_name], sources, _LIMITS, AS_OF)
        found[case.name] = (intake, time.perf_counter() - start)
    return found


def _rejected(intake: Intake) -> dict[int | None, set[str]]:
    found: dict[int | None, set[str]] = {}
    for row, code in zip(intake.rejects["row_number"], intake.rejects["reason_code"], strict=True):
        found.setdefault(None if pd.isna(row) else int(row), set()).add(code)
    return found


def test_there_are_enough_cases(hostile: tuple[list[HostileCase], dict[str, RawFile]]) -> None:
    assert len(hostile[0]) >= 100


def test_each_file_comes_to_what_it_must(
    hostile: tuple[list[HostileCase], dict[str, RawFile]], intakes: dict[str, tuple[Intake, float]]
) -> None:
    wrong = []
    for case in hostile[0]:
        intake, _ = intakes[case.name]
        accepted = dict(zip(intake.candidates["native_id"], intake.candidates["text"], strict=True))
        has_note = any(case.note in note for note in intake.notes) or not case.note
        if (accepted, _rejected(intake), intake.skipped_count, has_note) != (
            case.accepted,
            case.rejected,
            case.skipped,
            True,
        ):
            wrong.append((case.name, list(accepted), _rejected(intake), intake.skipped_count, intake.notes))
    assert not wrong


def test_rows_balance_in_every_file(intakes: dict[str, tuple[Intake, float]]) -> None:
    for name, (intake, _) in intakes.items():
        rows = intake.rejects.dropna(subset=["row_number"])[["sheet_name", "row_number"]].drop_duplicates()
        assert intake.row_count == len(intake.candidates) + len(rows), name


def test_quarantine_entries_are_complete_and_show_no_value(
    hostile: tuple[list[HostileCase], dict[str, RawFile]], intakes: dict[str, tuple[Intake, float]]
) -> None:
    for name, (intake, _) in intakes.items():
        assert list(intake.rejects.columns) == REJECT_COLUMNS
        assert intake.rejects["quarantine_id"].is_unique, name
        for entry in intake.rejects.to_dict("records"):
            assert entry["reason_code"] in REASONS
            assert "{" not in entry["reason"]
            assert "\n" not in entry["reason"]
            assert "信号灯" not in entry["reason"] + entry["value_class"]


def test_no_file_takes_long(intakes: dict[str, tuple[Intake, float]]) -> None:
    assert not {name: seconds for name, (_, seconds) in intakes.items() if seconds > _SECONDS_PER_FILE}
