"""Ends Prefect's temporary server where a killed run left it behind.

Without a configured server Prefect starts one as a child process and ends it with the run. A run that is killed
(kill -9, out of memory) cannot do that: the child lives on, with 200 MB, once for every kill.
"""

import os
import signal
from pathlib import Path

_COMMAND = b"prefect.server.api.server"


def remember(path: Path) -> None:
    """Note the temporary server of this process in the file `path`; nothing where there is none."""
    children = Path("/proc/self/task").glob("*/children")
    pids = [pid for child in children for pid in child.read_text().split() if _COMMAND in _command_line(int(pid))]
    if pids:
        path.write_text(" ".join(pids))


def end_orphans(path: Path) -> None:
    """End the servers that `remember` noted in `path`.

    Called by who holds the site's lock: the run that noted them held it too, and is gone.
    """
    if not path.exists():
        return
    for pid in map(int, path.read_text().split()):
        if _COMMAND in _command_line(pid):
            os.kill(pid, signal.SIGTERM)
    path.unlink()


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended
        return b""
