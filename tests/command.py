"""Runs the command line as a user does: in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

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
