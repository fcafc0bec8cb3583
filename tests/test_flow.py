"""The Prefect flow for real: one run on a temporary server, one on a schedule, one from cron."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.command import ROOT, hotline
from tests.prefect_service import TICKETS, call, free_port, personal_in, running_server, wait_for

pytestmark = pytest.mark.prefect


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "raw" / "tickets").mkdir(parents=True)
    (tmp_path / "raw" / "tickets" / "12345.csv").write_text(TICKETS, encoding="utf-8")
    return tmp_path / "raw"


@pytest.fixture(scope="module")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prefect")


def test_run_goes_through_prefect_and_leaves_nothing_personal_there(
    raw: Path, tmp_path: Path, prefect_home: Path
) -> None:
    environment = {"PREFECT_HOME": str(prefect_home)}
    done = hotline("run", "--raw", raw, "--processed", tmp_path / "out", env=environment)
    assert done.returncode == 0, done.stderr.decode()
    assert "数据行 2 = 新收 2" in done.stdout.decode()
    assert (tmp_path / "out" / "snapshot.duckdb").exists()
    database = b"".join(p.read_bytes() for p in prefect_home.rglob("prefect.db*"))
    assert "夜间运行".encode() in database or json.dumps("夜间运行").encode()[1:-1] in database
    assert personal_in(prefect_home) == []


def test_a_failed_run_ends_in_one_line(tmp_path: Path, prefect_home: Path) -> None:
    (tmp_path / "raw").mkdir()
    environment = {"PREFECT_HOME": str(prefect_home)}
    done = hotline("run", "--raw", tmp_path / "raw", "--processed", tmp_path / "out", env=environment)
    assert done.returncode == 2
    assert done.stderr.decode().strip().splitlines()[-1].startswith("错误：")
    assert "Traceback" not in done.stderr.decode()


def test_a_failure_is_announced_without_quoting_anything(tmp_path: Path, prefect_home: Path) -> None:
    """apprise posts to a receiver of our own on loopback, as it would to 钉钉 or mail."""
    heard: list[str] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    receiver = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    settings = f'[notify]\nurls = ["json://127.0.0.1:{receiver.server_port}"]\n'
    (tmp_path / "hotline.toml").write_text(settings, encoding="utf-8")
    (tmp_path / "data" / "raw").mkdir(parents=True)
    done = hotline("run", env={"HOTLINE_HOME": str(tmp_path), "PREFECT_HOME": str(prefect_home)})
    receiver.shutdown()
    assert done.returncode == 2
    (message,) = map(json.loads, heard)
    assert "夜间运行失败" in message["title"]
    assert "hotline status" in message["message"]
    assert str(tmp_path) not in message["message"]


@pytest.fixture
def server(prefect_home: Path) -> Iterator[dict[str, str]]:
    with running_server(prefect_home) as environment:
        yield environment


def test_serve_registers_the_schedule_and_runs_what_the_server_sends(
    raw: Path, tmp_path: Path, server: dict[str, str]
) -> None:
    """A run whose process is gone, with its runner, is no longer shown as running when the next runner starts."""
    url = server["PREFECT_API_URL"]
    flow_id = wait_for("the flow", 60, lambda: call(f"{url}/flows/", {"name": "夜间运行"}))["id"]
    parameters = {"raw": str(raw), "processed": str(tmp_path / "out")}
    running = {"flow_id": flow_id, "parameters": parameters, "state": {"type": "RUNNING"}}
    gone = wait_for("the run", 60, lambda: call(f"{url}/flow_runs/", running))
    command = [sys.executable, "-m", "flows.cli", "serve", "--raw", str(raw), "--processed", str(tmp_path / "out")]
    runner = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | server, cwd=ROOT
    )
    try:
        found = wait_for("the deployment", 60, lambda: call(f"{url}/deployments/filter", {}))
        deployment = found[0]
        schedule = deployment["schedules"][0]["schedule"]
        assert (schedule["cron"], schedule["timezone"]) == ("30 2 * * *", "Asia/Shanghai")
        run = call(f"{url}/deployments/{deployment['id']}/create_flow_run", {"state": {"type": "SCHEDULED"}})

        def ended() -> object:
            state = call(f"{url}/flow_runs/{run['id']}")["state_type"]
            return state if state in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

        assert wait_for("the end of the run", 120, ended) == "COMPLETED"
        assert (tmp_path / "out" / "夜报.md").exists()
        artifacts = call(f"{url}/artifacts/filter", {})
        assert {"night-digest", "night-progress"} <= {a["key"] for a in artifacts}
        assert call(f"{url}/flow_runs/{gone['id']}")["state_type"] == "CRASHED"
    finally:
        runner.terminate()
        runner.wait(30)


def test_serve_says_what_to_do_where_the_server_of_another_machine_is_silent(tmp_path: Path) -> None:
    elsewhere = {"PREFECT_API_URL": "http://prefect.invalid:4200/api", "PREFECT_HOME": str(tmp_path)}
    done = hotline("serve", "--processed", tmp_path / "out", env=elsewhere)
    assert done.returncode == 2
    assert "prefect server start" in done.stderr.decode()


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_serve_alone_starts_a_server_fires_on_schedule_and_stops_both(
    raw: Path, tmp_path: Path, stop: signal.Signals
) -> None:
    """The schedule is «every minute» here, so that a scheduled run comes soon."""
    url = f"http://127.0.0.1:{free_port()}/api"
    (tmp_path / "hotline.toml").write_text('[schedule]\ncron = "* * * * *"\n', encoding="utf-8")
    (tmp_path / "data").symlink_to(ROOT / "data")  # for the model
    environment = os.environ | {
        "HOTLINE_HOME": str(tmp_path), "PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_API_URL": url,
    }  # fmt: skip
    out = tmp_path / "out"
    command = [sys.executable, "-m", "flows.cli", "serve", "--raw", str(raw), "--processed", str(out)]
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=ROOT)
    try:
        wait_for("the server's start", 120, lambda: call(f"{url}/health"))
        if stop == signal.SIGINT:

            def fired() -> object:
                runs = call(f"{url}/flow_runs/filter", {})
                return [r for r in runs if r["auto_scheduled"] and r["state_type"] == "COMPLETED"]

            found = wait_for("a scheduled run", 180, fired)
            assert found[0]["name"].startswith("夜间运行 ")
            assert (out / "夜报.md").exists()
        else:
            wait_for("the schedule", 120, lambda: call(f"{url}/deployments/filter", {}))
    finally:
        serving.send_signal(stop)
        told = serving.communicate(timeout=60)[0].decode()
    assert "按 Ctrl-C 停止" in told
    assert "正在停止" in told
    assert "Warning" not in told
    with pytest.raises(urllib.error.URLError):
        call(f"{url}/health")
    assert (out / "日志" / "prefect.log").exists()
    assert "已登记" in (out / "日志" / "定时.log").read_text(encoding="utf-8")
    assert (out / "prefect-service.url").read_text(encoding="utf-8") == url


def test_the_cron_line_works_in_the_bare_environment_of_cron(raw: Path, tmp_path: Path) -> None:
    """cron gives a command neither a terminal nor the user's environment."""
    line = (
        f"cd {ROOT} && {sys.executable} -m flows.cli run --plain --raw {raw} --processed {tmp_path / 'out'}"
        f" >> {tmp_path / 'night.log'} 2>&1"
    )
    done = subprocess.run(
        ["/bin/sh", "-c", line], env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "SHELL": "/bin/sh"}, check=False
    )
    log = (tmp_path / "night.log").read_text(encoding="utf-8")
    assert done.returncode == 0, log
    assert "数据行 2 = 新收 2" in log
