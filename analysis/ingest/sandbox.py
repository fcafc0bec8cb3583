"""Runs the reading child under limits of memory, time and output, and hands back what it read."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from analysis.config import Ingest
from analysis.ingest.grid import FileInfo, Sheet, read_file_info, read_sheets
from analysis.ingest.reader import EXIT_FAILURE, EXIT_OUTPUT, Task
from analysis.ingest.reasons import ReadFault

_LAST_LINE = 4096
_OUT_OF_MEMORY = {signal.SIGABRT, signal.SIGKILL, signal.SIGSEGV}
_OUT_OF_TIME = {signal.SIGXCPU}
_PACKAGES = str(Path(__file__).resolve().parents[2])


@dataclass(frozen=True)
class Reading:
    """What a file holds; the sheets are read as they are asked for, inside the `with` block."""

    info: FileInfo
    file_id: str
    sheets: Iterator[Sheet]


@contextmanager
def open_reading(source: Path | BinaryIO, limits: Ingest, suffix: str = "") -> Iterator[Reading]:
    """Read a file in a child process of its own: from a path, or an open one from its beginning with its `suffix`.

    The rows pass through a nameless temporary file, so that nothing of them remains if this process is killed.

    Raises:
        ReadFault: the file cannot be opened or read, or the child died or went beyond a limit.
    """
    with tempfile.TemporaryFile() as out:
        if isinstance(source, Path):
            try:
                opened = source.open("rb")
            except OSError as error:
                raise ReadFault("no_access") from error
            with opened:
                _read_into(out, opened, source.suffix.lower(), limits)
        else:
            source.seek(0)
            _read_into(out, source, suffix, limits)
        file_id = json.loads(_last_line(out))["file_id"]
        out.seek(0)
        yield Reading(read_file_info(out), file_id, read_sheets(out))


def _read_into(out: BinaryIO, source: BinaryIO, suffix: str, limits: Ingest) -> None:
    task = Task(
        suffix=suffix,
        memory_mb=limits.read_memory_mb,
        seconds=limits.read_timeout_seconds,
        unpacked_mb=limits.max_unpacked_mb,
        max_rows=limits.max_rows_per_file,
    )
    command = [sys.executable, "-s", "-P", "-m", "analysis.ingest.reader", json.dumps(task._asdict())]
    environment = {"PATH": os.defpath, "PYTHONPATH": _PACKAGES, "PYTHONUTF8": "1"}
    child = subprocess.Popen(command, stdin=source, stdout=out, stderr=subprocess.DEVNULL, env=environment)
    timer = threading.Timer(limits.read_timeout_seconds, child.kill)  # wait(timeout=…) would poll every 50 ms
    start = time.monotonic()
    timer.start()
    try:
        status = child.wait()
    finally:
        timer.cancel()
        child.kill()
        child.wait()
    if status == -signal.SIGKILL and time.monotonic() - start >= limits.read_timeout_seconds:
        raise ReadFault("timeout", str(limits.read_timeout_seconds))
    _check(status, out, limits)


def _check(status: int, out: BinaryIO, limits: Ingest) -> None:
    if status == 0:
        return
    if status == EXIT_OUTPUT:
        raise ReadFault("output_too_large", str(limits.max_unpacked_mb))
    if status == EXIT_FAILURE:
        line = _last_line(out)
        if line.startswith(b'{"code"'):
            raise ReadFault(**json.loads(line))
    if -status in _OUT_OF_MEMORY:
        raise ReadFault("out_of_memory")
    if -status in _OUT_OF_TIME:
        raise ReadFault("timeout", str(limits.read_timeout_seconds))
    raise ReadFault("reader_crashed", str(status))


def _last_line(out: BinaryIO) -> bytes:
    size = out.seek(0, os.SEEK_END)
    out.seek(max(size - _LAST_LINE, 0))
    return out.read().rstrip(b"\n").rpartition(b"\n")[2]
