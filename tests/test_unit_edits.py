"""Seventeen kinds of edits and more of a unit's 整改台账: no wrong write, and every legitimate one is applied."""

import os
import random
import zlib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from analysis.contracts import FILED_COLUMNS
from analysis.exchange.returned_sheet import RefusedWorkbookError
from analysis.pipeline.importing import ImportedLedger, RefusedLedger, import_ledgers
from analysis.site import site_paths
from tests.unit_edits import BEFORE, KINDS, Expected, Grid, read_grid
from tests.unit_site import UNIT_BOOK, build_unit_site, copy_unit_site, problems, quick_imports

FILES_OF_A_KIND = int(os.environ.get("HOTLINE_EDIT_FILES", "3"))
"""More for a thorough look: HOTLINE_EDIT_FILES=40."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with quick_imports():
        yield build_unit_site(tmp_path_factory.mktemp("units") / "site")


@pytest.fixture(scope="module")
def grid(built: Path) -> Grid:
    return read_grid(built / "processed" / "整改台账" / UNIT_BOOK)


def expected_state(before: dict[str, dict[str, Any]], expected: Expected) -> dict[str, dict[str, Any]]:
    """Return what the filed columns and the status of each problem must be, from what was typed."""
    state = {i: {name: row[name] for name in (*FILED_COLUMNS, "status")} for i, row in before.items()}
    for problem_id in {*expected.filed, *expected.asked}:
        filed = expected.filed.get(problem_id, {})
        asked = expected.asked.get(problem_id)
        status = "closure_requested" if asked == "closure_requested" else "rectifying"
        state[problem_id] = dict.fromkeys(FILED_COLUMNS) | BEFORE.get(problem_id, {}) | filed | {"status": status}
    return state


def seen_state(site: Any) -> dict[str, dict[str, Any]]:
    return {i: {name: row[name] for name in (*FILED_COLUMNS, "status")} for i, row in problems(site).items()}


@pytest.mark.parametrize("kind", KINDS)
def test_edits_are_applied_as_meant_or_refused_with_their_address(
    built: Path, grid: Grid, tmp_path: Path, kind: str
) -> None:
    before = problems(site_paths(built / "raw", built / "processed"))
    for seed in range(FILES_OF_A_KIND):
        rng = random.Random(zlib.crc32(f"{kind} {seed}".encode()))
        edited, expected = deepcopy(grid), Expected()
        KINDS[kind](rng, edited, expected)
        site = copy_unit_site(built, tmp_path / f"site{seed}")
        file = edited.save(tmp_path / f"交回{seed}.xlsx")
        (done,) = import_ledgers(site, [file])
        if expected.is_refused:
            assert isinstance(done, RefusedLedger), (kind, seed)
            faults = done.error.faults if isinstance(done.error, RefusedWorkbookError) else ()
            assert expected.refused_at <= {fault.address for fault in faults}, (kind, seed, [str(f) for f in faults])
            assert expected.words in str(done.error), (kind, seed)
            assert problems(site) == before, (kind, seed)
        else:
            told = getattr(done, "error", None)
            assert isinstance(done, ImportedLedger), (kind, seed, told, [str(f) for f in getattr(told, "faults", ())])
            assert seen_state(site) == expected_state(before, expected), (kind, seed)
            assert done.applications == {k: list(expected.asked.values()).count(k) for k in {*expected.asked.values()}}
            assert done.changed_count == sum(map(len, expected.filed.values()))
            if seed:
                continue
            (again,) = import_ledgers(site, [edited.save(tmp_path / f"再存{seed}.xlsx")])
            assert isinstance(again, ImportedLedger)
            assert not again.changed_count
            assert not again.applications
            assert not again.conflict_count
