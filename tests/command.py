"""Runs the command line as a user does: in a process of its own, or, where only its words matter, in this one."""

import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from flows.cli import run

ROOT = Path(__file__).parent.parent


def hotline(
    *arguments: object, stdin: bytes | None = None, env: dict[str, str] | None = None, timeout: float = 240
) -> subprocess.CompletedProcess[bytes]:
    """Run `hotline` with arguments and return what it printed and its exit code."""
    command = [sys.executable, "-m", "flows.cli", *map(str, arguments)]
    environment = os.environ | (env or {})
    return subprocess.run(
        command, input=stdin, capture_output=True, cwd=ROOT, env=environment, timeout=timeout, check=False
    )


@dataclass(frozen=True)
class Told:
    """What a command printed, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def hotline_here(*arguments: object) -> Told:
    """Run `hotline` in this process, which saves the seconds that it takes to start one."""
    with chdir(ROOT), redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        status = run([*map(str, arguments)])
    return Told(status, out.getvalue(), err.getvalue())
