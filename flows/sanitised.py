"""Keeps what a message could quote of a complaint out of Prefect's database, which stores the messages of failures."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.errors import HotlineError


class FlowError(HotlineError):
    """A fault of the program in a flow; its message names type and place only."""

    exit_code = 70


@contextmanager
def sanitised() -> Iterator[None]:
    """Tell an unforeseen exception without its message; those meant for people, and of files, are told as they are."""
    try:
        yield
    except (HotlineError, OSError):
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__}，{Path(place.filename).name}:{place.lineno}"
        raise FlowError(f"程序内部错误（{where}）。请把这一行报告给维护者。") from None
