"""The Prefect flow for real: one run on a temporary server, one on a schedule, one from cron."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import ROOT, hotline
from tests.loopback import http_receiver
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
    with http_receiver() as (port, heard):
        settings = f'[notify]\nurls = ["json://127.0.0.1:{port}"]\n'
        (tmp_path / "hotline.toml").write_text(settings, encoding="utf-8")
        (tmp_path / "data" / "raw").mkdir(parents=True)
        done = hotline("run", env={"HOTLINE_HOME": str(tmp_path), "PREFECT_HOME": str(prefect_home)})
    assert done.returncode == 2
    (message,) = (json.loads(body) for _, body in heard)
    assert "夜间运行失败" in message["title"]
    assert "hotline status" in message["message"]
    assert str(tmp_path) not in message["message"]


def test_a_killed_run_leaves_no_server_behind_the_next_one(raw: Path, tmp_path: Path, prefect_home: Path) -> None:
    command = [sys.executable, "-m", "flows.cli", "run", "--raw", str(raw), "--processed", str(tmp_path / "out")]
    run = subprocess.Popen(command, env=os.environ | {"PREFECT_HOME": str(prefect_home)}, cwd=ROOT)
    note = tmp_path / "out" / "prefect-server.pid"
    wait_for("the start of the temporary server", 120, note.exists)
    run.kill()
    run.wait()
    server = Path("/proc") / note.read_text().strip() / "cmdline"
    assert b"prefect" in server.read_bytes()
    done = hotline("run", "--raw", raw, "--processed", tmp_path / "out", env={"PREFECT_HOME": str(prefect_home)})
    assert done.returncode == 0, done.stderr.decode()
    wait_for("the end of the orphan", 30, lambda: not server.exists() or b"prefect" not in server.read_bytes())


@pytest.fixture
def server(prefect_home: Path) -> Iterator[dict[str, str]]:
    with running_server(prefect_home) as environment:
        yield environment


def registered(url: str) -> object:
    """Return the deployments once all are there."""
    found = call(f"{url}/deployments/filter", {})
    assert isinstance(found, list)
    return found if len(found) == 4 else None


def ended(url: str, run: dict[str, str]) -> object:
    state = call(f"{url}/flow_runs/{run['id']}")["state_type"]  # type: ignore[index]
    return state if state in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None


def test_serve_registers_the_schedules_takes_a_dropped_file_and_makes_the_weekly_report(
    raw: Path, tmp_path: Path, server: dict[str, str]
) -> None:
    """A run whose process is gone, with its runner, is no longer shown as running when the next runner starts."""
    url, out = server["PREFECT_API_URL"], tmp_path / "out"
    flow_id = wait_for("the flow", 60, lambda: call(f"{url}/flows/", {"name": "夜间运行"}))["id"]
    running = {"flow_id": flow_id, "parameters": {"raw": str(raw), "processed": str(out)}, "state": {"type": "RUNNING"}}
    gone = wait_for("the run", 60, lambda: call(f"{url}/flow_runs/", running))
    watched = '[schedule]\nwatch = true\nwatch_seconds = 1\nsettle_seconds = 2\nmonthly_report = ""\n'
    (tmp_path / "hotline.toml").write_text(watched, encoding="utf-8")
    (tmp_path / "data").symlink_to(ROOT / "data")  # for the model
    command = [sys.executable, "-m", "flows.cli", "serve", "--raw", str(raw), "--processed", str(out)]
    environment = os.environ | server | {"HOTLINE_HOME": str(tmp_path)}
    runner = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd=ROOT)
    try:
        found = wait_for("the deployments", 120, lambda: registered(url))
        assert isinstance(found, list)
        times = {d["name"]: [(s["schedule"]["cron"], s["schedule"]["timezone"]) for s in d["schedules"]] for d in found}
        assert times == {
            "每夜": [("30 2 * * *", "Asia/Shanghai")],
            "周报": [("0 6 * * 1", "Asia/Shanghai")],
            "月报": [],
            "早上": [("30 8 * * 1-5", "Asia/Shanghai")],
        }
        (raw / "tickets" / "新.csv").write_text(TICKETS.replace("20230305", "20230306"), encoding="utf-8")

        ids = {d["name"]: d["id"] for d in found}

        def started() -> object:
            runs = call(f"{url}/flow_runs/filter", {})
            assert isinstance(runs, list)
            return [r for r in runs if r["deployment_id"] == ids["每夜"] and r["state_type"] != "SCHEDULED"]

        night = wait_for("the run of the dropped file", 120, started)
        assert isinstance(night, list)
        assert wait_for("the end of the run", 120, lambda: ended(url, night[0])) == "COMPLETED"
        assert (out / "夜报.md").exists()
        report = call(f"{url}/deployments/{ids['周报']}/create_flow_run", {"state": {"type": "SCHEDULED"}})
        assert isinstance(report, dict)
        assert wait_for("the end of the report", 120, lambda: ended(url, report)) == "COMPLETED"
        name = call(f"{url}/flow_runs/{report['id']}")["name"]  # type: ignore[index]
        assert name.startswith("周报 20")
        (folder,) = [p for p in (out / "报告").iterdir() if p.name == name.removeprefix("周报 ")]
        artifacts = {a["key"]: a["data"] for a in call(f"{url}/artifacts/filter", {})}  # type: ignore[attr-defined]
        assert {"night-digest", "night-progress", "report-last-week"} <= set(artifacts)
        files = sorted(path.name for path in folder.iterdir())
        assert len(files) == 3
        assert [n for n in files if n.replace("_", "\\_") not in artifacts["report-last-week"]] == []
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
            wait_for("the schedules", 120, lambda: registered(url))
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
