"""How Prefect is to behave beside us; it reads its environment when it is imported."""

import atexit
import os
import sys

_DEFAULTS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",  # analytics would phone home, and locks the temporary database
    # The server keeps the log of a run; the terminal gets our own lines, not Prefect's tracebacks.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
}


def settle() -> None:
    """Set what nobody set otherwise; to be called before Prefect is imported, its child processes inherit it."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)


def end_quietly() -> None:
    """Let the process of a flow end without DuckDB's page about «leaked instances», to which Prefect still refers."""

    def mute() -> None:
        sys.stderr.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)

    atexit.register(mute)
