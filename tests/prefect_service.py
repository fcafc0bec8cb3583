"""A real Prefect server for tests, and what is asked of it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TICKETS = (
    "工单编号,受理时间,诉求人,联系电话,诉求标题,诉求内容\n"
    "2023030500001,2023/3/5 8:01,欧阳小芳,13800138000,贴单不告知,"
    "交警贴了我六张罚单，一条短信都没有发过，没有任何告知。\n"
    "2023030500002,2023/3/5 8:02,,,路灯,路灯不亮。\n"
)
PERSONAL = ("欧阳小芳", "13800138000", "六张罚单")
"""What of the tickets must not be found in anything of Prefect's."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def call(url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def wait_for(what: str, seconds: float, probe: Callable[[], Any]) -> Any:
    """Ask until the answer is something, and return it; a server that does not answer yet has answered nothing."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            found = probe()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            found = None
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def service_environment(home: Path, port: int) -> dict[str, str]:
    """Return what tells a process of the server on a port, with its database in `home`."""
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }


def start_server(home: Path, port: int) -> "subprocess.Popen[bytes]":
    """Start a Prefect server, and wait until it answers."""
    environment = service_environment(home, port)
    command = [str(Path(sys.executable).with_name("prefect")), "server", "start", "--host", "127.0.0.1"]
    with (home / "server.log").open("ab") as log:
        server = subprocess.Popen([*command, "--port", str(port)], stdout=log, stderr=log, env=os.environ | environment)
    wait_for("the server's start", 120, lambda: call(f"{environment['PREFECT_API_URL']}/health"))
    return server


@contextmanager
def running_server(home: Path) -> Iterator[dict[str, str]]:
    """Give the environment of a Prefect server on a free port."""
    port = free_port()
    server = start_server(home, port)
    try:
        yield service_environment(home, port)
    finally:
        server.terminate()
        server.wait(30)


def personal_in(home: Path) -> list[str]:
    """Return what of the tickets is in Prefect's database, as it is or as JSON writes it."""
    database = b"".join(p.read_bytes() for p in home.rglob("prefect.db*"))
    return [words for words in PERSONAL if words.encode() in database or json.dumps(words).encode()[1:-1] in database]
