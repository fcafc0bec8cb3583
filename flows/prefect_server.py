"""Finds the Prefect server that a site is configured for, and starts one of its own where none answers."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import httpx

from analysis.errors import UsageError
from analysis.health import Service
from analysis.site import SitePaths

URL_VARIABLE = "PREFECT_API_URL"
_LOCAL_URL = "http://127.0.0.1:4200/api"
_LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost"})
_PATIENCE_SECONDS, _START_SECONDS, _STOP_SECONDS, _POLL_SECONDS = 10, 180, 20, 1
_LOG_BYTES, _LOGS_KEPT = 5 * 2**20, 4


def answers(url: str) -> bool:
    """Say whether a healthy Prefect server answers at the API address `url`."""
    try:
        return httpx.get(f"{url}/health", timeout=_PATIENCE_SECONDS, trust_env=False).is_success
    except (httpx.HTTPError, httpx.InvalidURL):
        return False


def configured_service(paths: SitePaths) -> Service | None:
    """Return the server of PREFECT_API_URL, else the one that the schedule was last registered with, if any."""
    url = os.environ.get(URL_VARIABLE) or (
        paths.served_by.read_text(encoding="utf-8").strip() if paths.served_by.is_file() else ""
    )
    return Service(url, answers(url)) if url else None


@contextmanager
def running_server(logs: Path) -> Iterator[str]:
    """Give the API address of a Prefect server that answers; one that was started here is stopped on the way out.

    The address is PREFECT_API_URL, or port 4200 of this machine. A server is started on this machine only, and only
    where none answers; what it prints goes to `logs/prefect.log`, rotated.

    Raises:
        UsageError: the server of another machine does not answer, or our own does not start.
    """
    url = os.environ.get(URL_VARIABLE) or _LOCAL_URL
    if answers(url):
        yield url
        return
    parts = urlsplit(url)
    if parts.hostname not in _LOCAL_HOSTS:
        raise UsageError(
            f"Prefect 服务 {url} 没有应答。请在那台机器上执行 prefect server start，或取消 {URL_VARIABLE}。"
        )
    server = _start(parts.hostname, parts.port or 80, logs)
    try:
        _await(server, url, logs)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _start(host: str, port: int, logs: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", str(port)]
    # Analytics would phone home.
    quiet = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PREFECT_SERVER_LOGGING_LEVEL": "WARNING"}
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=os.environ | quiet,
        start_new_session=True,  # Ctrl-C reaches us alone: the runner stops first, then its server
    )
    assert server.stdout is not None
    log = rotating_log(logs / "prefect.log")
    threading.Thread(target=_keep_lines, args=(server.stdout, log), daemon=True).start()
    return server


def _keep_lines(lines: IO[str], log: logging.Logger) -> None:
    for line in lines:
        log.info(line.rstrip())


def rotating_log(path: Path) -> logging.Logger:
    """Return a logger that writes to `path` alone, and keeps a few older files of a few megabytes beside it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    log = logging.getLogger(f"hotline.{path}")
    log.propagate = False
    log.setLevel(logging.INFO)
    if not log.handlers:
        handler = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=_LOGS_KEPT, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        log.addHandler(handler)
    return log


def _await(server: "subprocess.Popen[str]", url: str, logs: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < end:
        if answers(url):
            return
        time.sleep(_POLL_SECONDS)
    raise UsageError(f"Prefect 服务没有启动起来，原因见 {logs / 'prefect.log'}。端口被占用的，换一个：{URL_VARIABLE}。")
