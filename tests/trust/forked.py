"""Child processes that may be killed, forked from a server that has loaded the program once: a start costs nothing."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from functools import cache
from multiprocessing.context import ForkServerProcess as Child
from pathlib import Path
from typing import Any

_FORKING = multiprocessing.get_context("forkserver")
_PATIENCE_SECONDS = 180


@cache
def load() -> None:
    """Start the server, so that nobody who measures a child's time measures its loading."""
    _FORKING.set_forkserver_preload(["tests.trust.loaded"])
    first = _FORKING.Process(target=os.getpid)
    first.start()
    finish(first)


def start(work: Callable[..., None], *arguments: Any) -> Child:
    """Let a child do something."""
    load()
    child = _FORKING.Process(target=work, args=arguments)
    child.start()
    return child


def pipe() -> tuple[Any, Any]:
    """Return the ends of a pipe that children can write to: the one to read from, the one to give them."""
    return _FORKING.Pipe(duplex=False)


def finish(child: Child) -> int:
    """Wait for a child and return its exit code; of a killed one, the signal's number below zero."""
    child.join(_PATIENCE_SECONDS)
    if child.exitcode is None:
        child.kill()
        child.join()
        raise AssertionError("the child did not end")
    return child.exitcode


def kill_after(seconds: float, child: Child) -> bool:
    """Kill a child, and say whether it was still at work then."""
    time.sleep(seconds)
    child.kill()
    return finish(child) == -signal.SIGKILL


def command(arguments: list[str], said: Path, environment: dict[str, str]) -> None:
    """Be the command line `hotline`, in a child: what it prints goes to a file."""
    from flows.cli import run

    descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    os.environ.update(environment)
    os._exit(run(arguments))
