"""Who may read what a night leaves behind: the private is its owner's alone, the rest the office's own group's."""

import os
import stat
from pathlib import Path

from analysis.pipeline.stages import run_night
from analysis.site import site_paths
from tests.command import hotline_here
from tests.review_site import AS_OF, IN_SCOPE, OUT_OF_SCOPE, put

_PRIVATE = {"ledger.duckdb", "ledger.duckdb.wal", "ledger.head", "private/complainant.key", "线索移送清单.xlsx"}
_READABLE = "codebooks"
"""Rules, and nothing of anybody."""


def test_every_file_of_a_night_has_its_mode_though_the_umask_forbids_nothing(tmp_path: Path) -> None:
    for kind in ("tickets", "posts"):
        (tmp_path / "raw" / kind).mkdir(parents=True)
    site = site_paths(tmp_path / "raw", tmp_path / "processed")
    put(site, "12328工单1.csv", IN_SCOPE, OUT_OF_SCOPE)
    before = os.umask(0)
    try:
        run_night(site, AS_OF)
        at = ("--processed", site.processed)
        for command in (("review", "export"), ("decide", "export"), ("quarantine", "export")):
            assert hotline_here(*command, tmp_path / f"{command[0]}.xlsx", *at).returncode == 0
    finally:
        os.umask(before)
    for path in site.processed.rglob("*"):
        name, mode = path.relative_to(site.processed).as_posix(), stat.S_IMODE(path.stat().st_mode)
        if name.startswith(_READABLE):
            assert not mode & 0o022, f"{name} {mode:o}"
        elif path.is_dir():
            assert mode & ~0o750 == 0, f"{name} {mode:o}"
        else:
            assert mode == (0o600 if name in _PRIVATE else 0o640), f"{name} {mode:o}"
    for command in ("review", "decide", "quarantine"):
        assert stat.S_IMODE((tmp_path / f"{command}.xlsx").stat().st_mode) == 0o600
