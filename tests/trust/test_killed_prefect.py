"""Flow, runner and server of Prefect killed: the next run comes, nothing is missed, and no run is left for ever."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.ledger.store import Reader
from tests.command import ROOT, hotline
from tests.prefect_service import (
    TICKETS,
    call,
    free_port,
    personal_in,
    service_environment,
    start_server,
    wait_for,
)
from tests.trust.tally import Tally

pytestmark = [pytest.mark.prefect, pytest.mark.promise("prefect")]

_NEXT_RUN_SECONDS, _NO_ZOMBIE_SECONDS = 360, 600
_AT_WORK = ("RUNNING", "PENDING", "CANCELLING")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "raw" / "tickets").mkdir(parents=True)
    (tmp_path / "raw" / "tickets" / "12345.csv").write_text(TICKETS, encoding="utf-8")
    return tmp_path / "raw"


def test_a_killed_run_leaves_no_server_behind_the_next_one(raw: Path, tmp_path: Path, tally: Tally) -> None:
    environment = {"PREFECT_HOME": str(tmp_path / "prefect")}
    command = [sys.executable, "-m", "flows.cli", "run", "--raw", str(raw), "--processed", str(tmp_path / "out")]
    run = subprocess.Popen(command, env=os.environ | environment, cwd=ROOT)
    note = tmp_path / "out" / "prefect-server.pid"
    wait_for("the start of the temporary server", 120, note.exists)
    run.kill()
    run.wait()
    server = Path("/proc") / note.read_text().strip() / "cmdline"
    assert b"prefect" in server.read_bytes()
    done = hotline("run", "--raw", raw, "--processed", tmp_path / "out", env=environment)
    assert done.returncode == 0, done.stderr.decode()
    wait_for("the end of the orphan", 30, lambda: not server.exists() or b"prefect" not in server.read_bytes())
    tally.count(personal_in(tmp_path / "prefect") == [], "a temporary server's database")


class Service:
    """A server and `hotline serve` with a run every minute, each of which can be killed and started again."""

    def __init__(self, folder: Path, raw: Path) -> None:
        self.folder, self.raw, self.out = folder, raw, folder / "out"
        self.home, self._port = folder / "prefect", free_port()
        self.home.mkdir()
        (folder / "hotline.toml").write_text('[schedule]\ncron = "* * * * *"\n', encoding="utf-8")
        (folder / "data").symlink_to(ROOT / "data")  # for the model
        self.environment = service_environment(self.home, self._port)
        self.url = self.environment["PREFECT_API_URL"]
        self.server = start_server(self.home, self._port)
        self.runner = self._serve()

    def _serve(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "flows.cli", "serve", "--raw", str(self.raw), "--processed", str(self.out)]
        with (self.folder / "serve.log").open("ab") as log:
            environment = os.environ | self.environment | {"HOTLINE_HOME": str(self.folder)}
            return subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=ROOT)

    def kill(self, victim: str) -> None:
        """Kill the process of a run that is going on, or the runner in the midst of one, or the server; start again."""
        if victim == "server":
            self.server.kill()
            self.server.wait()
            self.server = start_server(self.home, self._port)
            return
        flow = wait_for("a run", _NEXT_RUN_SECONDS, self._flow)
        if victim == "runner":
            self.runner.kill()
            self.runner.wait()
        os.kill(flow, signal.SIGKILL)
        if victim == "runner":
            self.runner = self._serve()

    def _flow(self) -> int | None:
        """Return the process of a run that holds the site's lock."""
        for children in Path(f"/proc/{self.runner.pid}/task").glob("*/children"):
            for pid in children.read_text().split():
                if (self.out / "run.lock").exists() and b"prefect" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return int(pid)
        return None

    def runs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = call(f"{self.url}/flow_runs/filter", {})
        return found

    def stop(self) -> None:
        for process in (self.runner, self.server):
            process.terminate()
            process.wait(60)


def test_flow_runner_and_server_may_be_killed(
    raw: Path, tmp_path: Path, tally: Tally, times: Callable[[int, int], int]
) -> None:
    if not times(0, 1):
        pytest.skip("waits for scheduled runs, a quarter of an hour: with --full only")
    service = Service(tmp_path, raw)
    try:
        for number, victim in enumerate(("flow", "runner", "server"), 1):
            ticket = TICKETS.replace("20230305", f"2023030{number}").replace("13800138000", f"1380013800{number}")
            (raw / "tickets" / f"12345_{number}.csv").write_text(ticket, encoding="utf-8")
            service.kill(victim)
            killed, before = time.monotonic(), {r["id"] for r in service.runs() if r["state_type"] == "COMPLETED"}
            wait_for(
                f"a run after the {victim} was killed",
                _NEXT_RUN_SECONDS,
                lambda known=before: [
                    r for r in service.runs() if r["state_type"] == "COMPLETED" and r["id"] not in known
                ],
            )
            tally.count(time.monotonic() - killed <= _NEXT_RUN_SECONDS, victim)

        def zombies() -> list[str]:
            old = time.time() - _NEXT_RUN_SECONDS / 2
            return [
                r["name"]
                for r in service.runs()
                if r["state_type"] in _AT_WORK and _seconds(r["start_time"] or r["expected_start_time"]) < old
            ]

        wait_for("the end of all zombies", _NO_ZOMBIE_SECONDS, lambda: not zombies())
        tally.count(not zombies(), "zombies")
    finally:
        service.stop()
    tally.count(personal_in(service.home) == [], "the server's database")
    with Reader.open(service.out / "ledger.duckdb") as reader:
        tally.count(len(reader.tables()["raw_files"]) == 4, "a file was missed")


def _seconds(moment: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(moment).timestamp()
