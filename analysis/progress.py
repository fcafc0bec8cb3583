"""How long work tells how far it is."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many of it are done, and of how many."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Tell nobody how far the work is."""
