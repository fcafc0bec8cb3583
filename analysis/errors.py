"""The one error type whose text is meant for the user of the command line."""


class HotlineError(Exception):
    """Something the user can mend; the message is one Chinese line that says what, where and how.

    The command line prints the message and exits with `exit_code`; neither it nor a notebook shows a traceback for it.
    """

    exit_code = 1

    def _render_traceback_(self) -> list[str]:
        """Return what Jupyter shows of the error: its one line."""
        return [str(self)]


class UsageError(HotlineError):
    """The command was called with something that cannot work (a missing file, an unknown column)."""

    exit_code = 2


class SettingsError(HotlineError):
    """A setting or a codebook file is wrong."""

    exit_code = 3


class BusyError(HotlineError):
    """Another run holds the lock."""

    exit_code = 4


class IntegrityError(HotlineError):
    """The ledger is not what it should be: counts that do not balance, a broken chain of events."""

    exit_code = 5
